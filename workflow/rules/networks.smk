# A run: a data set × a network × regularisers × a seed. One job is one run, or the runs of all seeds where
# they are so short that starting them would take longer.

TOGETHER = plan.config["execution"]["seeds_together"]
TRAINED = plan.config["seeds"] if TOGETHER else ["{seed}"]


def runs_read(wildcards):
    seeds = plan.config["seeds"] if TOGETHER else [seed_of(wildcards)]
    return [path for seed in seeds for path in result_of("runs", wildcards).receipts(seed)]


def runs_made(wildcards, output):
    seeds = plan.config["seeds"] if TOGETHER else [seed_of(wildcards)]
    return [result_of("runs", wildcards).job(seed) for seed in seeds]


rule train:
    input:
        runs_read,
    output:
        [f"{plan.root}/runs/{{place}}/{{stamp}}/seed-{seed}/receipt{{along}}.json" for seed in TRAINED],
    log:
        f"{LOGS}/runs/{{place}}/{{stamp}}/{'seeds' if TOGETHER else 'seed-{seed}'}{{along}}.log",
    benchmark:
        f"{BENCHMARKS}/runs/{{place}}/{{stamp}}/{'seeds' if TOGETHER else 'seed-{seed}'}{{along}}.tsv"
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
        jobs=runs_made,
    message:
        "Training {params.jobs[0][spec][network]} on {params.jobs[0][spec][images]} images, label noise "
        "{params.jobs[0][spec][label_noise]}, regularisers {params.jobs[0][spec][regularisers]}, "
        f"{'all seeds' if TOGETHER else 'seed {wildcards.seed}'}, "
        "{params.jobs[0][spec][recipe][epochs]} epochs"
    script:
        "../scripts/train.py"
