"""The data sets that torchvision knows: which files they are, and their arrays.

Checksums, addresses and readers are torchvision's. No file is opened, and none unpickled, whose
checksum is not the published one; archives are unpacked into a temporary folder, so the folder of
downloads may be read-only.
"""

import tempfile
from pathlib import Path

import numpy as np
from torchvision import datasets
from torchvision.datasets.utils import extract_archive

from rethinking.datasets.arrays import Dataset
from rethinking.datasets.download import PublishedFile, problem_of, refuse

CIFAR = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}
MNIST = {"mnist": datasets.MNIST, "fashion_mnist": datasets.FashionMNIST, "kmnist": datasets.KMNIST}
DIGITS = tuple("0123456789")
CLASSES = {"mnist": DIGITS, "svhn": DIGITS}  # torchvision calls MNIST's "0 - zero", SVHN's not at all


def published_files(source: str) -> list[PublishedFile]:
    """The files that are downloaded for one of the sources "cifar10", "cifar100", "mnist",
    "fashion_mnist", "kmnist" and "svhn", laid out as torchvision does.

    Raises ``ValueError`` for another source.
    """
    if source in CIFAR:
        known = CIFAR[source]
        return [PublishedFile(known.filename, known.tgz_md5, (known.url,))]
    if source in MNIST:
        known = MNIST[source]
        return [
            PublishedFile(f"{known.__name__}/raw/{name}", md5, tuple(m + name for m in known.mirrors))
            for name, md5 in known.resources
        ]
    if source == "svhn":
        parts = (datasets.SVHN.split_list[part] for part in ("train", "test"))
        return [PublishedFile(name, md5, (url,)) for url, name, md5 in parts]
    known = ", ".join([*CIFAR, *MNIST, "svhn"])
    raise ValueError(f"unknown source {source!r}; known: {known}")


def unpacked_files(source: str) -> list[PublishedFile]:
    """The files of an unpacked archive that do as well as the archive, each with its own checksum."""
    if source not in CIFAR:
        return []
    known = CIFAR[source]
    listed = [*known.train_list, *known.test_list, (known.meta["filename"], known.meta["md5"])]
    return [PublishedFile(f"{known.base_folder}/{name}", md5, ()) for name, md5 in listed]


def files_there(source: str, folder: str | Path) -> list[PublishedFile] | None:
    """The files of ``source`` in ``folder`` that hold all of it, published or unpacked; None if none do."""
    for files in (published_files(source), unpacked_files(source)):
        if files and not any(problem_of(file, Path(folder)) for file in files):
            return files
    return None


def _arrays(data, labels) -> tuple[np.ndarray, np.ndarray]:
    """One part as torchvision holds it, as N×H×W×C and int64."""
    images = np.asarray(data)
    if images.ndim == 3:
        images = images[..., np.newaxis]
    elif images.shape[1] == 3:  # SVHN's come channels first
        images = images.transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), np.asarray(labels, dtype=np.int64)


def load_published(source: str, folder: str | Path) -> Dataset:
    """One of torchvision's data sets from the files in ``folder``, each verified first.

    Raises ``DataError`` where a file is missing or has another checksum, ``ValueError`` for an unknown
    source.
    """
    folder = Path(folder)
    files = files_there(source, folder)
    if files is None:
        wanted = published_files(source)
        problems = [(file, problem_of(file, folder)) for file in wanted]
        raise refuse(wanted, folder, [f"{file.path} {problem}" for file, problem in problems if problem])
    with tempfile.TemporaryDirectory(prefix="rethinking-") as temporary:
        for file in files:
            target = Path(temporary, file.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.suffix == ".gz":
                extract_archive(folder / file.path, target.parent)
            else:
                target.symlink_to((folder / file.path).absolute())
        if source == "svhn":
            read = [datasets.SVHN(temporary, split=part) for part in ("train", "test")]
            parts = [_arrays(part.data, part.labels) for part in read]
        else:
            reader = (CIFAR | MNIST)[source]
            # Torchvision checks each of CIFAR's files once more before it unpickles it.
            read = [reader(temporary, train=part) for part in (True, False)]
            parts = [_arrays(part.data, part.targets) for part in read]
        classes = CLASSES.get(source) or tuple(read[0].classes)
    return Dataset(*parts[0], *parts[1], classes)
