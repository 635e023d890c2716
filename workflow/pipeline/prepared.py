"""A clean data set as the two artefacts that everything else starts from."""

import numpy as np

from pipeline import artefacts
from rethinking.datasets.arrays import Dataset


def save(dataset: Dataset, output, job: dict) -> None:
    """Write images and labels, with the names of the classes beside the labels."""
    images = {"train": dataset.train_images, "test": dataset.test_images}
    labels = {"train": dataset.train_labels, "test": dataset.test_labels}
    artefacts.save(output.images, images.items(), **job)
    artefacts.save(output.labels, {**labels, "classes": np.array(dataset.classes)}.items(), **job)
    for part, array in images.items():
        print(f"{part}: {array.shape} {array.dtype}, {len(dataset.classes)} classes")
