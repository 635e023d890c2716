"""MNIST: 70,000 handwritten digits, of the paper's section 5."""

from pathlib import Path

from torchvision.datasets import MNIST

from rethinking.datasets.arrays import Dataset
from rethinking.datasets.published import Ways, mnist_files, read_mnist

ABOUT = {
    "kind": "source",
    "title": "MNIST",
    "origin": "Y. LeCun, C. Cortes, C. J. C. Burges: The MNIST database of handwritten digits, 1998",
    "licence": "CC BY-SA 3.0",
    "side": 28,
    "downloaded": True,
}


def files() -> Ways:
    """The ways in which its files can be there; the first one is downloaded."""
    return mnist_files(MNIST)


def read(place: Path) -> Dataset:
    """MNIST from the files in the folder ``place``: 60,000 + 10,000 images, 28×28×1.

    Raises ``DataError`` where a file is missing or has another checksum.
    """
    # Torchvision calls the classes "0 - zero" and so on.
    return read_mnist(MNIST, place)._replace(classes=tuple("0123456789"))
