"""Clean data sets as arrays: images uint8 N×H×W×C, labels int64 N."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from rethinking.seeds import numpy_generator


class DataError(Exception):
    """A data set that is not there and cannot be fetched, or is not what it should be."""


class Dataset(NamedTuple):
    """A fixed split: images are uint8 in 0..255 and N×H×W×C, labels int64 in 0..classes-1."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: int


def stratified_split(labels: np.ndarray, train_size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of a train and a test part in which every class keeps its share.

    ``labels`` are int of shape (N,); each class gives ``train_size * share`` examples to the train
    part, rounded by largest remainder so that the train part has exactly ``train_size``. Both index
    arrays are sorted. Raises ``ValueError`` if a class would be missing from either part.
    """
    classes, counts = np.unique(labels, return_counts=True)
    exact = train_size * counts / len(labels)
    quota = np.floor(exact).astype(int)
    remainder = train_size - quota.sum()
    quota[np.argsort(quota - exact, kind="stable")[:remainder]] += 1
    if (quota < 1).any() or (quota >= counts).any():
        raise ValueError(
            f"a train part of {train_size} out of {len(labels)} leaves a class empty in train or test"
        )
    order = numpy_generator(seed, "data_split")
    train = np.concatenate(
        [
            order.permutation(np.flatnonzero(labels == label))[:size]
            for label, size in zip(classes, quota, strict=True)
        ]
    )
    train.sort()
    test = np.setdiff1d(np.arange(len(labels)), train)
    return train, test


def load_digits(train_size: int = 700, seed: int = 0) -> Dataset:
    """Scikit-learn's 1,797 handwritten digits, 8×8 grey, split once into train and test.

    The 17 grey levels 0..16 are spread over 0..255 (rounded, so distinct levels stay distinct).
    Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI repository.
    """
    from sklearn.datasets import load_digits as load

    bunch = load()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[..., np.newaxis]
    labels = bunch.target.astype(np.int64)
    train, test = stratified_split(labels, train_size, seed)
    return Dataset(images[train], labels[train], images[test], labels[test], classes=10)


def load_cifar10(folder: str | Path) -> Dataset:
    """CIFAR-10: 50,000 train and 10,000 test images, 32×32 RGB, in ``folder`` or downloaded there.

    Torchvision checks each file against its published MD5 before it unpickles it, and the archive
    after a download. Raises ``DataError`` where the data are neither there nor to be had.
    Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images" (2009).
    """
    from torchvision.datasets import CIFAR10

    try:
        train = CIFAR10(str(folder), train=True, download=True)
        test = CIFAR10(str(folder), train=False, download=False)
    except (OSError, RuntimeError) as error:
        raise DataError(
            f"CIFAR-10 is not in {Path(folder).absolute()} and could not be fetched ({error}). Put "
            f"{CIFAR10.filename} (MD5 {CIFAR10.tgz_md5}) from {CIFAR10.url} into that folder and run the "
            "same command again"
        ) from error
    return Dataset(
        train.data,
        np.asarray(train.targets, dtype=np.int64),
        test.data,
        np.asarray(test.targets, dtype=np.int64),
        classes=10,
    )
