"""The common part of the published data sets: files that are verified before they are read.

Checksums, addresses and readers are torchvision's; each data set's own module names its reader. No file is
opened, and none unpickled, whose checksum is not the published one. Archives are unpacked into a temporary
folder, so the folder of downloads may be read-only.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from torchvision.datasets.utils import extract_archive

from rethinking.datasets.arrays import Dataset
from rethinking.datasets.download import PublishedFile, problem_of, refuse

# The ways in which a data set can be there, each a list of all its files; the first one is downloaded.
Ways = Sequence[Sequence[PublishedFile]]


def files_there(ways: Ways, folder: Path) -> Sequence[PublishedFile] | None:
    """The first of ``ways`` whose files are all in ``folder`` with their checksums; None if there is none."""
    return next((files for files in ways if not any(problem_of(file, folder) for file in files)), None)


@contextmanager
def verified(ways: Ways, folder: Path) -> Iterator[str]:
    """A temporary folder with the files of a data set, each verified and ready for torchvision.

    Raises ``DataError`` where a file is missing from ``folder`` or has another checksum.
    """
    files = files_there(ways, folder)
    if files is None:
        wanted = ways[0]
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
        yield temporary


def as_dataset(parts: Sequence[tuple], classes: Sequence[str]) -> Dataset:
    """Images and labels of the training and the test part, in the types that every data set has."""
    arrays = [(np.ascontiguousarray(images), np.asarray(labels, dtype=np.int64)) for images, labels in parts]
    return Dataset(*arrays[0], *arrays[1], tuple(classes))


def cifar_files(reader) -> Ways:
    """The archive of CIFAR-10 or CIFAR-100, or its unpacked files, each file with a checksum of its own."""
    listed = [*reader.train_list, *reader.test_list, (reader.meta["filename"], reader.meta["md5"])]
    return (
        [PublishedFile(reader.filename, reader.tgz_md5, (reader.url,))],
        [PublishedFile(f"{reader.base_folder}/{name}", md5, ()) for name, md5 in listed],
    )


def read_cifar(reader, place: Path) -> Dataset:
    """CIFAR-10 or CIFAR-100, 32×32 in three channels."""
    with verified(cifar_files(reader), place) as folder:
        # Torchvision checks each file once more before it unpickles it.
        parts = [reader(folder, train=train) for train in (True, False)]
    return as_dataset([(part.data, part.targets) for part in parts], parts[0].classes)


def mnist_files(reader) -> Ways:
    """The four files of MNIST, or of a data set in its form."""
    files = [
        PublishedFile(f"{reader.__name__}/raw/{name}", md5, tuple(mirror + name for mirror in reader.mirrors))
        for name, md5 in reader.resources
    ]
    return (files,)


def read_mnist(reader, place: Path) -> Dataset:
    """MNIST, or a data set in its form: 28×28 in one channel, with torchvision's names of the classes."""
    with verified(mnist_files(reader), place) as folder:
        parts = [reader(folder, train=train) for train in (True, False)]
    return as_dataset(
        [(part.data.numpy()[..., np.newaxis], part.targets) for part in parts], parts[0].classes
    )
