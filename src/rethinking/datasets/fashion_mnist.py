"""Fashion-MNIST: 70,000 pictures of clothes, in the form of MNIST."""

from pathlib import Path

from torchvision.datasets import FashionMNIST

from rethinking.datasets.arrays import Dataset
from rethinking.datasets.published import Ways, mnist_files, read_mnist

ABOUT = {
    "kind": "source",
    "title": "Fashion-MNIST",
    "origin": "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST, 2017, https://github.com/zalandoresearch/fashion-mnist",
    "licence": "MIT",
    "side": 28,
    "downloaded": True,
}


def files() -> Ways:
    """The ways in which its files can be there; the first one is downloaded."""
    return mnist_files(FashionMNIST)


def read(place: Path) -> Dataset:
    """Fashion-MNIST from the files in the folder ``place``: 60,000 + 10,000 images, 28×28×1.

    Raises ``DataError`` where a file is missing or has another checksum.
    """
    return read_mnist(FashionMNIST, place)
