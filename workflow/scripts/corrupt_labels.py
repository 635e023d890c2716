"""Draw partially corrupted training labels once and store them with what was replaced and changed."""

from pipeline.execution.job import logged
from pipeline.storage.artefacts import load, save_arrays
from pipeline.storage.jobs import unfinished
from rethinking.corruptions import corrupt_labels
from rethinking.seeds import numpy_generator

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        clean = load(job["inputs"]["labels"])
        corrupted = corrupt_labels(
            clean["train"],
            spec["label_noise"],
            classes=len(clean["classes"]),
            generator=numpy_generator(job["seed"], "label_corruption"),
            pool=spec["label_pool"],
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
            f"label_noise {spec['label_noise']}: {corrupted.replaced.mean():.4f} replaced, "
            f"{corrupted.changed.mean():.4f} changed, of {len(corrupted.labels)}"
        )
