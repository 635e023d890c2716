"""Fit a least-squares linear classifier to the clean images: the baseline of "generalises"."""

from threadpoolctl import threadpool_limits

from pipeline.execution.job import logged, provenance
from pipeline.storage.artefacts import load, write_result
from pipeline.storage.jobs import unfinished
from rethinking.least_squares import averaged, least_squares_classifier

with logged(snakemake.log[0]) as tell, threadpool_limits(snakemake.threads):
    for job in unfinished(snakemake.params.jobs, tell):
        images, labels = load(job["inputs"]["images"]), load(job["inputs"]["labels"])
        (train, factor), (test, _) = (averaged(images[part]) for part in ("train", "test"))
        train_error, test_error = least_squares_classifier(
            train, labels["train"], test, labels["test"], len(labels["classes"])
        )
        found = {"train_error": train_error, "test_error": test_error}
        found |= {"test_examples": len(labels["test"]), "averaged_over": factor}
        write_result(job, {**found, **provenance()})
        print(", ".join(f"{key} {value}" for key, value in found.items()))
