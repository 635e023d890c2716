# A run: a data set × a network × regularisers × a seed.

RUN = "{images}/noise-{noise}/{network}/{regularisers}/seed-{seed}"


rule train:
    input:
        images=lambda wildcards: plan.data.images_manifest(wildcards.images, wildcards.seed),
        labels=lambda wildcards: plan.data.labels_manifest(float(wildcards.noise), wildcards.seed),
    output:
        # update: a finished run stays where it is until a new one takes its place, so that a job
        # that fails loses nothing.
        history=update(f"{plan.results}/runs/{plan.dataset}/{RUN}/history.csv"),
        result=update(f"{plan.results}/runs/{plan.dataset}/{RUN}/run.json"),
    log:
        f"{LOGS}/runs/{plan.dataset}/{RUN}.log",
    benchmark:
        f"{BENCHMARKS}/runs/{plan.dataset}/{RUN}.tsv"
    wildcard_constraints:
        network="|".join(plan.config["networks"]),
        regularisers=r"none|random_crop|weight_decay|random_crop\+weight_decay",
    conda:
        "../../envs/environment.yaml"
    threads: plan.config["execution"]["threads"]
    resources:
        gpu=plan.config["execution"]["gpu"],
        mem_mb=4000,
        runtime=240,
    params:
        job=lambda wildcards: plan.train_job(Run.from_path(wildcards)),
    message:
        "Training {wildcards.network} on {wildcards.images} images, label noise {wildcards.noise}, "
        "regularisers {wildcards.regularisers}, seed {wildcards.seed}, "
        "{params.job[spec][recipe][epochs]} epochs"
    script:
        "../scripts/train.py"
