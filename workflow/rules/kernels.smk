# A kernel system: features × kernel × ridge (section 5), solved exactly.

SYSTEMS = plan.config["execution"]["systems"]
# Also evaluated in the jobs of a cluster, whose calls of Snakemake are not told of --resources.
GPU_JOB_THREADS = threads_of(
    plan.config["execution"],
    workflow.global_resources.get("gpu").value,
    None if workflow.is_main_process else os.environ.get("SLURM_CPUS_PER_TASK"),
)


rule transform_images:
    input:
        receipts_for("data"),
    output:
        f"{plan.root}/data/{{place}}/{{stamp}}/{RECEIPT}",
    log:
        f"{LOGS}/data/{{place}}/{{stamp}}.log",
    benchmark:
        f"{BENCHMARKS}/data/{{place}}/{{stamp}}.tsv"
    wildcard_constraints:
        place="[^/]+/features/[^/]+",
    conda:
        "../../envs/environment.yaml"
    threads: SYSTEMS["threads"]
    resources:
        mem_mb=growing(SYSTEMS["mem_mb"]),
        runtime=growing(720),
    params:
        jobs=jobs_for("data"),
    message:
        "Computing {params.jobs[0][spec][features]} features of {params.jobs[0][spec][dataset]}"
    script:
        "../scripts/transform_images.py"


rule add_inner_products:
    input:
        receipts_for("data"),
    output:
        f"{plan.root}/data/{{place}}/{{stamp}}/seed-{{seed}}/{RECEIPT}",
    log:
        f"{LOGS}/data/{{place}}/{{stamp}}/seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/data/{{place}}/{{stamp}}/seed-{{seed}}.tsv"
    wildcard_constraints:
        place="[^/]+/features/[^/]+",
    conda:
        "../../envs/environment.yaml"
    threads: GPU_JOB_THREADS
    resources:
        gpu=plan.config["execution"]["gpu"],
        mem_mb=growing(SYSTEMS["mem_mb"]),
        runtime=growing(720),
    params:
        jobs=jobs_for("data"),
    message:
        "Computing {params.jobs[0][spec][features]} features of {params.jobs[0][spec][dataset]}, "
        "seed {wildcards.seed}"
    script:
        "../scripts/add_inner_products.py"


rule select_kernel:
    input:
        receipts_for("systems"),
    output:
        f"{plan.root}/systems/{{place}}/{{stamp}}/{RECEIPT}",
    log:
        f"{LOGS}/systems/{{place}}/{{stamp}}.log",
    benchmark:
        f"{BENCHMARKS}/systems/{{place}}/{{stamp}}.tsv"
    wildcard_constraints:
        place="[^/]+/selection",
    conda:
        "../../envs/environment.yaml"
    threads: GPU_JOB_THREADS
    resources:
        gpu=plan.config["execution"]["gpu"],
        mem_mb=growing(SYSTEMS["mem_mb"]),
        runtime=growing(240),
    params:
        jobs=jobs_for("systems"),
    message:
        "Choosing the kernel of {params.jobs[0][spec][system]} on a validation split: "
        "gamma {params.jobs[0][spec][gamma]}; ridge {params.jobs[0][spec][ridge]}"
    script:
        "../scripts/select_kernel.py"


rule solve_system:
    input:
        receipts_for("systems"),
    output:
        f"{plan.root}/systems/{{place}}/{{stamp}}/seed-{{seed}}/{RECEIPT}",
    log:
        f"{LOGS}/systems/{{place}}/{{stamp}}/seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/systems/{{place}}/{{stamp}}/seed-{{seed}}.tsv"
    wildcard_constraints:
        place="[^/]+/ridge-[^/]+",
    conda:
        "../../envs/environment.yaml"
    threads: GPU_JOB_THREADS
    resources:
        gpu=plan.config["execution"]["gpu"],
        mem_mb=growing(SYSTEMS["mem_mb"]),
        runtime=growing(720),
    params:
        jobs=jobs_for("systems"),
        changed=lambda wildcards, output: changed_since("systems", wildcards),
    message:
        "Solving the kernel system {params.jobs[0][spec][system]}, ridge {params.jobs[0][spec][ridge]}, "
        "seed {wildcards.seed}{params.changed}"
    script:
        "../scripts/solve_system.py"


rule run_experiment:
    input:
        receipts_for("experiments"),
    output:
        f"{plan.root}/experiments/{{place}}/{{stamp}}/seed-{{seed}}/{RECEIPT}",
    log:
        f"{LOGS}/experiments/{{place}}/{{stamp}}/seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/experiments/{{place}}/{{stamp}}/seed-{{seed}}.tsv"
    wildcard_constraints:
        place="[^/]+/[^/]+/[^/]+",
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(6000),
        runtime=growing(60),
    params:
        jobs=jobs_for("experiments"),
    message:
        "Running the experiment {params.jobs[0][spec][experiment]} on {params.jobs[0][spec][features]} of "
        "{params.jobs[0][spec][dataset]}, seed {wildcards.seed}"
    script:
        "../scripts/run_experiment.py"
