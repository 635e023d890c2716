# A run: a data set × a network × regularisers × a seed. One job is one run, or the runs of all seeds where
# they are so short that starting them would take longer.

TOGETHER = plan.config["execution"]["seeds_together"]
CELL = "{images}/noise-{noise}/{network}/{regularisers}"
SEEDS = plan.config["seeds"] if TOGETHER else ["{seed}"]
JOB = f"{CELL}/seeds" if TOGETHER else f"{CELL}/seed-{{seed}}"


rule train:
    input:
        unpack(lambda wildcards: plan.train_inputs(plan.runs_of(wildcards))),
    output:
        # Snakemake deletes these before the job starts; the script takes back what is still right.
        histories=[
            f"{plan.results}/runs/{plan.dataset}/{CELL}/seed-{seed}/history.csv" for seed in SEEDS
        ],
        results=[
            f"{plan.results}/runs/{plan.dataset}/{CELL}/seed-{seed}/run.json" for seed in SEEDS
        ],
    log:
        f"{LOGS}/runs/{plan.dataset}/{JOB}.log",
    benchmark:
        f"{BENCHMARKS}/runs/{plan.dataset}/{JOB}.tsv"
    wildcard_constraints:
        network="|".join(plan.config["networks"]),
        regularisers=r"none|random_crop|weight_decay|random_crop\+weight_decay",
    conda:
        "../../envs/environment.yaml"
    threads: plan.config["execution"]["threads"]
    resources:
        gpu=plan.config["execution"]["gpu"],
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        jobs=lambda wildcards: [plan.train_job(run) for run in plan.runs_of(wildcards)],
    message:
        "Training {wildcards.network} on {wildcards.images} images, label noise {wildcards.noise}, "
        f"regularisers {{wildcards.regularisers}}, {'all seeds' if TOGETHER else 'seed {wildcards.seed}'}, "
        "{params.jobs[0][spec][recipe][epochs]} epochs"
    script:
        "../scripts/train.py"
