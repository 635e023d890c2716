"""CIFAR-10: 60,000 photographs in ten classes, the paper's first data set."""

from pathlib import Path

from torchvision.datasets import CIFAR10

from rethinking.datasets.arrays import Dataset
from rethinking.datasets.published import Ways, cifar_files, read_cifar

ABOUT = {
    "kind": "source",
    "title": "CIFAR-10",
    "origin": "A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images, 2009, "
    "https://www.cs.toronto.edu/~kriz/cifar.html",
    "licence": "none stated by its authors",
    "side": 32,
    "downloaded": True,
}


def files() -> Ways:
    """The ways in which its files can be there; the first one is downloaded."""
    return cifar_files(CIFAR10)


def read(place: Path) -> Dataset:
    """CIFAR-10 from the files in the folder ``place``: 50,000 + 10,000 images, 32×32×3.

    Raises ``DataError`` where a file is missing or has another checksum.
    """
    return read_cifar(CIFAR10, place)
