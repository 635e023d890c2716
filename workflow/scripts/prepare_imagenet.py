"""List a user's ImageNet: the images as paths and sizes, the labels as those of any other data set."""

from pathlib import Path

import numpy as np

from pipeline.execution.job import logged
from pipeline.storage.artefacts import save_arrays
from pipeline.storage.jobs import unfinished
from rethinking.datasets.imagenet import index_imagenet

with logged(snakemake.log[0]) as tell:
    jobs = images_job, labels_job = snakemake.params.jobs
    if list(unfinished(jobs, tell)):
        folder = snakemake.config["datasets"][images_job["spec"]["dataset"]]["folder"]
        with tell.progress("class folders") as report:
            train, val, classes = index_imagenet(Path(folder).expanduser(), report)
        images = {
            "train": train.paths,
            "test": val.paths,
            "train_bytes": train.sizes,
            "test_bytes": val.sizes,
        }
        labels = {"train": train.labels, "test": val.labels, "classes": np.array(classes)}
        save_arrays(images_job, images.items())
        save_arrays(labels_job, labels.items())
        print(
            f"{len(train.paths):,} training and {len(val.paths):,} validation images, {len(classes):,} classes"
        )
