"""Real data at full size, where they are at hand: RETHINKING_DATA names a folder with cifar10-jpeg and MNIST.

``cifar10-jpeg`` has train/<class>/*.jpg and test/<class>/*.jpg, ``MNIST/raw`` the four files unpacked.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from rethinking.corruptions.random_labels import corrupt
from rethinking.datasets import image_folder, npz
from rethinking.datasets.description import describe
from rethinking.seeds import numpy_generator

HERE = os.environ.get("RETHINKING_DATA", "")
pytestmark = pytest.mark.skipif(not HERE, reason="RETHINKING_DATA does not name a folder with the data")


@pytest.fixture(scope="module")
def cifar10():
    return image_folder.read(Path(HERE, "cifar10-jpeg"), 32, workers=os.cpu_count())


def test_cifar10_has_the_published_counts_and_moments(cifar10):
    train, test, classes = cifar10[:2], cifar10[2:4], cifar10.classes
    described = describe(train, test, classes)
    assert described["train"]["shape"] == [50_000, 32, 32, 3]
    assert described["train"]["per_class"] == dict.fromkeys(classes, 5000)
    assert described["test"]["per_class"] == dict.fromkeys(classes, 1000)
    # Those of the lossless set, which JPEG keeps to a grey level: Krizhevsky's 0.4914, 0.4822, 0.4465.
    assert np.allclose(described["train"]["mean"], [125.3, 123.0, 113.9], atol=0.2)
    assert described["duplicates"]["within_train"]["images"] == 0


def test_nine_tenths_of_random_labels_are_wrong(cifar10):
    generator = numpy_generator(0, "random_labels")
    corrupted = corrupt(cifar10.train_labels, 1.0, 10, generator)
    assert abs(corrupted.changed.mean() - 0.9) < 4 * np.sqrt(0.9 * 0.1 / 50_000)


def test_mnist_as_a_numpy_file_has_the_published_moments(tmp_path):
    raw = Path(HERE, "MNIST/raw")
    arrays = {}
    for part, name, size in (("train", "train", 60_000), ("test", "t10k", 10_000)):
        pixels = np.fromfile(raw / f"{name}-images-idx3-ubyte", dtype=np.uint8, offset=16)
        arrays[f"x_{part}"] = pixels.reshape(size, 28, 28)
        arrays[f"y_{part}"] = np.fromfile(raw / f"{name}-labels-idx1-ubyte", dtype=np.uint8, offset=8)
    np.savez(tmp_path / "mnist.npz", **arrays)
    mnist = npz.read(tmp_path / "mnist.npz")
    described = describe(mnist[:2], mnist[2:4], mnist.classes)
    assert described["train"]["overall_mean"] / 255 == pytest.approx(0.1307, abs=5e-5)
    assert described["train"]["overall_standard_deviation"] / 255 == pytest.approx(0.3081, abs=5e-5)
    published = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert list(described["train"]["per_class"].values()) == published
    assert described["duplicates"]["within_train"]["images"] == 0
