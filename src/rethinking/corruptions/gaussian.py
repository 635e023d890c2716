"""Gaussian images with the mean and variance of the data (section 2.1, "Gaussian")."""

from collections.abc import Iterator, Mapping

import numpy as np

from rethinking.corruptions.arrays import BLOCK, check_choice, check_images, check_shape
from rethinking.moments import grey_level_counts
from rethinking.moments import moments as grey_level_moments

ABOUT = {
    "kind": "corruption",
    "of": "images",
    "title": "Gaussian: mean and variance of the true images",
    "paper": "Images are drawn from a Gaussian with the mean and variance of the data. Networks fit them.",
    "options": {
        "moments": {
            "enum": ["dataset", "channel"],
            "default": "dataset",
            "description": "Gaussian images keep one mean and variance of the data set or one a channel.",
        },
    },
}
MOMENTS = ("dataset", "channel")
INT16 = np.iinfo(np.int16).max
# Standard deviations that no single-precision draw of NumPy's reaches: its tail ends below nine.
FARTHEST = 12


def corrupt(
    images: Mapping[str, np.ndarray],
    generator: np.random.Generator,
    moments: str = "dataset",
) -> Iterator[tuple[str, np.ndarray]]:
    """Draw every part of a data set anew, with the moments of the part "train", one part after the other."""
    mean, deviation = gaussian_moments(images["train"], moments)
    print(f"mean {np.round(mean, 3)}, standard deviation {np.round(deviation, 3)}")
    for part, array in images.items():
        yield part, gaussian_images(len(array), array.shape[1:], mean, deviation, generator)


def gaussian_moments(images: np.ndarray, pooled: str = "dataset") -> tuple[np.ndarray, np.ndarray]:
    """Mean and population standard deviation of uint8 images in grey levels, each float64 of shape (C,).

    With ``pooled`` "dataset" all pixels and channels share one mean and one deviation; with "channel"
    each channel has its own.
    """
    check_choice("moments", pooled, MOMENTS)
    check_images(images)
    counts = grey_level_counts(images)
    if pooled == "channel":
        return grey_level_moments(counts)
    mean, deviation = grey_level_moments(counts.sum(axis=0))
    channels = images.shape[3]
    return np.full(channels, mean), np.full(channels, deviation)


def gaussian_images(
    count: int,
    shape: tuple[int, int, int],
    mean: np.ndarray,
    deviation: np.ndarray,
    generator: np.random.Generator,
) -> np.ndarray:
    """Independent Gaussian pixels with the given moments (section 2.1, "Gaussian"), int16 N×H×W×C.

    Values are rounded to whole grey levels like real pixels but not clipped to 0..255: clipping
    would shrink the variance that the paper asks to match.

    Raises ``ValueError`` for moments that are not finite or so large that a pixel might not fit into int16,
    and where there is nothing to draw.
    """
    check_shape(shape)
    if count < 1:
        raise ValueError(f"count is {count}; expected at least 1")
    mean, deviation = np.asarray(mean, dtype=np.float32), np.asarray(deviation, dtype=np.float32)
    # Written so that it is false for NaN as well.
    if not ((deviation >= 0).all() and (abs(mean) + FARTHEST * deviation <= INT16).all()):
        raise ValueError(
            f"mean {mean.tolist()} and deviation {deviation.tolist()} are no moments of grey levels: pixels "
            f"are kept as whole numbers up to {INT16}"
        )
    images = np.empty((count, *shape), dtype=np.int16)
    block = max(1, BLOCK // int(np.prod(shape)))
    for start in range(0, count, block):
        part = images[start : start + block]
        drawn = generator.standard_normal(part.shape, dtype=np.float32)
        drawn *= deviation
        drawn += mean
        np.rint(drawn, out=drawn)
        part[...] = drawn
    return images
