# A run: a data set × a network × regularisers × a seed. One job is one run, or the runs of all seeds where
# they are so short that starting them would take longer. Measurements on trained networks, and experiments that
# train networks, are jobs likewise.

TOGETHER = plan.config["execution"]["seeds_together"]
TRAINED = plan.config["seeds"] if TOGETHER else ["{seed}"]
SEEDS = "seeds" if TOGETHER else "seed-{seed}"


rule train:
    input:
        receipts_of_seeds("runs"),
    output:
        [
            f"{plan.root}/runs/{{place}}/{{stamp}}/seed-{seed}/receipt{{along}}.json"
            for seed in TRAINED
        ],
    log:
        f"{LOGS}/runs/{{place}}/{{stamp}}/{SEEDS}{{along}}.log",
    benchmark:
        f"{BENCHMARKS}/runs/{{place}}/{{stamp}}/{SEEDS}{{along}}.tsv"
    wildcard_constraints:
        place=".+",
        along=ALONG,
    conda:
        "../../envs/environment.yaml"
    threads: plan.config["execution"]["threads"]
    resources:
        gpu=plan.config["execution"]["gpu"],
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        jobs=jobs_of_seeds("runs"),
        changed=lambda wildcards, output: changed_since("runs", wildcards),
    message:
        "Training {params.jobs[0][spec][network]} on {params.jobs[0][spec][images]} images, "
        "{params.jobs[0][spec][labels]} with probability {params.jobs[0][spec][label_noise]}, regularisers {params.jobs[0][spec][regularisers]}, "
        f"{'all seeds' if TOGETHER else 'seed {wildcards.seed}'}, "
        "{params.jobs[0][spec][recipe][epochs]} epochs{params.changed}"
    script:
        "../scripts/train.py"


rule measure:
    input:
        receipts_of_seeds("measurements"),
    output:
        [f"{plan.root}/measurements/{{place}}/{{stamp}}/seed-{seed}/{RECEIPT}" for seed in TRAINED],
    log:
        f"{LOGS}/measurements/{{place}}/{{stamp}}/{SEEDS}.log",
    benchmark:
        f"{BENCHMARKS}/measurements/{{place}}/{{stamp}}/{SEEDS}.tsv"
    wildcard_constraints:
        place=".+",
    conda:
        "../../envs/environment.yaml"
    threads: plan.config["execution"]["threads"]
    resources:
        # A GPU only for a measurement whose home says that it makes use of one.
        gpu=lambda wildcards: plan.config["execution"]["gpu"]
        * plan.measurements.home(Path(wildcards.place).parts[0]).about.get("gpu", False),
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        jobs=jobs_of_seeds("measurements"),
    message:
        "Measuring {params.jobs[0][spec][measurement]} of {params.jobs[0][inputs][run][folder]}"
        + (" and the other seeds" if TOGETHER else "")
    script:
        "../scripts/measure_network.py"


rule train_experiment:
    input:
        receipts_of_seeds("experiments"),
    output:
        [f"{plan.root}/experiments/{{place}}/{{stamp}}/seed-{seed}/{RECEIPT}" for seed in TRAINED],
    log:
        f"{LOGS}/experiments/{{place}}/{{stamp}}/{SEEDS}.log",
    benchmark:
        f"{BENCHMARKS}/experiments/{{place}}/{{stamp}}/{SEEDS}.tsv"
    wildcard_constraints:
        place="[^/]+/[^/]+/[^/]+/[^/]+",  # experiment, data set, features, network
    conda:
        "../../envs/environment.yaml"
    threads: plan.config["execution"]["threads"]
    resources:
        gpu=plan.config["execution"]["gpu"],
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        jobs=jobs_of_seeds("experiments"),
    message:
        "Training {params.jobs[0][spec][network]} for the experiment {params.jobs[0][spec][experiment]}, "
        f"{'all seeds' if TOGETHER else 'seed {wildcards.seed}'}"
    script:
        "../scripts/train_experiment.py"
