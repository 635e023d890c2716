# Queries over finished runs. A figure of a known kind is an entry of the configuration; what a new kind
# takes is in CONTRIBUTING.md, and none of it is here.

FIGURES, TABLES = plan.config["figures"], plan.config["tables"]

figures = expand(
    f"{plan.results}/figures/{{name}}.{{form}}",
    name=[name for name in FIGURES if name in plan.main],
    form=["pdf", "png", "csv"],
)
tables = expand(
    f"{plan.results}/tables/{{name}}.{{form}}",
    name=[name for name in TABLES if name in plan.main],
    form=["html", "tex", "csv"],
)
scorecard = [plan.scorecard(form) for form in ("csv", "html", "json")]


for name in plan.shown:

    rule:
        name:
            f"summarise_{name}"
        input:
            [entry["path"] for entry in plan.shown_results(name)],
        output:
            # A table's numbers are in its own CSV.
            csv=(
                report(plan.summary(name), **in_report.shown(name, NUMBERS))
                if name in FIGURES
                else plan.summary(name)
            ),
            result=plan.summary_result(name),
        log:
            f"{LOGS}/summaries/{name}.log",
        benchmark:
            f"{BENCHMARKS}/summaries/{name}.tsv"
        localrule: True
        conda:
            "../../envs/environment.yaml"
        threads: 1
        resources:
            mem_mb=growing(1000),
            runtime=growing(10),
        params:
            job=plan.summary_job(name),
        message:
            f"Summarising {len(plan.shown_results(name))} results for {name}"
        script:
            "../scripts/summarise.py"


for name in FIGURES:
    params = SimpleNamespace(job=plan.figure_job(name))

    rule:
        name:
            name
        input:
            plan.summary(name),
            *filter(None, [plan.paper(name)]),
        output:
            pdf=f"{plan.results}/figures/{name}.pdf",
            png=report(
                f"{plan.results}/figures/{name}.png",
                **in_report.shown(name, PICTURE),
            ),
        log:
            f"{LOGS}/figures/{name}.log",
        benchmark:
            f"{BENCHMARKS}/figures/{name}.tsv"
        localrule: True
        conda:
            "../../envs/environment.yaml"
        threads: 1
        resources:
            mem_mb=growing(1000),
            runtime=growing(10),
        params:
            job=params.job,
        message:
            f"Drawing {name}: {plan.words(name)}"
        script:
            f"../scripts/plot_{params.job['spec']['plot']}.py"


for name in TABLES:
    params = SimpleNamespace(job=plan.table_job(name))

    rule:
        name:
            name
        input:
            plan.summary(name),
            *filter(None, [plan.paper(name)]),
        output:
            csv=report(
                f"{plan.results}/tables/{name}.csv",
                **in_report.shown(name, NUMBERS),
            ),
            html=report(
                f"{plan.results}/tables/{name}.html",
                **in_report.shown(name, PAGE),
            ),
            tex=report(
                f"{plan.results}/tables/{name}.tex",
                **in_report.shown(name, LATEX),
            ),
        log:
            f"{LOGS}/tables/{name}.log",
        benchmark:
            f"{BENCHMARKS}/tables/{name}.tsv"
        localrule: True
        conda:
            "../../envs/environment.yaml"
        threads: 1
        resources:
            mem_mb=growing(1000),
            runtime=growing(10),
        params:
            job=params.job,
        message:
            f"Setting {name}: {plan.words(name)}"
        script:
            f"../scripts/write_{params.job['spec']['shows']}.py"


rule scorecard:
    input:
        [plan.summary(name) for name in plan.main],
        list(filter(None, map(plan.paper, plan.main))),
    output:
        csv=report(plan.scorecard("csv"), **in_report.scorecard(NUMBERS)),
        html=report(plan.scorecard("html"), **in_report.scorecard(PAGE)),
        result=plan.scorecard("json"),
    log:
        f"{LOGS}/scorecard.log",
    benchmark:
        f"{BENCHMARKS}/scorecard.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        job=plan.scorecard_job(),
    message:
        "Comparing with the paper, number by number and claim by claim"
    script:
        "../scripts/write_scorecard.py"


rule provenance:
    input:
        descriptions,
        [entry["path"] for entry in plan.provenance_job()["spec"]["results"]],
    output:
        html=report(plan.provenance, **in_report.provenance()),
    log:
        f"{LOGS}/provenance.log",
    benchmark:
        f"{BENCHMARKS}/provenance.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        job=plan.provenance_job(),
    message:
        "Listing data, machines, versions and times of all results"
    script:
        "../scripts/write_provenance.py"
