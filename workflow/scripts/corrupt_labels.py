"""Draw partially corrupted training labels once and store them with what was replaced and changed."""

import importlib

from pipeline.execution.job import logged
from pipeline.storage.artefacts import load, save_arrays
from pipeline.storage.jobs import unfinished
from rethinking.seeds import numpy_generator

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        clean = load(job["inputs"]["labels"])
        corruption = importlib.import_module(spec["module"])
        corrupted = corruption.corrupt(
            clean["train"],
            spec["label_noise"],
            len(clean["classes"]),
            numpy_generator(job["seed"], spec["corruption"]),
            **spec["options"],
        )
        arrays = {
            "train": corrupted.labels,
            "replaced": corrupted.replaced,
            "changed": corrupted.changed,
            # Test labels are never corrupted: test error is about the true classes.
            "test": clean["test"],
            "classes": clean["classes"],
        }
        save_arrays(job, arrays.items())
        print(
            f"{spec['corruption']}, label noise {spec['label_noise']}: {corrupted.replaced.mean():.4f} "
            f"replaced, {corrupted.changed.mean():.4f} changed, of {len(corrupted.labels)}"
        )
