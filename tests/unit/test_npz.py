"""A NumPy file becomes a data set, or what is wrong with it is said."""

import os
import zipfile

import numpy as np
import pytest

from rethinking.datasets.arrays import DataError
from rethinking.datasets.npz import problems, read, side


def arrays(**changed):
    generator = np.random.default_rng(0)
    made = {
        "x_train": generator.integers(0, 256, (30, 8, 8, 3), dtype=np.uint8),
        "y_train": np.arange(30) % 3,
        "x_test": generator.integers(0, 256, (6, 8, 8, 3), dtype=np.uint8),
        "y_test": np.arange(6) % 3,
    }
    return made | changed


def written(tmp_path, **changed):
    path = tmp_path / "mine.npz"
    np.savez(path, **{name: array for name, array in arrays(**changed).items() if array is not None})
    return path


def test_uint8_images_come_as_they_are(tmp_path):
    dataset = read(written(tmp_path))
    assert np.array_equal(dataset.train_images, arrays()["x_train"])
    assert dataset.test_labels.dtype == np.int64
    assert dataset.classes == ("0", "1", "2")


def test_grey_images_get_a_channel_and_columns_of_labels_are_flattened(tmp_path):
    path = written(
        tmp_path,
        x_train=arrays()["x_train"][..., 0],
        x_test=arrays()["x_test"][..., 0],
        y_train=arrays()["y_train"][:, np.newaxis].astype(np.uint8),
    )
    dataset = read(path)
    assert dataset.train_images.shape == (30, 8, 8, 1)
    assert np.array_equal(dataset.train_labels, arrays()["y_train"])


@pytest.mark.parametrize(
    ("dtype", "black", "white"), [(np.float32, 0, 1), (np.float64, -1, 1), (np.uint16, 0, 65535)]
)
def test_other_types_are_spread_over_the_grey_levels(tmp_path, dtype, black, white):
    levels = np.linspace(black, white, 256).astype(dtype)
    original = arrays()
    path = written(tmp_path, x_train=levels[original["x_train"]], x_test=levels[original["x_test"]])
    assert np.array_equal(read(path, (black, white)).train_images, original["x_train"])


def nan_in_one_place():
    images = np.zeros((30, 8, 8, 3), dtype=np.float32)
    images[7, 3, 2, 1] = np.nan
    return images


@pytest.mark.parametrize(
    ("changed", "value_range", "said"),
    [
        ({"y_test": None}, None, r"has no y_test; found x_train, y_train, x_test"),
        (
            {"x_train": np.zeros((30, 8, 8, 3))},
            None,
            r"x_train is float64 with values in \[0, 0\]; say which",
        ),
        (
            {"x_train": np.full((30, 8, 8, 3), 1.5)},
            (0, 1),
            r"values in \[1.5, 1.5\], outside the value_range \[0, 1\]",
        ),
        ({"x_train": nan_in_one_place()}, (0, 1), r"x_train has values that are not a number \(NaN\)"),
        ({"x_train": np.zeros((30, 8, 8, 4), np.uint8)}, None, r"expected N×H×W, N×H×W×1 or N×H×W×3$"),
        (
            {"x_train": np.zeros((30, 8, 8, 3), "m8[s]")},
            (0, 1),
            r"x_train is timedelta64\[s\]; expected uint8",
        ),
        ({"x_train": np.zeros((30, 0, 8, 3))}, (0, 1), r"shape \(30, 0, 8, 3\)"),
        ({"x_train": np.zeros((30, 3, 8, 8), np.uint8)}, None, r"move the channels to the end"),
        ({"x_train": np.zeros((30, 64), np.uint8)}, None, r"shape \(30, 64\); expected N×H×W"),
        ({"x_train": np.zeros((30, 8, 8, 3), bool)}, (0, 1), r"x_train is bool; expected uint8"),
        (
            {"x_test": np.zeros((6, 9, 8, 3), np.uint8)},
            None,
            r"training images are \(8, 8, 3\) and test images",
        ),
        ({"y_train": np.arange(29) % 3}, None, r"30 images in x_train and 29 labels in y_train"),
        ({"y_train": np.arange(30) % 3 + 1}, None, r"3 different labels from 1 to 3; expected 0\.\.k-1"),
        ({"y_train": np.arange(30) % 3 - 1}, None, r"3 different labels from -1 to 1; expected 0\.\.k-1"),
        ({"y_train": np.arange(30) % 3 * 2}, None, r"3 different labels from 0 to 4"),
        ({"y_train": np.zeros(30, int)}, None, r"of at least two classes"),
        ({"y_train": np.arange(30) / 10}, None, r"y_train is float64 \(30,\); expected integers"),
        (
            {"y_test": np.arange(6) % 2},
            None,
            r"the classes of train and test differ: 3 in y_train \(0\.\.2\), 2 in",
        ),
        (
            {"x_test": np.zeros((0, 8, 8, 3), np.uint8), "y_test": np.zeros(0, int)},
            None,
            r"x_test has shape \(0, 8, 8, 3\)",
        ),
    ],
)
def test_each_mistake_is_named(tmp_path, changed, value_range, said):
    with pytest.raises(DataError, match=said):
        read(written(tmp_path, **changed), value_range)


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (type(self.path).touch, (self.path,))


def test_objects_are_never_unpickled(tmp_path):
    trap = np.array([Trap(tmp_path / "unpickled")] * 30, dtype=object)
    with pytest.raises(DataError, match=r"cannot be read as an \.npz of plain arrays"):
        read(written(tmp_path, y_train=trap))
    assert not (tmp_path / "unpickled").exists()


def test_files_that_are_no_npz(tmp_path):
    with pytest.raises(DataError, match="is not there"):
        read(tmp_path / "none.npz")
    (tmp_path / "page.npz").write_text("<html>")
    with pytest.raises(DataError, match=r"cannot be read as an \.npz"):
        read(tmp_path / "page.npz")
    whole = written(tmp_path).read_bytes()
    (tmp_path / "half.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"cannot be read as an \.npz"):
        read(tmp_path / "half.npz")
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"it is no \.npz"):
        read(tmp_path / "one.npy")


@pytest.mark.parametrize("stands", ["a pipe", "a device", "a folder"])
def test_what_is_no_file_is_named_and_not_waited_for(tmp_path, stands):
    path = tmp_path / "x.npz"
    if stands == "a pipe":
        os.mkfifo(path)
    elif stands == "a device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    with pytest.raises(DataError, match=r"x\.npz is no file"):
        read(path)


@pytest.mark.parametrize("place", [100, 300, -600])
def test_a_flipped_byte_in_a_compressed_file_is_noticed(tmp_path, place):
    np.savez_compressed(tmp_path / "mine.npz", **arrays())
    content = bytearray((tmp_path / "mine.npz").read_bytes())
    content[place] ^= 255
    (tmp_path / "mine.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"mine\.npz"):
        read(tmp_path / "mine.npz")


def test_a_member_that_is_no_array_is_named(tmp_path):
    path = written(tmp_path, x_test=None)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x_test.npy", b"not an array")
    with pytest.raises(DataError, match="x_test is no array"):
        read(path)


def test_the_side_of_images_is_known_before_they_are_read(tmp_path):
    path = tmp_path / "mine.npz"
    for save in (np.savez, np.savez_compressed):
        save(path, x_train=np.zeros((9, 30, 20, 3), np.uint8), y_train=np.zeros(9, int))
        assert side(path) == 20
    np.savez(path, x_train=np.zeros(9))
    assert side(path) is None
    path.write_bytes(b"no archive")
    assert side(path) is None
    assert side(tmp_path / "none.npz") is None


def test_a_range_that_falls_is_a_problem():
    assert problems({"value_range": None}) == problems({"value_range": [0, 1]}) == []
    for falling in ([1, 0], [1, 1]):
        assert problems({"value_range": falling}) == [
            f"value_range: expected [black, white] rising, found {falling}"
        ]
