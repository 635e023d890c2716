"""The index of ImageNet counts what it should, on a small folder of the same layout."""

import numpy as np
import pytest

from rethinking.datasets import imagenet
from rethinking.datasets.arrays import DataError
from rethinking.datasets.imagenet import read

CLASSES = ("n01440764", "n01443537", "n01484850")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Three classes instead of a thousand, four training and two validation images each."""
    monkeypatch.setattr(imagenet, "CLASSES", 3)
    monkeypatch.setattr(imagenet, "TRAIN", 12)
    monkeypatch.setattr(imagenet, "VALIDATION", 6)
    for part, count in (("train", 4), ("val", 2)):
        for name in CLASSES:
            (tmp_path / part / name).mkdir(parents=True)
            for index in range(count):
                (tmp_path / part / name / f"{name}_{index}.JPEG").write_bytes(b"x" * (index + 1))
    return tmp_path


def test_paths_sizes_and_labels_stand_beside_each_other(folder):
    reported = []
    train, val, classes = listed = read(folder, lambda *at: reported.append(at))
    assert classes == CLASSES
    assert train.paths[5] == b"train/n01443537/n01443537_1.JPEG"
    assert train.sizes[:5].tolist() == [1, 2, 3, 4, 1]
    assert train.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert val.labels.tolist() == [0, 0, 1, 1, 2, 2]
    for path, label in zip(val.paths, val.labels, strict=True):
        assert (folder / path.decode()).is_file()
        assert path.decode().split("/")[1] == classes[label]
    assert reported[-1] == (6, 6)
    assert set(listed.image_arrays()) == {"train", "test", "train_bytes", "test_bytes"}
    assert listed.image_arrays()["test_bytes"].tolist() == [1, 2] * 3
    assert listed.label_arrays()["classes"].tolist() == list(CLASSES)


def test_the_numbers_are_those_of_ilsvrc_2012():
    assert (imagenet.CLASSES, imagenet.TRAIN, imagenet.VALIDATION) == (1000, 1281167, 50000)


def flat_validation(folder):
    for path in list((folder / "val").glob("*/*")):
        path.rename(folder / "val" / path.name)
    for name in CLASSES:
        (folder / "val" / name).rmdir()


def missing_image(folder):
    (folder / "train" / CLASSES[1] / f"{CLASSES[1]}_2.JPEG").unlink()


def missing_class(folder):
    (folder / "train" / CLASSES[1]).rename(folder / "n01443537")


def another_class(folder):
    (folder / "val" / CLASSES[1]).rename(folder / "val" / "n99999999")


def empty_class(folder):
    for path in (folder / "val" / CLASSES[2]).iterdir():
        path.unlink()


def empty_file(folder):
    (folder / "train" / CLASSES[0] / f"{CLASSES[0]}_0.JPEG").write_bytes(b"")


def loose_image(folder):
    (folder / "val" / CLASSES[0] / f"{CLASSES[0]}_0.JPEG").rename(folder / "val" / "x.JPEG")


def no_validation(folder):
    (folder / "val").rename(folder / "test")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (
            flat_validation,
            r"val holds 6 images without class folders, as the archive unpacks; move each into",
        ),
        (missing_image, r"train has 11 images; ILSVRC 2012 has 12 there"),
        (missing_class, r"train has 2 class folders; ILSVRC 2012 has 3"),
        (another_class, r"differ in 2 class folders, the first is n01443537"),
        (empty_class, r"val/n01484850 has no images"),
        (empty_file, r"train/n01440764/n01440764_0\.JPEG is empty"),
        (loose_image, r"val holds 1 images beside its class folders"),
        (no_validation, r"has no folder val"),
    ],
)
def test_what_is_missing_is_named(folder, harm, said):
    harm(folder)
    with pytest.raises(DataError, match=said):
        read(folder)


def test_other_files_are_no_images(folder):
    (folder / "train" / CLASSES[0] / "list.txt").write_text("x")
    assert np.array_equal(np.bincount(read(folder).train.labels), [4, 4, 4])
