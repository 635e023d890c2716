"""A clean data set as the two artefacts that everything else starts from."""

import numpy as np

from pipeline.storage.artefacts import save_arrays
from rethinking.datasets.arrays import Dataset


def save(dataset: Dataset, jobs: list[dict]) -> None:
    """Write images and labels, with the names of the classes beside the labels."""
    images = {"train": dataset.train_images, "test": dataset.test_images}
    labels = {"train": dataset.train_labels, "test": dataset.test_labels}
    images_job, labels_job = jobs
    save_arrays(images_job, images.items())
    save_arrays(labels_job, {**labels, "classes": np.array(dataset.classes)}.items())
    for part, array in images.items():
        print(f"{part}: {array.shape} {array.dtype}, {len(dataset.classes)} classes")
