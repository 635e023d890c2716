"""List a user's ImageNet: the images as paths and sizes, the labels as those of any other data set."""

from pathlib import Path

import numpy as np

from pipeline import artefacts
from pipeline.job import logged
from rethinking.datasets.imagenet import index_imagenet

with logged(snakemake.log[0]) as tell:
    job = snakemake.params.job
    folder = Path(snakemake.config["datasets"][job["spec"]["dataset"]]["folder"]).expanduser()
    with tell.progress("class folders") as report:
        train, val, classes = index_imagenet(folder, report)
    images = {"train": train.paths, "test": val.paths, "train_bytes": train.sizes, "test_bytes": val.sizes}
    labels = {"train": train.labels, "test": val.labels, "classes": np.array(classes)}
    artefacts.save(snakemake.output.images, images.items(), **job)
    artefacts.save(snakemake.output.labels, labels.items(), **job)
    print(f"{len(train.paths):,} training and {len(val.paths):,} validation images, {len(classes):,} classes")
