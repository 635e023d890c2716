# Images × labels: the clean data set and the corruptions of section 2.1, each drawn once.

descriptions = [
    path
    for data in plan.described
    for path in (*data.description().files.values(), data.description().mark)
]
contact_sheets = [
    path
    for corruption in plan.data.corruptions
    for page in [plan.pages[f"contact_sheet_{corruption}"]]
    for path in (*page.files.values(), page.mark)
]


rule data:
    input:
        descriptions,
        contact_sheets,
        [plan.data.labels(1.0).receipt(seed) for seed in plan.config["seeds"]],
    message:
        f"{plan.data.title} is prepared, described and corrupted"


# The data set that networks are trained on, and those of the kernel systems.
for data in plan.datasets.values():
    # Where a cluster's nodes have no network, run this one where there is one: snakemake <output> --cores 1
    if data.download():

        rule:
            name:
                f"download_{data.name}"
            output:
                data.download().receipt(),
            log:
                f"{LOGS}/data/{data.name}/download.log",
            benchmark:
                f"{BENCHMARKS}/data/{data.name}/download.tsv"
            localrule: True
            conda:
                "../../envs/environment.yaml"
            threads: 1
            resources:
                mem_mb=growing(500),
                runtime=growing(60),
            params:
                jobs=lambda wildcards, output, data=data: [data.download().job()],
            message:
                f"Fetching {data.title}, unless it is in the folder of downloads"
            script:
                "../scripts/download_dataset.py"

    rule:
        name:
            f"prepare_{data.name}"
        input:
            data.images("true").receipts(),
        output:
            data.images("true").receipt(),
            data.labels().receipt(),
        log:
            f"{LOGS}/data/{data.name}/clean.log",
        benchmark:
            f"{BENCHMARKS}/data/{data.name}/clean.tsv"
        localrule: not data.is_large
        conda:
            "../../envs/environment.yaml"
        threads: 8 if data.source.home.says("parallel") else 1
        resources:
            mem_mb=growing(4000),
            runtime=growing(60),
        params:
            jobs=lambda wildcards, output, data=data: [
                data.images("true").job(),
                data.labels().job(),
            ],
        message:
            f"Reading {data.title}: images and labels as arrays"
        script:
            "../scripts/prepare.py"

    rule:
        name:
            f"describe_{data.name}"
        input:
            data.description().result.receipts(),
        output:
            *data.description().files.values(),
            *data.description().vouchers,
        log:
            f"{LOGS}/data/{data.name}/description.log",
        benchmark:
            f"{BENCHMARKS}/data/{data.name}/description.tsv"
        localrule: not data.is_large
        conda:
            "../../envs/environment.yaml"
        threads: 1
        resources:
            mem_mb=growing(2000),
            runtime=growing(20),
        params:
            jobs=lambda wildcards, output, data=data: [data.description().job()],
        message:
            f"Describing {data.title}: counts, moments, duplicates"
        script:
            "../scripts/describe_dataset.py"

    if data.baseline():

        rule:
            name:
                f"measure_baseline_of_{data.name}"
            input:
                data.baseline().receipts(),
            output:
                data.baseline().receipt(),
            log:
                f"{LOGS}/data/{data.name}/baseline.log",
            benchmark:
                f"{BENCHMARKS}/data/{data.name}/baseline.tsv"
            localrule: not data.is_large
            conda:
                "../../envs/environment.yaml"
            threads: plan.config["execution"]["threads"]
            resources:
                mem_mb=growing(4000),
                runtime=growing(60),
            params:
                jobs=lambda wildcards, output, data=data: [data.baseline().job()],
            message:
                f"Fitting a least-squares linear classifier to {data.title}, for comparison"
            script:
                "../scripts/measure_baseline.py"


rule corrupt_labels:
    input:
        receipts_for("data"),
    output:
        f"{plan.root}/data/{{place}}/{{stamp}}/seed-{{seed}}/{RECEIPT}",
    log:
        f"{LOGS}/data/{{place}}/{{stamp}}/seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/data/{{place}}/{{stamp}}/seed-{{seed}}.tsv"
    wildcard_constraints:
        place=r"[a-z0-9_]+/labels/[^/]+",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        jobs=jobs_for("data"),
    message:
        "Corrupting labels: {params.jobs[0][spec][corruption]} with probability "
        "{params.jobs[0][spec][label_noise]}, seed {wildcards.seed}"
    script:
        "../scripts/corrupt_labels.py"


rule corrupt_images:
    input:
        receipts_for("data"),
    output:
        f"{plan.root}/data/{{place}}/{{stamp}}/seed-{{seed}}/{RECEIPT}",
    log:
        f"{LOGS}/data/{{place}}/{{stamp}}/seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/data/{{place}}/{{stamp}}/seed-{{seed}}.tsv"
    wildcard_constraints:
        place=r"[a-z0-9_]+/images/[^/]+",
    localrule: not plan.data.is_large
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        jobs=jobs_for("data"),
    message:
        "Corrupting all images: {params.jobs[0][spec][corruption]}, seed {wildcards.seed}"
    script:
        "../scripts/corrupt_images.py"


for corruption in plan.data.corruptions:
    page = plan.pages[contact_sheet_name(corruption)]

    rule:
        name:
            contact_sheet_name(corruption)
        input:
            page.result.receipts(),
        output:
            pdf=page.files["sheet.pdf"],
            png=report(page.files["sheet.png"], **in_report.contact_sheet(corruption, PICTURE)),
            csv=report(page.files["sheet.csv"], **in_report.contact_sheet(corruption, NUMBERS)),
            vouchers=page.vouchers,
        log:
            f"{LOGS}/data/{plan.data.name}/contact_sheets/{corruption}.log",
        benchmark:
            f"{BENCHMARKS}/data/{plan.data.name}/contact_sheets/{corruption}.tsv"
        localrule: True
        conda:
            "../../envs/environment.yaml"
        threads: 1
        resources:
            mem_mb=growing(2000),
            runtime=growing(10),
        params:
            jobs=lambda wildcards, output, page=page: [page.job()],
        message:
            f"Drawing a contact sheet: {corruption} beside the clean images"
        script:
            "../scripts/draw_contact_sheet.py"
