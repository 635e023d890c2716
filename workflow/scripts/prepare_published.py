"""Write a downloaded data set as arrays with manifests."""

from pathlib import Path

from pipeline import artefacts
from pipeline.job import logged
from pipeline.prepared import save
from rethinking.datasets.arrays import DataError
from rethinking.datasets.published import load_published

with logged(snakemake.log[0]):
    job = snakemake.params.job
    folder = Path(snakemake.config["data_folder"]).expanduser()
    try:
        dataset = load_published(job["spec"]["source"], folder)
    except DataError as error:
        # They were there when the download was written down.
        raise DataError(
            f"{error}\nor fetch them again with\n  {artefacts.remake(snakemake.input.download)}"
        ) from None
    save(dataset, snakemake.output, job)
