# Images × labels: the clean data set and the corruptions of section 2.1, each drawn once.
# Training reads the manifests, which are small and name the arrays by their hash: touching or
# copying the arrays reruns nothing, and a changed array is refused by its hash.

DATA = f"{plan.results}/data/{plan.dataset}"
LOGS = f"{plan.results}/logs"
BENCHMARKS = f"{plan.results}/benchmarks"


rule prepare_dataset:
    output:
        images=plan.images_manifest("true", 0),
        labels=plan.labels_manifest(0.0, 0),
        arrays=expand(
            f"{DATA}/{{kind}}/{{part}}.npy",
            kind=["images/true", "labels/noise-0"],
            part=["train", "test"],
        ),
    log:
        f"{LOGS}/data/{plan.dataset}/clean.log",
    benchmark:
        f"{BENCHMARKS}/data/{plan.dataset}/clean.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        job=plan.prepare_job(),
    message:
        f"Preparing {plan.dataset}"
    script:
        "../scripts/prepare_dataset.py"


rule corrupt_labels:
    input:
        labels=plan.labels_manifest(0.0, 0),
    output:
        labels=f"{DATA}/labels/noise-{{noise}}/seed-{{seed}}/manifest.json",
        arrays=expand(
            f"{DATA}/labels/noise-{{{{noise}}}}/seed-{{{{seed}}}}/{{array}}.npy",
            array=["train", "test", "replaced", "changed"],
        ),
    log:
        f"{LOGS}/data/{plan.dataset}/labels/noise-{{noise}}/seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/data/{plan.dataset}/labels/noise-{{noise}}/seed-{{seed}}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        job=lambda wildcards: plan.labels_job(float(wildcards.noise), int(wildcards.seed)),
    message:
        "Replacing training labels with probability {wildcards.noise}, seed {wildcards.seed}"
    script:
        "../scripts/corrupt_labels.py"


rule corrupt_images:
    input:
        images=plan.images_manifest("true", 0),
    output:
        images=f"{DATA}/images/{{images}}/seed-{{seed}}/manifest.json",
        arrays=expand(
            f"{DATA}/images/{{{{images}}}}/seed-{{{{seed}}}}/{{part}}.npy", part=["train", "test"]
        ),
    log:
        f"{LOGS}/data/{plan.dataset}/images/{{images}}/seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/data/{plan.dataset}/images/{{images}}/seed-{{seed}}.tsv"
    wildcard_constraints:
        images="shuffled_pixels|random_pixels|gaussian",
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        job=lambda wildcards: plan.images_job(wildcards.images, int(wildcards.seed)),
    message:
        "Corrupting images: {wildcards.images}, seed {wildcards.seed}"
    script:
        "../scripts/corrupt_images.py"
