"""Descend on a small kernel system from several starts, beside its solution of least norm."""

import numpy as np
from threadpoolctl import threadpool_limits

from pipeline.execution.job import logged, provenance
from pipeline.execution.kernel_points import grey_levels
from pipeline.storage import artefacts
from pipeline.storage.jobs import unfinished
from rethinking.kernels.systems import one_hot
from rethinking.minimum_norm import (
    descend,
    kernel_coordinates,
    minimum_norm,
    outside_distance,
    starting_points,
)
from rethinking.seeds import numpy_generator

with logged(snakemake.log[0]) as tell, threadpool_limits(snakemake.threads):
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        stored = artefacts.load(job["inputs"]["points"])
        labels = artefacts.load(job["inputs"]["labels"])
        if 2 * spec["examples"] > len(labels["train"]):
            raise artefacts.ArtefactError(
                f"{spec['examples']} examples and as many others, for what is outside their span: expected at "
                f"least {2 * spec['examples']} training examples, {spec['dataset']} has {len(labels['train'])}"
            )
        order = numpy_generator(job["seed"], "examples").permutation(len(labels["train"]))
        drawn, others = (
            np.sort(part) for part in np.split(order[: 2 * spec["examples"]], [spec["examples"]])
        )
        points, elsewhere = (grey_levels(stored["train"][part]) for part in (drawn, others))
        features = kernel_coordinates(points, elsewhere, spec["bandwidth"])
        targets = one_hot(labels["train"][drawn], len(labels["classes"]))
        minimum = minimum_norm(features, targets)
        starts = starting_points(features, minimum, numpy_generator(job["seed"], "descent_start"))
        rows = []
        for batch_size in (None, spec["batch_size"]):
            for start in starts:
                if batch_size is not None and start.name == "inside the span":
                    continue  # gradient descent shows it; a third line of SGD would hide the others
                generator = numpy_generator(job["seed"], "batch_order")
                frame = descend(features, targets, spec["steps"], batch_size, start, generator)
                frame["outside_distance"] = outside_distance(start, features, minimum)
                rows += frame.to_dict("records")
                last = rows[-1]
                print(f"{last['optimiser']} from {start.name}: distance {last['distance']:.2e} at the end")
        artefacts.write_result(job, {"rows": rows, **provenance()})
