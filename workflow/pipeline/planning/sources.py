"""Where data sets come from: what is known of each source before anything is read.

A data set of the configuration names its source. The published ones are fixed; of a user's own the
configuration says the rest. Titles, origins and licences are what figures and ``dataset.json`` say;
no number depends on them, so changing them trains nothing again.
"""

import ast
import zipfile
from pathlib import Path
from typing import NamedTuple


class Source(NamedTuple):
    """One value of ``datasets.<name>.source``."""

    script: str  # workflow/scripts/prepare_<script>.py reads it
    title: str = ""
    side: int | None = None  # of the stored images in pixels, where that is known
    origin: str = ""
    licence: str = "not stated in the configuration"


SOURCES = {
    "digits": Source(
        "digits",
        "scikit-learn's digits",
        8,
        "E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning "
        "Repository, 1998, as distributed with scikit-learn",
        "CC BY 4.0",
    ),
    "cifar10": Source(
        "published",
        "CIFAR-10",
        32,
        "A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images, 2009, "
        "https://www.cs.toronto.edu/~kriz/cifar.html",
        "none stated by its authors",
    ),
    "cifar100": Source(
        "published",
        "CIFAR-100",
        32,
        "A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images, 2009, "
        "https://www.cs.toronto.edu/~kriz/cifar.html",
        "none stated by its authors",
    ),
    "mnist": Source(
        "published",
        "MNIST",
        28,
        "Y. LeCun, C. Cortes, C. J. C. Burges: The MNIST database of handwritten digits, 1998",
        "CC BY-SA 3.0",
    ),
    "fashion_mnist": Source(
        "published",
        "Fashion-MNIST",
        28,
        "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST, 2017, "
        "https://github.com/zalandoresearch/fashion-mnist",
        "MIT",
    ),
    "kmnist": Source(
        "published",
        "Kuzushiji-MNIST",
        28,
        "T. Clanuwat et al.: Deep Learning for Classical Japanese Literature, 2018, "
        "https://github.com/rois-codh/kmnist",
        "CC BY-SA 4.0",
    ),
    "svhn": Source(
        "published",
        "SVHN",
        32,
        "Y. Netzer et al.: Reading Digits in Natural Images with Unsupervised Feature Learning, 2011, "
        "http://ufldl.stanford.edu/housenumbers",
        "for non-commercial use only",
    ),
    "image_folder": Source("image_folder"),
    "npz": Source("npz"),
    "imagenet": Source(
        "imagenet",
        "ImageNet (ILSVRC 2012)",
        None,
        "O. Russakovsky et al.: ImageNet Large Scale Visual Recognition Challenge, 2015, "
        "https://image-net.org",
        "ImageNet's terms of access: non-commercial research and education",
    ),
}
# What the configuration may leave out of an image folder's entry.
IMAGE_FOLDER = {"resize": "none", "colour": "rgb"}


def published(entry: dict) -> bool:
    """Whether a data set is downloaded."""
    return SOURCES[entry["source"]].script == "published"


def _npz_side(entry: dict) -> int | None:
    """The shorter side of the images in a NumPy file, from the text before its first array."""
    try:
        if not own(entry).is_file():  # a pipe would be waited for
            return None
        with zipfile.ZipFile(own(entry)) as archive, archive.open("x_train.npy") as array:
            start = array.read(4096)
        header = ast.literal_eval(start[start.index(b"{") : start.index(b"}") + 1].decode())
        return min(header["shape"][1:3])
    except Exception:  # what is wrong with the file is for the job that reads it to say
        return None


def side(entry: dict) -> int | None:
    """The shorter side of the stored images in pixels, None where nobody knows yet."""
    if entry["source"] == "npz":
        return _npz_side(entry)
    return entry.get("size", SOURCES[entry["source"]].side)


def reading(entry: dict) -> dict:
    """The options with which a data set is read; where it lies is no part of what it is."""
    if entry["source"] == "image_folder":
        return {"size": entry["size"]} | {key: entry.get(key, IMAGE_FOLDER[key]) for key in IMAGE_FOLDER}
    if entry["source"] == "npz":
        return {"value_range": entry.get("value_range")}
    return {}


def title(name: str, entry: dict) -> str:
    """How a data set is called in print."""
    return entry.get("title") or SOURCES[entry["source"]].title or name.replace("_", " ")


def description(name: str, entry: dict) -> dict:
    """Title, origin and licence, for ``dataset.json``."""
    source = SOURCES[entry["source"]]
    return {
        "title": title(name, entry),
        "source": entry["source"],
        "origin": source.origin or entry.get("folder") or entry["file"],
        "licence": entry.get("licence", source.licence),
    }


def own(entry: dict) -> Path | None:
    """The user's own folder or file, None for data that are published."""
    path = entry.get("folder") or entry.get("file")
    return Path(path).expanduser() if path else None
