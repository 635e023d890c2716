"""Choose gamma and ridge of a kernel system on a validation split of the training set."""

from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from pipeline.execution import kernel_points
from pipeline.execution.job import logged, provenance
from pipeline.execution.memory import named_memory_errors
from pipeline.storage import artefacts
from pipeline.storage.jobs import unfinished
from rethinking.kernels.selection import best, draw_split, validation_errors
from rethinking.seeds import numpy_generator

with logged(snakemake.log[0]) as tell, threadpool_limits(snakemake.threads):
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        execution = snakemake.config["execution"]
        points = artefacts.load(job["inputs"]["points"])
        labels = artefacts.load(job["inputs"]["labels"])
        backend = kernel_points.backend_for(
            snakemake.resources.get("gpu", 0), execution["runs_per_gpu"], tell
        )
        split = draw_split(
            len(labels["train"]),
            spec["validation"]["examples"],
            spec["validation"]["share"],
            numpy_generator(spec["seed"], "validation_split"),
        )
        print(f"{len(split.fitted)} examples fitted, {len(split.held_out)} held out, on the {backend.name}")
        kernels = {width: kernel_points.kernel_of(spec, width) for width in spec["gamma"] or [None]}
        drawn = kernel_points.split_points(points, split)
        with named_memory_errors(backend.name), tell.progress("systems") as report:
            rows = validation_errors(
                partial(kernel_points.points, drawn, dtype=np.float64, backend=backend),
                np.asarray(labels["train"]),
                len(labels["classes"]),
                split,
                kernels,
                spec["ridge"],
                report,
            )
        for row in rows:
            print(f"gamma {row['gamma']}, ridge {row['ridge']:g}: {row['problem'] or row['error']}")
        found = {"none": best([row for row in rows if not row["ridge"]]), "chosen": best(rows)}
        artefacts.write_result(job, {**split.sizes, "errors": rows, **found, **provenance()})
