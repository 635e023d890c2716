# Queries over finished runs. A figure of a known kind is an entry of the configuration; what a new kind
# takes is in CONTRIBUTING.md, and none of it is here.

FORM_IN_REPORT = {"png": PICTURE, "csv": NUMBERS, "html": PAGE, "tex": LATEX}
summed_up = ["scorecard", "provenance"] if plan.in_all else []


for name in plan.exhibits:

    rule:
        name:
            f"summarise_{name}"
        input:
            plan.summary(name).receipts(),
        output:
            plan.summary(name).receipt(),
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
            jobs=lambda wildcards, output, name=name: [plan.summary(name).job()],
        message:
            f"Summarising {len(plan.results_of(name))} results for {name}"
        script:
            "../scripts/summarise.py"

    page = plan.pages[name]
    place = page.result.place.removeprefix(f"{plan.root}/")

    rule:
        name:
            name
        input:
            page.result.receipts(),
        output:
            [
                (
                    report(path, **in_report.exhibit(name, FORM_IN_REPORT[form]))
                    if form in FORM_IN_REPORT
                    else path
                )
                for file, path in page.files.items()
                for form in [file.partition(".")[2]]
            ],
            page.vouchers,
        log:
            f"{LOGS}/{place}.log",
        benchmark:
            f"{BENCHMARKS}/{place}.tsv"
        localrule: True
        conda:
            "../../envs/environment.yaml"
        threads: 1
        resources:
            mem_mb=growing(1000),
            runtime=growing(10),
        params:
            jobs=lambda wildcards, output, page=page: [page.job()],
        message:
            f"Making the {plan.exhibits[name].form} {name}: {plan.exhibits[name].shows}"
        script:
            "../scripts/show.py"


for name in summed_up:
    page = plan.pages[name]
    params = SimpleNamespace(jobs=[page.job()])

    rule:
        name:
            name
        input:
            page.result.receipts(),
        output:
            [
                report(path, **in_report.summed_up(name, FORM_IN_REPORT[file.partition(".")[2]]))
                for file, path in page.files.items()
            ],
            page.vouchers,
        log:
            f"{LOGS}/{name}.log",
        benchmark:
            f"{BENCHMARKS}/{name}.tsv"
        localrule: True
        conda:
            "../../envs/environment.yaml"
        threads: 1
        resources:
            mem_mb=growing(1000),
            runtime=growing(10),
        params:
            jobs=lambda wildcards, output, page=page: [page.job()],
        message:
            {
                "scorecard": "Comparing with the paper, number by number and claim by claim",
                "provenance": "Listing data, machines, versions and times of all results",
            }[name]
        script:
            f"../scripts/{params.jobs[0]['spec']['script']}"
