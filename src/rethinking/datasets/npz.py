"""Anyone's arrays: a NumPy file with ``x_train``, ``y_train``, ``x_test`` and ``y_test``."""

import ast
import zipfile
from pathlib import Path

import numpy as np

from rethinking.datasets.arrays import DataError, Dataset

ABOUT = {
    "kind": "source",
    "title": "A NumPy file with `x_train`, `y_train`, `x_test` and `y_test`.",
    # Anyone's data: the configuration says which.
    "origin": None,
    "licence": None,
    "side": None,
    "measures_side": True,
    "checks_options": True,
    "place": "file",
    "one_file": True,
    "options": {
        "file": {
            "type": "string",
            "minLength": 1,
            "description": "The user's own file; relative paths start where Snakemake is called.",
        },
        "value_range": {
            "type": ["array", "null"],
            "minItems": 2,
            "maxItems": 2,
            "items": {"type": "number"},
            "default": None,
            "description": "The values of black and white, for images that are not uint8.",
        },
    },
}
NAMES = ("x_train", "y_train", "x_test", "y_test")
CHANNELS = (1, 3)
BLOCK = 2**24  # values converted at a time


def _read(path: Path) -> dict[str, np.ndarray]:
    if path.exists() and not path.is_file():  # a pipe or a device would be read for ever
        raise DataError(f"{path} is no file; expected an .npz with {', '.join(NAMES)}")
    try:
        if not zipfile.is_zipfile(path) and path.is_file():
            raise zipfile.BadZipFile("it is no .npz, or cut short")
        with np.load(path, allow_pickle=False) as file:
            missing = [name for name in NAMES if name not in file]
            if missing:
                found = ", ".join(file.files[:10]) or "nothing"
                raise DataError(f"{path} has no {', '.join(missing)}; found {found}")
            arrays = {name: file[name] for name in NAMES}
    except FileNotFoundError:
        raise DataError(f"{path.absolute()} is not there; expected an .npz with {', '.join(NAMES)}") from None
    except DataError:
        raise
    except Exception as error:  # errors of a damaged archive are no closed list
        raise DataError(
            f"{path} cannot be read as an .npz of plain arrays ({error}); write it with "
            f"numpy.savez_compressed(path, {', '.join(f'{name}=...' for name in NAMES)})"
        ) from error
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise DataError(f"{path}: {name} is no array; write it with numpy.savez_compressed")
    return arrays


def _labels(name: str, labels: np.ndarray) -> np.ndarray:
    if labels.ndim == 2 and labels.shape[1] == 1:  # as Keras has them
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataError(f"{name} is {labels.dtype} {labels.shape}; expected integers of shape (N,)")
    return labels.astype(np.int64)


def _images(name: str, images: np.ndarray, value_range: tuple[float, float] | None) -> np.ndarray:
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or images.shape[3] not in CHANNELS or not images.size:
        first = images.ndim == 4 and images.shape[1] in CHANNELS
        hint = "; move the channels to the end: x.transpose(0, 2, 3, 1)" if first else ""
        raise DataError(f"{name} has shape {images.shape}; expected N×H×W, N×H×W×1 or N×H×W×3{hint}")
    if images.dtype == np.uint8 and value_range is None:
        return images
    if images.dtype.kind not in "iuf":
        raise DataError(f"{name} is {images.dtype}; expected uint8, or numbers and a value_range")
    low, high = images.min(), images.max()
    if np.isnan(low):
        raise DataError(f"{name} has values that are not a number (NaN)")
    if value_range is None:
        raise DataError(
            f"{name} is {images.dtype} with values in [{low:g}, {high:g}]; say which values are black and "
            "white with value_range, for example [0, 1]"
        )
    black, white = value_range
    if not (black <= low and high <= white):  # false for NaN as well
        raise DataError(
            f"{name} has values in [{low:g}, {high:g}], outside the value_range [{black:g}, {white:g}]"
        )
    levels = np.empty(images.shape, dtype=np.uint8)
    block = max(1, BLOCK // int(np.prod(images.shape[1:])))
    for start in range(0, len(images), block):
        part = images[start : start + block].astype(np.float64)
        levels[start : start + block] = np.rint((part - black) * (255 / (white - black)))
    return levels


def side(place: Path) -> int | None:
    """The shorter side in pixels of the images in a file, from the text before its first array.

    None for a file that is not there or is no ``.npz`` of images: ``read`` names the fault.
    """
    if not place.is_file():  # a pipe would be waited for
        return None
    try:
        with zipfile.ZipFile(place) as archive, archive.open("x_train.npy") as array:
            start = array.read(4096)
        header = ast.literal_eval(start[start.index(b"{") : start.index(b"}") + 1].decode())
        return min(header["shape"][1:3])
    except Exception:  # errors of a damaged archive are no closed list
        return None


def problems(options: dict) -> list[str]:
    """Mistakes in the options that no schema can express."""
    low, high = options["value_range"] or (0, 1)
    return [] if low < high else [f"value_range: expected [black, white] rising, found [{low}, {high}]"]


def read(place: str | Path, value_range: tuple[float, float] | None = None) -> Dataset:
    """The arrays of an ``.npz``: images N×H×W or N×H×W×C with 1 or 3 channels, labels 0..k-1 (N,).

    Images are uint8, or any numbers between the two of ``value_range``, which become the grey levels 0
    and 255 (so that other depths are rounded to 256 levels). Classes are called by their number.

    Raises ``DataError`` for files, shapes, types, values and labels that are not that, and for classes
    that are not in both parts. Objects are never unpickled.
    """
    path = Path(place)
    arrays = _read(path)
    images = {name: _images(f"{path}: {name}", arrays[name], value_range) for name in ("x_train", "x_test")}
    labels = {name: _labels(f"{path}: {name}", arrays[name]) for name in ("y_train", "y_test")}
    for part in ("train", "test"):
        counts = len(images[f"x_{part}"]), len(labels[f"y_{part}"])
        if counts[0] != counts[1] or not counts[0]:
            raise DataError(f"{path}: {counts[0]} images in x_{part} and {counts[1]} labels in y_{part}")
    if images["x_train"].shape[1:] != images["x_test"].shape[1:]:
        shapes = [images[name].shape[1:] for name in ("x_train", "x_test")]
        raise DataError(
            f"{path}: training images are {shapes[0]} and test images {shapes[1]}; expected one shape"
        )
    known = np.unique(labels["y_train"])
    if known[0] != 0 or known[-1] != len(known) - 1 or len(known) < 2:
        raise DataError(
            f"{path}: y_train has {len(known)} different labels from {known[0]} to {known[-1]}; expected "
            "0..k-1, each at least once, of at least two classes"
        )
    tested = np.unique(labels["y_test"])
    if not np.array_equal(tested, known):
        raise DataError(
            f"{path}: the classes of train and test differ: {len(known)} in y_train (0..{known[-1]}), "
            f"{len(tested)} in y_test ({tested[0]}..{tested[-1]})"
        )
    return Dataset(
        images["x_train"],
        labels["y_train"],
        images["x_test"],
        labels["y_test"],
        tuple(str(label) for label in known),
    )
