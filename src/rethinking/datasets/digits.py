"""Scikit-learn's handwritten digits: real data that need no download."""

import numpy as np
from sklearn.datasets import load_digits

from rethinking.datasets.arrays import Dataset
from rethinking.seeds import numpy_generator

ABOUT = {
    "kind": "source",
    "title": "scikit-learn's digits",
    "origin": "E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning "
    "Repository, 1998, as distributed with scikit-learn",
    "licence": "CC BY 4.0",
    "side": 8,
}


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


def read(train_size: int = 700, seed: int = 0) -> Dataset:
    """Scikit-learn's 1,797 handwritten digits, 8×8 grey, split once into train and test.

    The 17 grey levels 0..16 are spread over 0..255 (rounded, so distinct levels stay distinct).
    Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI repository.
    """
    bunch = load_digits()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[..., np.newaxis]
    labels = bunch.target.astype(np.int64)
    train, test = stratified_split(labels, train_size, seed)
    classes = tuple(map(str, bunch.target_names))
    return Dataset(images[train], labels[train], images[test], labels[test], classes)
