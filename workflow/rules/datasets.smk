# Images × labels: the clean data set and the corruptions of section 2.1, each drawn once.
# Training reads the manifests, which are small and name the arrays by their hash: touching or
# copying the arrays reruns nothing, and a changed array is refused by its hash.

DATA = plan.data.folder
LOGS = f"{plan.results}/logs"
BENCHMARKS = f"{plan.results}/benchmarks"


descriptions = [data.description for data in plan.described]
contact_sheets = [
    plan.data.contact_sheet(corruption, form)
    for corruption in plan.data.corruptions
    for form in ("pdf", "png", "csv")
]


rule data:
    input:
        descriptions,
        contact_sheets,
        [plan.data.labels_manifest(1.0, seed) for seed in plan.config["seeds"]],
    message:
        f"{plan.data.title} is prepared, described and corrupted"


# The data set that networks are trained on, and those of the kernel systems. Snakemake evaluates the
# name of a script twice: here, and when a job runs, where the loop is over and `params` is the job's own.
for data in plan.datasets.values():
    # What was prepared stays until something takes its place.
    keep = update if os.path.exists(data.images_manifest("true", 0)) else str

    # Where a cluster's nodes have no network, run this one where there is one: snakemake <output> --cores 1
    if data.download():

        rule:
            name:
                f"download_{data.name}"
            output:
                **data.download(),
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
                job=data.download_job(),
            message:
                f"Fetching {data.title}, unless it is in the folder of downloads"
            script:
                "../scripts/download_dataset.py"

    # Where a user's own data are gone, what was prepared from them is like any other file that nothing makes.
    if not data.outlived:
        params = SimpleNamespace(job=data.prepare_job())

        rule:
            name:
                f"prepare_{data.name}"
            input:
                **data.download(),
            output:
                images=keep(data.images_manifest("true", 0)),
                labels=keep(data.labels_manifest(0.0, 0)),
                arrays=[keep(path) for path in data.prepared_arrays()],
            log:
                f"{LOGS}/data/{data.name}/clean.log",
            benchmark:
                f"{BENCHMARKS}/data/{data.name}/clean.tsv"
            localrule: not data.is_large
            conda:
                "../../envs/environment.yaml"
            threads: 8 if data.prepare_script == "image_folder" else 1
            resources:
                mem_mb=growing(4000),
                runtime=growing(60),
            params:
                job=params.job,
                own=data.fingerprint,
            message:
                f"Reading {data.title}: images and labels as arrays"
            script:
                f"../scripts/prepare_{params.job['spec']['reader']}.py"

    rule:
        name:
            f"describe_{data.name}"
        input:
            **data.download(),
            images=data.images_manifest("true", 0),
            labels=data.labels_manifest(0.0, 0),
        output:
            data.description,
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
            job=data.describe_job(),
        message:
            f"Describing {data.title}: counts, moments, duplicates"
        script:
            "../scripts/describe_dataset.py"


rule corrupt_labels:
    input:
        labels=plan.data.labels_manifest(0.0, 0),
    output:
        labels=f"{DATA}/labels/noise-{{noise}}/seed-{{seed}}/manifest.json",
        arrays=expand(
            f"{DATA}/labels/noise-{{{{noise}}}}/seed-{{{{seed}}}}/{{array}}.npy",
            array=["train", "test", "classes", "replaced", "changed"],
        ),
    log:
        f"{LOGS}/data/{plan.data.name}/labels/noise-{{noise}}/seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/data/{plan.data.name}/labels/noise-{{noise}}/seed-{{seed}}.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        job=lambda wildcards: plan.data.labels_job(float(wildcards.noise), int(wildcards.seed)),
    message:
        "Drawing labels at random with probability {wildcards.noise}, seed {wildcards.seed}"
    script:
        "../scripts/corrupt_labels.py"


rule corrupt_images:
    input:
        images=plan.data.images_manifest("true", 0),
    output:
        images=f"{DATA}/images/{{images}}/seed-{{seed}}/manifest.json",
        arrays=expand(
            f"{DATA}/images/{{{{images}}}}/seed-{{{{seed}}}}/{{part}}.npy", part=["train", "test"]
        ),
    log:
        f"{LOGS}/data/{plan.data.name}/images/{{images}}/seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/data/{plan.data.name}/images/{{images}}/seed-{{seed}}.tsv"
    wildcard_constraints:
        images="shuffled_pixels|random_pixels|gaussian",
    localrule: not plan.data.is_large
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        job=lambda wildcards: plan.data.images_job(wildcards.images, int(wildcards.seed)),
    message:
        "Corrupting all images: {wildcards.images}, seed {wildcards.seed}"
    script:
        "../scripts/corrupt_images.py"


for corruption in plan.data.corruptions:

    rule:
        name:
            contact_sheet_name(corruption)
        input:
            images=plan.data.images_manifest("true", 0),
            labels=plan.data.labels_manifest(0.0, 0),
            corrupted=plan.data.corrupted_manifest(corruption),
        output:
            pdf=plan.data.contact_sheet(corruption, "pdf"),
            png=report(
                plan.data.contact_sheet(corruption, "png"),
                **in_report.contact_sheet(corruption, PICTURE),
            ),
            csv=report(
                plan.data.contact_sheet(corruption, "csv"),
                **in_report.contact_sheet(corruption, NUMBERS),
            ),
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
            job=plan.data.contact_sheet_job(corruption),
        message:
            f"Drawing a contact sheet: {corruption} beside the clean images"
        script:
            "../scripts/draw_contact_sheet.py"
