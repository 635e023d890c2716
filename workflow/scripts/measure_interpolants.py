"""Interpolate one training set in several ways, most of which do not generalise."""

import numpy as np
from threadpoolctl import threadpool_limits

from pipeline import artefacts
from pipeline.job import logged, provenance
from pipeline.kernel_points import grey_levels
from rethinking.minimum_norm import interpolants
from rethinking.seeds import numpy_generator

with logged(snakemake.log[0]) as tell, threadpool_limits(snakemake.threads):
    job = snakemake.params.job
    spec = job["spec"]
    stored = artefacts.load(snakemake.input.points, spec["points"])
    labels = artefacts.load(snakemake.input.labels, spec["labels"])
    classes = len(labels["classes"])
    generator = numpy_generator(spec["seed"], "examples")
    parts = []
    for part in ("train", "test"):
        drawn = np.sort(generator.permutation(len(labels[part]))[: spec["examples"]])
        parts += [grey_levels(stored[part][drawn]), labels[part][drawn]]
    found = interpolants(*parts, classes, spec["bandwidth"], numpy_generator(spec["seed"], "interpolants"))
    rows = []
    for each in found:
        print(each)
        named = {"interpolant": each.name, **each._asdict(), "chance": 1 - 1 / classes}
        rows.append({key: value for key, value in named.items() if key != "name"})
    artefacts.write_result(snakemake.output.result, {"rows": rows, **provenance()}, **job)
