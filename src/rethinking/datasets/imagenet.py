"""ILSVRC 2012 where it lies: which images there are and of which class; none is opened or copied."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from rethinking.datasets.arrays import DataError, ListedDataset, ListedPart

ABOUT = {
    "kind": "source",
    "title": "ImageNet (ILSVRC 2012)",
    "origin": "O. Russakovsky et al.: ImageNet Large Scale Visual Recognition Challenge, 2015, https://image-net.org",
    "licence": "ImageNet's terms of access: non-commercial research and education",
    "side": None,
    "place": "folder",
    # Class folders stand for the names and sizes in them: nobody reads 150 GB to plan.
    "reads": ["train/*", "val/*"],
    "counts": "class folders",
    "listed": True,
    "large": True,
    "options": {
        "folder": {
            "type": "string",
            "minLength": 1,
            "description": "The user's own folder with `train` and `val`, whose images are only listed; "
            "relative paths start where Snakemake is called.",
        },
    },
}
CLASSES = 1_000
TRAIN, VALIDATION = 1_281_167, 50_000
SUFFIXES = (".jpeg", ".jpg")
THREADS = 16  # listing waits for the file system, not for the processor


def _listed(folder: Path) -> list[tuple[str, int]]:
    """Name and size of each image of a class."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.lower().endswith(SUFFIXES) and entry.is_file():
                size = entry.stat().st_size
                if not size:
                    raise DataError(f"{entry.path} is empty; unpack it again")
                found.append((entry.name, size))
    return sorted(found)


def _class_folders(part: Path) -> list[str]:
    if not part.is_dir():
        raise DataError(
            f"{part.parent.absolute()} has no folder {part.name}; expected ILSVRC 2012's train and val"
        )
    names, loose = [], 0
    with os.scandir(part) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                names.append(entry.name)
            else:
                loose += entry.name.lower().endswith(SUFFIXES)
    if loose and not names:
        raise DataError(
            f"{part} holds {loose:,} images without class folders, as the archive unpacks; move each into "
            f"{part.name}/<class>/, as train has them, by the development kit's "
            "ILSVRC2012_validation_ground_truth.txt"
        )
    if loose:
        raise DataError(f"{part} holds {loose:,} images beside its class folders; move each into its class")
    return sorted(names)


def _index(
    part: Path, classes: list[str], expected: int, report: Callable[[int, int], None], done: int
) -> ListedPart:
    names: list[bytes] = []
    sizes: list[int] = []
    counts = []
    with ThreadPoolExecutor(THREADS) as threads:
        for name, listed in zip(classes, threads.map(lambda c: _listed(part / c), classes), strict=True):
            if not listed:
                raise DataError(f"{part / name} has no images; unpack the archive of this class again")
            names += [os.fsencode(f"{part.name}/{name}/{file}") for file, _ in listed]
            sizes += [size for _, size in listed]
            counts.append(len(listed))
            report(done + len(counts), 2 * len(classes))
    if len(names) != expected:
        raise DataError(
            f"{part} has {len(names):,} images; ILSVRC 2012 has {expected:,} there. Unpack again what is "
            "missing; other sets of images are an image_folder"
        )
    return ListedPart(
        np.array(names), np.array(sizes, dtype=np.int64), np.repeat(np.arange(len(counts)), counts)
    )


def read(place: str | Path, report: Callable[[int, int], None] = lambda done, total: None) -> ListedDataset:
    """The training and the validation images in ``place`` and the names of the classes (WordNet's).

    Expected are ``train/<class>/*.JPEG`` and ``val/<class>/*.JPEG`` with 1,000 classes, the same in both,
    and 1,281,167 and 50,000 images. ``report`` is called with the class folders done and all there are.

    Raises ``DataError`` for any other number, for a validation folder without class folders, and for
    empty files. Images are not opened: a damaged one with the right name goes unnoticed here.
    """
    train, val = Path(place) / "train", Path(place) / "val"
    classes, tested = _class_folders(train), _class_folders(val)
    for part, found in ((train, classes), (val, tested)):
        if len(found) != CLASSES:
            raise DataError(f"{part} has {len(found):,} class folders; ILSVRC 2012 has {CLASSES:,}")
    if classes != tested:
        differ = sorted(set(classes) ^ set(tested))
        raise DataError(
            f"train and val in {place} differ in {len(differ)} class folders, the first is {differ[0]}"
        )
    return ListedDataset(
        _index(train, classes, TRAIN, report, 0),
        _index(val, classes, VALIDATION, report, len(classes)),
        tuple(classes),
    )
