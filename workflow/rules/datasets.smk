# Images × labels: the clean data set and the corruptions of section 2.1, each drawn once.
# Training reads the manifests, which are small and name the arrays by their hash: touching or
# copying the arrays reruns nothing, and a changed array is refused by its hash.

DATA = plan.data.folder
LOGS = f"{plan.results}/logs"
BENCHMARKS = f"{plan.results}/benchmarks"


description = f"{DATA}/dataset.json"
contact_sheets = expand(
    f"{DATA}/contact_sheets/{{corruption}}.{{form}}",
    corruption=plan.data.corruptions,
    form=["pdf", "png", "csv"],
)


rule data:
    input:
        description,
        contact_sheets,
        [plan.data.labels_manifest(1.0, seed) for seed in plan.config["seeds"]],


# Where a cluster's nodes have no network, run this one where there is one: snakemake <output> --cores 1
rule download_dataset:
    output:
        f"{DATA}/download.json",
    log:
        f"{LOGS}/data/{plan.data.name}/download.log",
    benchmark:
        f"{BENCHMARKS}/data/{plan.data.name}/download.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=60,
    params:
        job=plan.data.download_job(),
    message:
        f"Fetching {plan.data.title}, unless it is in the folder of downloads"
    script:
        "../scripts/download_dataset.py"


# What was prepared stays until something takes its place.
keep = update if os.path.exists(plan.data.images_manifest("true", 0)) else str
# Where a user's own data are gone, what was prepared from them is like any other file that nothing makes.
if not plan.data.outlived:

    rule prepare_dataset:
        input:
            **plan.data.download(),
        output:
            images=keep(plan.data.images_manifest("true", 0)),
            labels=keep(plan.data.labels_manifest(0.0, 0)),
            arrays=[keep(path) for path in plan.data.prepared_arrays()],
        log:
            f"{LOGS}/data/{plan.data.name}/clean.log",
        benchmark:
            f"{BENCHMARKS}/data/{plan.data.name}/clean.tsv"
        conda:
            "../../envs/environment.yaml"
        threads: 8 if plan.data.prepare_script == "image_folder" else 1
        resources:
            mem_mb=4000,
            runtime=60,
        params:
            job=plan.data.prepare_job(),
            own=plan.data.fingerprint,
        message:
            f"Preparing {plan.data.title}"
        script:
            f"../scripts/prepare_{plan.data.prepare_script}.py"


rule describe_dataset:
    input:
        **plan.data.download(),
        images=plan.data.images_manifest("true", 0),
        labels=plan.data.labels_manifest(0.0, 0),
    output:
        description,
    log:
        f"{LOGS}/data/{plan.data.name}/description.log",
    benchmark:
        f"{BENCHMARKS}/data/{plan.data.name}/description.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        job=plan.data.describe_job(),
    message:
        f"Describing {plan.data.title}: counts, moments, duplicates"
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
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        job=lambda wildcards: plan.data.labels_job(float(wildcards.noise), int(wildcards.seed)),
    message:
        "Replacing training labels with probability {wildcards.noise}, seed {wildcards.seed}"
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
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        job=lambda wildcards: plan.data.images_job(wildcards.images, int(wildcards.seed)),
    message:
        "Corrupting images: {wildcards.images}, seed {wildcards.seed}"
    script:
        "../scripts/corrupt_images.py"


rule contact_sheet:
    input:
        images=plan.data.images_manifest("true", 0),
        labels=plan.data.labels_manifest(0.0, 0),
        corrupted=lambda wildcards: plan.data.corrupted_manifest(wildcards.corruption),
    output:
        pdf=f"{DATA}/contact_sheets/{{corruption}}.pdf",
        png=f"{DATA}/contact_sheets/{{corruption}}.png",
        csv=f"{DATA}/contact_sheets/{{corruption}}.csv",
    log:
        f"{LOGS}/data/{plan.data.name}/contact_sheets/{{corruption}}.log",
    benchmark:
        f"{BENCHMARKS}/data/{plan.data.name}/contact_sheets/{{corruption}}.tsv"
    wildcard_constraints:
        corruption="|".join(plan.data.corruptions),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        job=lambda wildcards: plan.data.contact_sheet_job(wildcards.corruption),
    message:
        "Drawing {wildcards.corruption} beside the clean images"
    script:
        "../scripts/draw_contact_sheet.py"
