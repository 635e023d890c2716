"""The randomisation conditions of the paper's section 2.1, as arrays in, arrays out.

Each function draws from the generator it is given and nothing else, so that a corruption is fixed by
its seed. They are meant to be called once and their result stored: a label or a permutation redrawn
at each access cannot be memorised, which is the most frequent bug of other reproductions.

Images are N×H×W×C; labels are int of shape (N,). What the paper leaves open is an argument.
"""

import difflib
from typing import NamedTuple

import numpy as np

from rethinking.moments import grey_level_counts, moments

IMAGE_CORRUPTIONS = ("shuffled_pixels", "random_pixels", "gaussian")
LABEL_POOLS = ("all_classes", "other_classes")
SHUFFLE_UNITS = ("positions", "values")
GAUSSIAN_MOMENTS = ("dataset", "channel")
BLOCK = 2**20  # values drawn or sorted at a time


INT16 = np.iinfo(np.int16).max
# Standard deviations that no single-precision draw of NumPy's reaches: its tail ends below nine.
FARTHEST = 12


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ``ValueError``, with the nearest of ``choices``, for a ``value`` that is none of them."""
    if value not in choices:
        close = difflib.get_close_matches(str(value), choices, n=1, cutoff=0.4)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise ValueError(f"{name} is {value!r}; {hint}expected one of {', '.join(choices)}")


class CorruptedLabels(NamedTuple):
    """Labels after corruption, with the examples that were drawn and those that really changed."""

    labels: np.ndarray  # int64 (N,)
    replaced: np.ndarray  # bool (N,): a new label was drawn, it may equal the old one
    changed: np.ndarray  # bool (N,): the label differs from the true one


def corrupt_labels(
    labels: np.ndarray,
    label_noise: float,
    classes: int,
    generator: np.random.Generator,
    pool: str = "all_classes",
) -> CorruptedLabels:
    """Replace each label, independently with probability ``label_noise``, by a uniform random class.

    Section 2.1, "partially corrupted labels"; ``label_noise`` = 1 is "random labels". With ``pool``
    "all_classes" the new label is uniform over all k classes, the paper's "uniform random class", so
    a share (1 - 1/k) · label_noise of the labels really changes; with "other_classes" it is uniform
    over the k - 1 wrong classes and the share is label_noise itself.

    Whatever the noise, the generator is consumed alike, so two levels drawn from the same seed are
    nested: the examples replaced at the lower level are replaced, by the same labels, at the higher.

    Raises ``ValueError`` for a probability outside [0, 1], for no labels or labels outside
    0..classes-1, or for an unknown pool.
    """
    check_choice("pool", pool, LABEL_POOLS)
    labels = np.asarray(labels)
    if not 0.0 <= label_noise <= 1.0:
        raise ValueError(f"label_noise is {label_noise}; expected a probability in [0, 1]")
    if classes < 2:
        raise ValueError(f"classes is {classes}; expected at least 2")
    if labels.ndim != 1 or not len(labels) or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"labels are {labels.dtype} {labels.shape}; expected integers of shape (N,), N > 0")
    if not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(f"labels span {labels.min()}..{labels.max()}; expected 0..{classes - 1}")
    # random() is in [0, 1): at noise 1 every label is replaced, at noise 0 none.
    replaced = generator.random(len(labels)) < label_noise
    if pool == "all_classes":
        drawn = generator.integers(0, classes, len(labels))
    else:
        drawn = (labels + generator.integers(1, classes, len(labels))) % classes
    corrupted = np.where(replaced, drawn, labels).astype(np.int64)
    return CorruptedLabels(corrupted, replaced, corrupted != labels)


def _check_images(images: np.ndarray) -> None:
    if images.ndim != 4 or not images.size:
        raise ValueError(f"images have shape {images.shape}; expected N×H×W×C, each at least 1")


def _check_shape(shape: tuple[int, int, int]) -> None:
    if len(shape) != 3 or min(shape) < 1:
        raise ValueError(f"an image has shape {tuple(shape)}; expected (H, W, C), each at least 1")


def _units(images: np.ndarray, unit: str) -> np.ndarray:
    """Images as N×units×values: what is permuted is the middle axis, what moves together the last."""
    check_choice("unit", unit, SHUFFLE_UNITS)
    _check_images(images)
    n, height, width, channels = images.shape
    if unit == "positions":
        return images.reshape(n, height * width, channels)
    return images.reshape(n, height * width * channels, 1)


def pixel_permutation(
    shape: tuple[int, int, int], generator: np.random.Generator, unit: str = "positions"
) -> np.ndarray:
    """One random permutation for images of ``shape`` (H, W, C), int64.

    With ``unit`` "positions" it permutes the H·W positions and the channels of a pixel move together;
    with "values" it permutes all H·W·C values.
    """
    check_choice("unit", unit, SHUFFLE_UNITS)
    _check_shape(shape)
    height, width, channels = shape
    return generator.permutation(height * width * (channels if unit == "values" else 1))


def shuffle_pixels(images: np.ndarray, permutation: np.ndarray, unit: str = "positions") -> np.ndarray:
    """Apply one permutation, the same for every image (section 2.1, "shuffled pixels").

    Use the same ``permutation`` for the training and the test images. Raises ``ValueError`` for an array
    that is no permutation of what is shuffled: with an index twice, pixels would be lost.
    """
    units, permutation = _units(images, unit), np.asarray(permutation)
    if permutation.shape != units.shape[1:2]:
        raise ValueError(
            f"the permutation has shape {permutation.shape}; images of shape {images.shape[1:]} "
            f"with unit {unit!r} need {units.shape[1]} entries"
        )
    if permutation.dtype.kind not in "iu" or not np.array_equal(
        np.sort(permutation), np.arange(units.shape[1])
    ):
        raise ValueError(f"expected a permutation, each of 0..{units.shape[1] - 1} once")
    return units[:, permutation].reshape(images.shape)


def randomise_pixels(
    images: np.ndarray, generator: np.random.Generator, unit: str = "positions"
) -> np.ndarray:
    """Permute each image by a permutation of its own (section 2.1, "random pixels")."""
    units = _units(images, unit)
    shuffled = np.empty_like(units)
    # In blocks, so that the sort keys (8 bytes a unit) never outgrow the images themselves.
    block = max(1, BLOCK // units.shape[1])
    for start in range(0, len(units), block):
        part = units[start : start + block]
        order = np.argsort(generator.random(part.shape[:2]), axis=1)
        shuffled[start : start + block] = np.take_along_axis(part, order[..., np.newaxis], axis=1)
    return shuffled.reshape(images.shape)


def gaussian_moments(images: np.ndarray, pooled: str = "dataset") -> tuple[np.ndarray, np.ndarray]:
    """Mean and population standard deviation of uint8 images in grey levels, each float64 of shape (C,).

    With ``pooled`` "dataset" all pixels and channels share one mean and one deviation; with "channel"
    each channel has its own.
    """
    check_choice("moments", pooled, GAUSSIAN_MOMENTS)
    _check_images(images)
    counts = grey_level_counts(images)
    if pooled == "channel":
        return moments(counts)
    mean, deviation = moments(counts.sum(axis=0))
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
    _check_shape(shape)
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


def centre(images: np.ndarray, size: int) -> np.ndarray:
    """The central ``size``×``size`` window, the part that a network without random crops sees."""
    _check_images(images)
    if size < 1:
        raise ValueError(f"cannot crop to {size} pixels a side; expected at least 1")
    top, left = (images.shape[1] - size) // 2, (images.shape[2] - size) // 2
    if top < 0 or left < 0:
        raise ValueError(f"cannot crop images of {images.shape[1:3]} to {size}×{size}")
    return images[:, top : top + size, left : left + size]
