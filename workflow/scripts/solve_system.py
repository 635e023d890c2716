"""Solve one kernel system exactly; write its errors, norms, time and memory."""

import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from pipeline.execution import kernel_points
from pipeline.execution.job import logged, peak_memory_of_process, provenance
from pipeline.execution.memory import named_memory_errors
from pipeline.storage import artefacts
from pipeline.storage.jobs import unfinished
from pipeline.storage.writing import ArtefactError
from rethinking.classification import classification_error, one_hot
from rethinking.kernels.cholesky import NotPositiveDefinite
from rethinking.kernels.panels import PanelFolder, StorageError
from rethinking.kernels.plan import TooLarge, plan_solve
from rethinking.kernels.selection import best
from rethinking.kernels.systems import predict, solve

# The numbers that a system without an exact solution lacks.
QUANTITIES = (
    "test_error",
    "train_error",
    "norm",
    "norm_of_signs",
    "residual",
    "condition_number",
    "refinements",
)


def solved(gamma: float | None, ridge: float) -> dict:
    """The system's errors, norms, time and memory."""
    started = time.perf_counter()
    classes = len(labels["classes"])
    targets = one_hot(labels["train"], classes)
    dtype = np.dtype(spec["precision"])
    gpus = snakemake.resources.get("gpu", 0)
    backend = kernel_points.backend_for(gpus, execution["runs_per_gpu"], tell)
    folder = Path(job["folder"], "panels")
    size, points_bytes = kernel_points.sizes(points)
    try:
        free = kernel_points.free_space(backend, folder)
        plan = plan_solve(len(targets), size, classes + 1, dtype, free, points_bytes)
    except TooLarge as error:
        raise ArtefactError(str(error)) from error
    if plan.place != "GPU":
        backend = kernel_points.Cpu()
    print(f"{spec['system']}, gamma {gamma}, ridge {ridge:g}: {plan}")
    panels = PanelFolder(
        folder,
        f"{job['stamp']} {job['seed']} gamma {gamma} ridge {ridge}",
        60 * execution["checkpoint_minutes"],
        resident=plan.place == "disk",
        tell=tell,
    )
    kernel = kernel_points.kernel_of(spec, gamma)
    try:
        with named_memory_errors(backend.name), tell.progress("FLOP") as report:
            gram, others = kernel_points.points(points, kernel, dtype, backend)
            solution = solve(gram, targets, ridge, folder=panels, report=report)
            scores = predict(gram, others, solution.weights)
    except StorageError as error:
        raise ArtefactError(str(error)) from error
    except NotPositiveDefinite as error:
        # A result all the same: tables show that there is no solution.
        tell(f"{spec['system']} is not solved: {error}")
        found = {"verdict": f"not solved: {error}", **dict.fromkeys(QUANTITIES)}
    else:
        found = {
            "verdict": "solved",
            "test_error": classification_error(scores, labels["test"]),
            "train_error": classification_error(solution.fitted, labels["train"]),
            **{key: value for key, value in solution._asdict().items() if np.isscalar(value)},
        }
    seconds = round(time.perf_counter() - started, 3)
    return {
        **found,
        "classes": classes,
        "examples": len(targets),
        "gamma": gamma,
        "ridge": ridge,
        "precision": str(dtype),
        "place": plan.place,
        "device": backend.name,
        "threads": snakemake.threads,
        "measured": {"seconds": seconds, "peak_memory_bytes": peak_memory_of_process()},
    }


with logged(snakemake.log[0]) as tell, threadpool_limits(snakemake.threads):
    execution = snakemake.config["execution"]
    for job in unfinished(snakemake.params.jobs, tell):
        spec, inputs = job["spec"], job["inputs"]
        points, labels = artefacts.load(inputs["points"]), artefacts.load(inputs["labels"])
        gamma, ridge, result = spec["gamma"], spec["ridge"], None
        if "selection" in inputs:
            selection = artefacts.read_result(inputs["selection"])
            choice = selection["chosen" if ridge == "chosen" else "none"]
            # Where nothing could be solved on the validation split, these settings stand for a choice.
            choice = choice or selection["chosen"] or selection["errors"][0]
            gamma, ridge = choice["gamma"], choice["ridge"] if ridge == "chosen" else ridge
        if "plain" in inputs:
            plain = artefacts.read_result(inputs["plain"])
            if ridge == 0 and plain["verdict"] != "solved":
                # Half of the examples could be interpolated, all of them cannot.
                choice = best([row for row in selection["errors"] if row["ridge"]])
                if choice:
                    gamma, ridge = choice["gamma"], choice["ridge"]
            if (plain["gamma"], plain["ridge"]) == (gamma, ridge):
                print("no ridge is the best on the validation split: the system without one is this one")
                made_by = ("stamp", "seed", "spec", "code")
                result = {key: value for key, value in plain.items() if key not in made_by}
        result = result or {**solved(gamma, ridge), **provenance()}
        artefacts.write_result(job, result)
        PanelFolder(Path(job["folder"], "panels"), "").remove()
        print(", ".join(f"{key} {value}" for key, value in result.items()))
