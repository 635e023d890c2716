"""A random permutation of the pixels for each image (section 2.1, "random pixels")."""

from collections.abc import Iterator, Mapping

import numpy as np

from rethinking.corruptions.arrays import BLOCK, as_units

ABOUT = {
    "kind": "corruption",
    "of": "images",
    "title": "random pixels: a permutation for each image",
    "paper": "A permutation of its own is applied to each image. Networks fit them.",
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
    """Permute the pixels of each image of each part of a data set, one part after the other."""
    for part, array in images.items():
        yield part, randomise_pixels(array, generator, unit)


def randomise_pixels(
    images: np.ndarray, generator: np.random.Generator, unit: str = "positions"
) -> np.ndarray:
    """Permute each image by a permutation of its own (section 2.1, "random pixels")."""
    rows = as_units(images, unit)
    shuffled = np.empty_like(rows)
    # In blocks, so that the sort keys (8 bytes a unit) never outgrow the images themselves.
    block = max(1, BLOCK // rows.shape[1])
    for start in range(0, len(rows), block):
        part = rows[start : start + block]
        order = np.argsort(generator.random(part.shape[:2]), axis=1)
        shuffled[start : start + block] = np.take_along_axis(part, order[..., np.newaxis], axis=1)
    return shuffled.reshape(images.shape)
