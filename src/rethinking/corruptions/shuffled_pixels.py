"""One random permutation of the pixels, the same for every image (section 2.1, "shuffled pixels")."""

from collections.abc import Iterator, Mapping

import numpy as np

from rethinking.corruptions.arrays import UNITS, as_units, check_choice

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
    height, width, channels = shape
    return generator.permutation(height * width * (channels if unit == "values" else 1))


def shuffle_pixels(images: np.ndarray, permutation: np.ndarray, unit: str = "positions") -> np.ndarray:
    """Apply one permutation, the same for every image (section 2.1, "shuffled pixels").

    Use the same ``permutation`` for the training and the test images.
    """
    rows = as_units(images, unit)
    count = rows.shape[1]
    if not np.array_equal(np.sort(permutation, axis=None), np.arange(count)):
        raise ValueError(
            f"expected a permutation of 0..{count - 1}, for images of shape {images.shape[1:]} with unit "
            f"{unit!r}; found {len(permutation)} entries that are none"
        )
    return rows[:, permutation].reshape(images.shape)
