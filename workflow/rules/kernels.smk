# A kernel system: features × kernel × ridge (section 5), solved exactly.

SYSTEMS = plan.config["execution"]["systems"]
TRANSFORMS = {settings["transform"] for settings in plan.config["features"].values()} - {"pixels"}

for transform in sorted(TRANSFORMS):
    drawn = transform in DRAWN
    names = [
        name for name, settings in plan.config["features"].items() if settings["transform"] == transform
    ]
    tail = "/seed-{seed}" if drawn else ""
    # For the name of the script, in which Snakemake evaluates `params` again when a job runs.
    params = SimpleNamespace(jobs=[{"spec": {"transform": transform}}])

    rule:
        name:
            f"transform_{transform}"
        input:
            receipts_for("data"),
        output:
            f"{plan.root}/data/{{place}}/{{stamp}}{tail}/{RECEIPT}",
        log:
            f"{LOGS}/data/{{place}}/{{stamp}}{tail}.log",
        benchmark:
            f"{BENCHMARKS}/data/{{place}}/{{stamp}}{tail}.tsv"
        wildcard_constraints:
            place=rf"[a-z0-9_]+/features/({'|'.join(names)})",
        conda:
            "../../envs/environment.yaml"
        threads: SYSTEMS["threads"]
        resources:
            gpu=plan.config["execution"]["gpu"] * drawn,
            mem_mb=growing(SYSTEMS["mem_mb"]),
            runtime=growing(720),
        params:
            jobs=jobs_for("data"),
        message:
            "Computing {params.jobs[0][spec][features]} features of {params.jobs[0][spec][dataset]}"
            + (", seed {wildcards.seed}" if drawn else "")
        script:
            f"../scripts/transform_{params.jobs[0]['spec']['transform']}.py"


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
    threads: SYSTEMS["threads"]
    resources:
        gpu=plan.config["execution"]["gpu"],
        mem_mb=growing(SYSTEMS["mem_mb"]),
        runtime=growing(240),
    params:
        jobs=jobs_for("systems"),
    message:
        "Choosing the kernel of {params.jobs[0][spec][system]} on a validation split: "
        "bandwidth {params.jobs[0][spec][bandwidth]}; ridge {params.jobs[0][spec][ridge]}"
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
    threads: SYSTEMS["threads"]
    resources:
        gpu=plan.config["execution"]["gpu"],
        mem_mb=growing(SYSTEMS["mem_mb"]),
        runtime=growing(720),
    params:
        jobs=jobs_for("systems"),
    message:
        "Solving the kernel system {params.jobs[0][spec][system]}, ridge {params.jobs[0][spec][ridge]}, "
        "seed {wildcards.seed}"
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
        place=".+",
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        jobs=jobs_for("experiments"),
    message:
        "Running the experiment {params.jobs[0][spec][experiment]} on {params.jobs[0][spec][features]} of "
        "{params.jobs[0][spec][dataset]}, seed {wildcards.seed}"
    script:
        "../scripts/run_experiment.py"
