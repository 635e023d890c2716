"""SVHN: 99,289 digits cut out of photographs of house numbers."""

from pathlib import Path

from torchvision.datasets import SVHN

from rethinking.datasets.arrays import Dataset
from rethinking.datasets.download import PublishedFile
from rethinking.datasets.published import Ways, as_dataset, verified

ABOUT = {
    "kind": "source",
    "title": "SVHN",
    "origin": "Y. Netzer et al.: Reading Digits in Natural Images with Unsupervised Feature Learning, 2011, "
    "http://ufldl.stanford.edu/housenumbers",
    "licence": "for non-commercial use only",
    "side": 32,
    "downloaded": True,
}
PARTS = ("train", "test")


def files() -> Ways:
    """The ways in which its files can be there; the first one is downloaded."""
    listed = (SVHN.split_list[part] for part in PARTS)
    return ([PublishedFile(name, md5, (url,)) for url, name, md5 in listed],)


def read(place: Path) -> Dataset:
    """SVHN from the files in the folder ``place``: 73,257 + 26,032 images, 32×32×3.

    Raises ``DataError`` where a file is missing or has another checksum.
    """
    with verified(files(), place) as folder:
        parts = [SVHN(folder, split=part) for part in PARTS]
    # Stored channels first; torchvision does not name the classes, which are the digits.
    return as_dataset([(part.data.transpose(0, 2, 3, 1), part.labels) for part in parts], "0123456789")
