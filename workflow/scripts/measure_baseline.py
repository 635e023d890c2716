"""Fit a least-squares linear classifier to the clean images: the baseline of "generalises"."""

from threadpoolctl import threadpool_limits

from pipeline import artefacts
from pipeline.job import logged, provenance
from rethinking.least_squares import averaged, least_squares_classifier

with logged(snakemake.log[0]), threadpool_limits(snakemake.threads):
    job = snakemake.params.job
    spec = job["spec"]
    images = artefacts.load(snakemake.input.images, spec["prepared"])
    labels = artefacts.load(snakemake.input.labels, spec["prepared"])
    (train, factor), (test, _) = (averaged(images[part]) for part in ("train", "test"))
    train_error, test_error = least_squares_classifier(
        train, labels["train"], test, labels["test"], len(labels["classes"])
    )
    found = {"train_error": train_error, "test_error": test_error}
    found |= {"test_examples": len(labels["test"]), "averaged_over": factor}
    artefacts.write_result(snakemake.output.result, {**found, **provenance()}, **job)
    print(", ".join(f"{key} {value}" for key, value in found.items()))
