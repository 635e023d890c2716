"""What a reader gives is stored as it is, or refused: images that are no grey levels, labels of no class."""

import numpy as np
import pytest

from rethinking.datasets.arrays import DataError, Dataset, ListedDataset, ListedPart


def dataset(**changed):
    parts = {
        "train_images": np.zeros((4, 5, 6, 3), np.uint8),
        "train_labels": np.array([0, 1, 1, 0]),
        "test_images": np.zeros((2, 5, 6, 3), np.uint8),
        "test_labels": np.array([1, 0]),
        "classes": ("cat", "dog"),
    }
    return Dataset(**(parts | changed))


def test_images_and_labels_are_stored_by_part_with_the_names_of_the_classes():
    found = dataset()
    assert {name: array.shape for name, array in found.image_arrays().items()} == {
        "train": (4, 5, 6, 3),
        "test": (2, 5, 6, 3),
    }
    labels = found.label_arrays()
    assert labels["train"].tolist() == [0, 1, 1, 0]
    assert labels["test"].tolist() == [1, 0]
    assert labels["classes"].tolist() == ["cat", "dog"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"train_images": np.zeros((4, 5, 6, 3))}, r"train images are float64 .*; expected uint8"),
        ({"test_images": np.zeros((2, 5, 6), np.uint8)}, r"test images are uint8 \(2, 5, 6\)"),
        ({"test_images": np.zeros((0, 5, 6, 3), np.uint8)}, r"test images are uint8 \(0, 5, 6, 3\)"),
        ({"test_images": np.zeros((2, 6, 5, 3), np.uint8)}, "expected one shape"),
    ],
)
def test_images_of_another_form_are_refused(changed, said):
    with pytest.raises(DataError, match=said):
        dataset(**changed).image_arrays()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"train_labels": np.array([0, 1, 1])}, r"train labels are int64 \(3,\); expected int64 \(4,\)"),
        ({"test_labels": np.array([1.0, 0.0])}, r"test labels are float64"),
        ({"test_labels": np.array([2, 0])}, r"test labels span 0\.\.2; expected 0\.\.1"),
        ({"train_labels": np.array([0, -1, 1, 0])}, r"train labels span -1\.\.1"),
        ({"classes": ("cat",)}, r"train labels span 0\.\.1; expected 0\.\.0"),
    ],
)
def test_labels_of_another_form_are_refused(changed, said):
    with pytest.raises(DataError, match=said):
        dataset(**changed).label_arrays()


def test_a_listed_data_set_is_held_to_the_same():
    part = ListedPart(np.array([b"train/a/1.jpg"]), np.array([7]), np.array([1]))
    with pytest.raises(DataError, match=r"train labels span 1\.\.1; expected 0\.\.0"):
        ListedDataset(part, part, ("a",)).label_arrays()
