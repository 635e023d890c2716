"""Kuzushiji-MNIST: 70,000 handwritten Japanese characters, in the form of MNIST."""

from pathlib import Path

from torchvision.datasets import KMNIST

from rethinking.datasets.arrays import Dataset
from rethinking.datasets.published import Ways, mnist_files, read_mnist

ABOUT = {
    "kind": "source",
    "title": "Kuzushiji-MNIST",
    "origin": "T. Clanuwat et al.: Deep Learning for Classical Japanese Literature, 2018, "
    "https://github.com/rois-codh/kmnist",
    "licence": "CC BY-SA 4.0",
    "side": 28,
    "downloaded": True,
}


def files() -> Ways:
    """The ways in which its files can be there; the first one is downloaded."""
    return mnist_files(KMNIST)


def read(place: Path) -> Dataset:
    """Kuzushiji-MNIST from the files in the folder ``place``: 60,000 + 10,000 images, 28×28×1.

    Raises ``DataError`` where a file is missing or has another checksum.
    """
    return read_mnist(KMNIST, place)
