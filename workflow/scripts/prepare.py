"""Write a data set as two results, its images and its labels, from which everything else starts."""

import importlib
import inspect
from pathlib import Path

from pipeline.execution.job import logged
from pipeline.storage.artefacts import remake, save_arrays
from pipeline.storage.jobs import unfinished
from rethinking.datasets.arrays import DataError

with logged(snakemake.log[0]) as tell:
    jobs = images_job, labels_job = snakemake.params.jobs
    if list(unfinished(jobs, tell)):
        spec = images_job["spec"]
        source = importlib.import_module(spec["module"])
        # The place of the data is no part of the specification.
        entry, option = snakemake.config["datasets"][spec["dataset"]], source.ABOUT.get("place")
        place = Path(entry[option] if option else snakemake.config["data_folder"]).expanduser()
        with tell.progress(source.ABOUT.get("counts", "images")) as report:
            # The arguments that a reader may take.
            offered = {"place": place, "workers": snakemake.threads, "report": report}
            takes = inspect.signature(source.read).parameters
            given = {name: value for name, value in offered.items() if name in takes}
            try:
                dataset = source.read(**given, **spec["options"])
                images, labels = dataset.image_arrays(), dataset.label_arrays()
            except DataError as error:
                # Published files were there when the download was written down.
                download = images_job["inputs"].get("download")
                again = f"\nor fetch them again with\n  {remake(download)}" if download else ""
                raise DataError(f"{spec['dataset']}: {error}{again}") from None
        save_arrays(images_job, images.items())
        save_arrays(labels_job, labels.items())
        print(f"{spec['dataset']}: {dataset}")
