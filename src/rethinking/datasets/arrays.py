"""The form that every data set has here, whichever source it was read from."""

from typing import NamedTuple

import numpy as np


class DataError(Exception):
    """Data that are missing or not as they should be; the message says how to mend that."""


class Dataset(NamedTuple):
    """A fixed split: images are uint8 in 0..255, labels are indices into ``classes``."""

    train_images: np.ndarray  # uint8 (N, H, W, C)
    train_labels: np.ndarray  # int64 (N,)
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: tuple[str, ...]  # names

    def image_arrays(self) -> dict[str, np.ndarray]:
        """The images of both parts, by the names under which they are stored.

        Raises ``DataError`` where a part is empty or not uint8 (N, H, W, C), or the parts differ in H×W×C.
        """
        images = {"train": self.train_images, "test": self.test_images}
        for part, array in images.items():
            if array.dtype != np.uint8 or array.ndim != 4 or not array.size:
                raise DataError(f"{part} images are {array.dtype} {array.shape}; expected uint8 (N, H, W, C)")
        if self.train_images.shape[1:] != self.test_images.shape[1:]:
            shapes = [array.shape[1:] for array in images.values()]
            raise DataError(
                f"training images are {shapes[0]} and test images {shapes[1]}; expected one shape"
            )
        return images

    def label_arrays(self) -> dict[str, np.ndarray]:
        """The labels of both parts and the names of the classes, by the names under which they are stored.

        Raises ``DataError`` unless there is one label in 0..k-1 for each image.
        """
        labels = {"train": self.train_labels, "test": self.test_labels}
        for part, images in (("train", self.train_images), ("test", self.test_images)):
            _check_labels(part, labels[part], len(images), len(self.classes))
        return {**labels, "classes": np.array(self.classes)}

    def __str__(self) -> str:
        train, test = self.train_images, self.test_images
        return f"{len(train):,} + {len(test):,} images {train.shape[1:]}, {len(self.classes)} classes"


class ListedPart(NamedTuple):
    """The images of one part that stay where they are, class by class and in the order of their names."""

    paths: np.ndarray  # bytes (N,), relative to the data set's folder, file-system encoding
    sizes: np.ndarray  # int64 (N,), bytes of each file
    labels: np.ndarray  # int64 (N,)


class ListedDataset(NamedTuple):
    """A data set that is too large to be decoded beforehand: its images are paths."""

    train: ListedPart
    test: ListedPart
    classes: tuple[str, ...]  # names

    def image_arrays(self) -> dict[str, np.ndarray]:
        """Paths and sizes of both parts, by the names under which they are stored."""
        parts = {"train": self.train, "test": self.test}
        paths = {part: listed.paths for part, listed in parts.items()}
        return paths | {f"{part}_bytes": listed.sizes for part, listed in parts.items()}

    def label_arrays(self) -> dict[str, np.ndarray]:
        """As ``Dataset.label_arrays``."""
        parts = {"train": self.train, "test": self.test}
        for part, listed in parts.items():
            _check_labels(part, listed.labels, len(listed.paths), len(self.classes))
        return {
            **{part: listed.labels for part, listed in parts.items()},
            "classes": np.array(self.classes),
        }

    def __str__(self) -> str:
        train, test = self.train.paths, self.test.paths
        return f"{len(train):,} + {len(test):,} images, listed, {len(self.classes):,} classes"


def _check_labels(part: str, labels: np.ndarray, count: int, classes: int) -> None:
    if labels.dtype != np.int64 or labels.shape != (count,):
        raise DataError(
            f"{part} labels are {labels.dtype} {labels.shape}; expected int64 ({count},), one an image"
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise DataError(
            f"{part} labels span {labels.min()}..{labels.max()}; expected 0..{classes - 1}, indices into the "
            f"{classes} classes"
        )
