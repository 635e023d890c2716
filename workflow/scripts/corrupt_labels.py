"""Draw partially corrupted training labels once and store them with what was replaced and changed."""

from pipeline import artefacts
from pipeline.job import logged
from rethinking.corruptions import corrupt_labels
from rethinking.seeds import numpy_generator

with logged(snakemake.log[0]):
    job = snakemake.params.job
    spec = job["spec"]
    clean = artefacts.load(snakemake.input.labels, spec["source"])
    corrupted = corrupt_labels(
        clean["train"],
        spec["label_noise"],
        classes=len(clean["classes"]),
        generator=numpy_generator(spec["seed"], "label_corruption"),
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
    artefacts.save(snakemake.output.labels, arrays.items(), **job)
    print(
        f"label_noise {spec['label_noise']}: {corrupted.replaced.mean():.4f} replaced, "
        f"{corrupted.changed.mean():.4f} changed, of {len(corrupted.labels)}"
    )
