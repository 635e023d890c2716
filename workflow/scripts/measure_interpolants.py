"""Interpolate one training set in several ways, most of which do not generalise."""

import numpy as np
from threadpoolctl import threadpool_limits

from pipeline.execution.job import logged, provenance
from pipeline.execution.kernel_points import grey_levels
from pipeline.storage import artefacts
from pipeline.storage.jobs import unfinished
from rethinking.minimum_norm import interpolants
from rethinking.seeds import numpy_generator

with logged(snakemake.log[0]) as tell, threadpool_limits(snakemake.threads):
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        stored = artefacts.load(job["inputs"]["points"])
        labels = artefacts.load(job["inputs"]["labels"])
        classes = len(labels["classes"])
        generator = numpy_generator(job["seed"], "examples")
        parts = []
        for part in ("train", "test"):
            drawn = np.sort(generator.permutation(len(labels[part]))[: spec["examples"]])
            parts += [grey_levels(stored[part][drawn]), labels[part][drawn]]
        found = interpolants(*parts, classes, spec["bandwidth"], numpy_generator(job["seed"], "interpolants"))
        rows = []
        for each in found:
            print(each)
            named = {"interpolant": each.name, **each._asdict(), "chance": 1 - 1 / classes}
            rows.append({key: value for key, value in named.items() if key != "name"})
        artefacts.write_result(job, {"rows": rows, **provenance()})
