"""Decode a user's folder of images, in parallel, and write it as arrays with manifests."""

from pathlib import Path

from pipeline.execution.job import logged
from pipeline.storage.jobs import unfinished
from pipeline.storage.prepared import save
from rethinking.datasets.image_folder import load_image_folder

with logged(snakemake.log[0]) as tell:
    jobs = snakemake.params.jobs
    if list(unfinished(jobs, tell)):
        spec = jobs[0]["spec"]
        with tell.progress("images") as report:
            dataset = load_image_folder(
                Path(snakemake.config["datasets"][spec["dataset"]]["folder"]).expanduser(),
                spec["size"],
                spec["resize"],
                spec["colour"],
                workers=snakemake.threads,
                report=report,
            )
        save(dataset, jobs)
