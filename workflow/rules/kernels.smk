# A kernel system: features × kernel × ridge (section 5), solved exactly.

SYSTEM = "|".join(plan.config["systems"])
# Also evaluated in the jobs of a cluster, whose calls of Snakemake are not told of --resources.
GPU_JOB_THREADS = threads_of(
    plan.config["execution"],
    workflow.global_resources.get("gpu").value,
    None if workflow.is_main_process else os.environ.get("SLURM_CPUS_PER_TASK"),
)


for data in plan.datasets.values():
    for features, settings in plan.config["features"].items():
        if settings["transform"] == "pixels":
            continue
        drawn = settings["transform"] in DRAWN  # the only ones that a GPU computes
        # For the name of the script, which is that of all seeds.
        params = SimpleNamespace(job=plan.kernels.features_job(data.name, features, 0))

        rule:
            name:
                f"{features}_of_{data.name}"
            input:
                images=data.images_manifest("true", 0),
            output:
                points=plan.kernels.features_manifest(data.name, features, "{seed}"),
                arrays=plan.kernels.features_arrays(data.name, features, "{seed}"),
            log:
                plan.kernels.features_log(LOGS, data.name, features, ".log"),
            benchmark:
                plan.kernels.features_log(BENCHMARKS, data.name, features, ".tsv")
            conda:
                "../../envs/environment.yaml"
            threads: GPU_JOB_THREADS if drawn else plan.config["execution"]["systems"]["threads"]
            resources:
                gpu=plan.config["execution"]["gpu"] * drawn,
                mem_mb=growing(plan.config["execution"]["systems"]["mem_mb"]),
                runtime=growing(720),
            params:
                job=lambda wildcards, name=data.name, features=features: plan.kernels.features_job(
                    name, features, int(wildcards.get("seed", 0))
                ),
            message:
                f"Computing {features} features of {data.title}"
                + (", seed {wildcards.seed}" if drawn else "")
            script:
                f"../scripts/transform_{params.job['spec']['transform']}.py"


rule select_kernel:
    input:
        unpack(lambda wildcards: plan.kernels.selection_inputs(wildcards.system)),
    output:
        result=plan.kernels.selection("{system}"),
    log:
        f"{LOGS}/systems/{{system}}/selection.log",
    benchmark:
        f"{BENCHMARKS}/systems/{{system}}/selection.tsv"
    wildcard_constraints:
        system=SYSTEM,
    conda:
        "../../envs/environment.yaml"
    threads: GPU_JOB_THREADS
    resources:
        gpu=plan.config["execution"]["gpu"],
        mem_mb=growing(plan.config["execution"]["systems"]["mem_mb"]),
        runtime=growing(240),
    params:
        job=lambda wildcards: plan.kernels.selection_job(wildcards.system),
    message:
        "Choosing the kernel of {wildcards.system} on a validation split: "
        "bandwidth {params.job[spec][bandwidth]}; ridge {params.job[spec][ridge]}"
    script:
        "../scripts/select_kernel.py"


rule solve_system:
    input:
        unpack(lambda wildcards: plan.kernels.system_inputs(*plan.kernels.cell(wildcards))),
    output:
        result=plan.kernels.system("{system}", "{ridge}", "{seed}"),
    log:
        f"{LOGS}/systems/{{system}}/ridge-{{ridge}}/seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/systems/{{system}}/ridge-{{ridge}}/seed-{{seed}}.tsv"
    wildcard_constraints:
        system=SYSTEM,
        ridge=RIDGE,
    conda:
        "../../envs/environment.yaml"
    threads: GPU_JOB_THREADS
    resources:
        gpu=plan.config["execution"]["gpu"],
        mem_mb=growing(plan.config["execution"]["systems"]["mem_mb"]),
        runtime=growing(720),
    params:
        job=lambda wildcards: plan.kernels.system_job(*plan.kernels.cell(wildcards)),
    message:
        "Solving the kernel system {wildcards.system}, ridge {wildcards.ridge}, seed {wildcards.seed}"
    script:
        "../scripts/solve_system.py"


for name in plan.shown:
    if plan.kind(name) not in MEASURED:
        continue
    params = SimpleNamespace(job=plan.kernels.measurement_job(name, 0))

    rule:
        name:
            f"measure_{name}"
        input:
            **plan.kernels.measurement_inputs(name),
        output:
            result=plan.kernels.measurement(name, "{seed}"),
        log:
            f"{LOGS}/measurements/{name}/seed-{{seed}}.log",
        benchmark:
            f"{BENCHMARKS}/measurements/{name}/seed-{{seed}}.tsv"
        conda:
            "../../envs/environment.yaml"
        threads: 1
        resources:
            mem_mb=growing(4000),
            runtime=growing(60),
        params:
            job=lambda wildcards, name=name: plan.kernels.measurement_job(name, int(wildcards.seed)),
        message:
            f"Measuring {plan.words(name)} for {name}, seed {{wildcards.seed}}, "
            "{params.job[spec][examples]} examples"
        script:
            f"../scripts/measure_{params.job['spec']['kind']}.py"
