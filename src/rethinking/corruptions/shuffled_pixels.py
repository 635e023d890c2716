"""One random permutation of the pixels, the same for every image (section 2.1, "shuffled pixels")."""

from collections.abc import Iterator, Mapping

import numpy as np

from rethinking.corruptions.arrays import UNITS, as_units, check_choice, check_shape

ABOUT = {
    "kind": "corruption",
    "of": "images",
    "title": "shuffled pixels: one permutation for all images",
    "paper": "One random permutation of the pixels is applied to all images. Networks fit them.",
    "options": {
        "unit": {
            "enum": ["positions", "values"],
            "default": "positions",
            "description": "Whether a permutation moves whole pixels or every value of every channel.",
        },
    },
}


def corrupt(
    images: Mapping[str, np.ndarray], generator: np.random.Generator, unit: str = "positions"
) -> Iterator[tuple[str, np.ndarray]]:
    """Permute the pixels of all parts of a data set alike, and give the permutation as well.

    ``images`` are parts such as "train" and "test", each N×H×W×C of the same H×W×C.
    """
    shape = next(iter(images.values())).shape[1:]
    permutation = pixel_permutation(shape, generator, unit)
    for part, array in images.items():
        yield part, shuffle_pixels(array, permutation, unit)
    yield "permutation", permutation


def pixel_permutation(
    shape: tuple[int, int, int], generator: np.random.Generator, unit: str = "positions"
) -> np.ndarray:
    """One random permutation for images of ``shape`` (H, W, C), int64.

    With ``unit`` "positions" it permutes the H·W positions and the channels of a pixel move together;
    with "values" it permutes all H·W·C values.
    """
    check_choice("unit", unit, UNITS)
    check_shape(shape)
    height, width, channels = shape
    return generator.permutation(height * width * (channels if unit == "values" else 1))


def shuffle_pixels(images: np.ndarray, permutation: np.ndarray, unit: str = "positions") -> np.ndarray:
    """Apply one permutation, the same for every image (section 2.1, "shuffled pixels").

    Use the same ``permutation`` for the training and the test images. Raises ``ValueError`` for an array
    that is no permutation of the units: with an index twice, pixels would be lost.
    """
    rows, permutation = as_units(images, unit), np.asarray(permutation)
    if permutation.shape != rows.shape[1:2]:
        raise ValueError(
            f"the permutation has shape {permutation.shape}; images of shape {images.shape[1:]} "
            f"with unit {unit!r} need {rows.shape[1]} entries"
        )
    if permutation.dtype.kind not in "iu" or not np.array_equal(
        np.sort(permutation), np.arange(rows.shape[1])
    ):
        raise ValueError(f"expected a permutation, each of 0..{rows.shape[1] - 1} once")
    return rows[:, permutation].reshape(images.shape)
