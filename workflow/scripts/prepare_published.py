"""Write a downloaded data set as arrays with manifests."""

from pathlib import Path

from pipeline.execution.job import logged
from pipeline.storage.artefacts import remake
from pipeline.storage.jobs import unfinished
from pipeline.storage.prepared import save
from rethinking.datasets.arrays import DataError
from rethinking.datasets.published import load_published

with logged(snakemake.log[0]) as tell:
    jobs = snakemake.params.jobs
    if list(unfinished(jobs, tell)):
        folder = Path(snakemake.config["data_folder"]).expanduser()
        try:
            dataset = load_published(jobs[0]["spec"]["source"], folder)
        except DataError as error:
            # They were there when the download was written down.
            raise DataError(
                f"{error}\nor fetch them again with\n  {remake(jobs[0]['inputs']['download'])}"
            ) from None
        save(dataset, jobs)
