"""CIFAR-100: 60,000 photographs in a hundred classes."""

from pathlib import Path

from torchvision.datasets import CIFAR100

from rethinking.datasets.arrays import Dataset
from rethinking.datasets.published import Ways, cifar_files, read_cifar

ABOUT = {
    "kind": "source",
    "title": "CIFAR-100",
    "origin": "A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images, 2009, "
    "https://www.cs.toronto.edu/~kriz/cifar.html",
    "licence": "none stated by its authors",
    "side": 32,
    "downloaded": True,
}


def files() -> Ways:
    """The ways in which its files can be there; the first one is downloaded."""
    return cifar_files(CIFAR100)


def read(place: Path) -> Dataset:
    """CIFAR-100 from the files in the folder ``place``: 50,000 + 10,000 images, 32×32×3.

    Raises ``DataError`` where a file is missing or has another checksum.
    """
    return read_cifar(CIFAR100, place)
