"""The embedded data set is real, split once, and every class keeps its share."""

import numpy as np
import pytest
from sklearn import datasets as sklearn_datasets

from rethinking.datasets.digits import read, stratified_split


def test_digits_are_scikit_learns_spread_over_the_grey_levels():
    digits = read()
    assert digits.train_images.shape == (700, 8, 8, 1)
    assert digits.test_images.shape == (1097, 8, 8, 1)
    assert digits.train_images.dtype == np.uint8
    original = sklearn_datasets.load_digits().images
    ours = np.concatenate([digits.train_images, digits.test_images])[..., 0]
    levels = np.unique(ours)
    assert len(levels) == 17
    assert levels.max() == 255
    # Every image is there once: back on 0..16 the two sets of images are the same.
    back = np.rint(ours / (255 / 16)).astype(int).reshape(1797, -1)
    assert sorted(map(tuple, back)) == sorted(map(tuple, original.astype(int).reshape(1797, -1)))


def test_the_split_is_stratified_fixed_and_disjoint():
    labels = sklearn_datasets.load_digits().target
    train, test = stratified_split(labels, 700, seed=0)
    assert len(train) == 700
    assert sorted([*train, *test]) == list(range(1797))
    shares = np.bincount(labels[train]) - 700 * np.bincount(labels) / 1797
    assert np.abs(shares).max() <= 1
    assert np.array_equal(train, stratified_split(labels, 700, seed=0)[0])
    assert not np.array_equal(train, stratified_split(labels, 700, seed=1)[0])


def test_a_split_that_empties_a_class_is_refused():
    with pytest.raises(ValueError, match="class empty"):
        stratified_split(np.array([0] * 50 + [1]), 10, seed=0)
