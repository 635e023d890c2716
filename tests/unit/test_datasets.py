"""The embedded data set is real, split once, and every class keeps its share."""

import hashlib
import pathlib
import pickle

import numpy as np
import pytest
from sklearn import datasets as sklearn_datasets
from torchvision.datasets import CIFAR10

from rethinking.datasets import DataError, load_cifar10, load_digits, stratified_split


def test_digits_are_scikit_learns_spread_over_the_grey_levels():
    digits = load_digits()
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


def fake_cifar10(folder, monkeypatch):
    """A data set in CIFAR-10's official layout, of random images, with its own checksums."""
    batches = folder / "cifar-10-batches-py"
    batches.mkdir()
    generator = np.random.default_rng(0)
    lists = {"train_list": [f"data_batch_{k}" for k in range(1, 6)], "test_list": ["test_batch"]}
    for attribute, names in lists.items():
        listed = []
        for name in names:
            content = {
                "data": generator.integers(0, 256, (20, 3072), dtype=np.uint8),
                "labels": generator.integers(0, 10, 20).tolist(),
            }
            (batches / name).write_bytes(pickle.dumps(content))
            listed.append([name, hashlib.md5((batches / name).read_bytes()).hexdigest()])
        monkeypatch.setattr(CIFAR10, attribute, listed)
    meta = pickle.dumps({"label_names": list("abcdefghij")})
    (batches / "batches.meta").write_bytes(meta)
    described = {"filename": "batches.meta", "key": "label_names", "md5": hashlib.md5(meta).hexdigest()}
    monkeypatch.setattr(CIFAR10, "meta", described)
    return batches


def test_cifar10_comes_as_images_by_height_by_width_by_channel(tmp_path, monkeypatch):
    batches = fake_cifar10(tmp_path, monkeypatch)
    dataset = load_cifar10(tmp_path)
    assert dataset.train_images.shape == (100, 32, 32, 3)
    assert dataset.test_images.shape == (20, 32, 32, 3)
    assert dataset.train_labels.dtype == np.int64
    # Stored as all red, then all green, then all blue values, row by row.
    first = pickle.loads((batches / "data_batch_1").read_bytes())["data"][0]
    assert dataset.train_images[0, 2, 5].tolist() == [first[c * 1024 + 2 * 32 + 5] for c in range(3)]


def test_cifar10_with_a_wrong_checksum_is_never_unpickled(tmp_path, monkeypatch):
    class Trap:
        def __reduce__(self):
            return (pathlib.Path.touch, (tmp_path / "unpickled",))

    batches = fake_cifar10(tmp_path, monkeypatch)
    (batches / "data_batch_3").write_bytes(pickle.dumps(Trap()))
    monkeypatch.setattr(CIFAR10, "url", "file:///nowhere/cifar-10-python.tar.gz")
    with pytest.raises(
        DataError, match=r"Put cifar-10-python\.tar\.gz \(MD5 c58f30108f718f92721af3b95e74349a\)"
    ):
        load_cifar10(tmp_path)
    assert not (tmp_path / "unpickled").exists()
