"""The common part of corruptions: checks, and images as rows of units to permute."""

import difflib

import numpy as np

UNITS = ("positions", "values")
BLOCK = 2**20  # values drawn or sorted at a time


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ``ValueError``, with the nearest of ``choices``, for a ``value`` that is none of them."""
    if value not in choices:
        close = difflib.get_close_matches(str(value), choices, n=1, cutoff=0.4)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise ValueError(f"{name} is {value!r}; {hint}expected one of {', '.join(choices)}")


def check_images(images: np.ndarray) -> None:
    """Raise ``ValueError`` unless ``images`` are N×H×W×C, none of these 0."""
    if images.ndim != 4 or not images.size:
        raise ValueError(f"images have shape {images.shape}; expected N×H×W×C, each at least 1")


def check_shape(shape: tuple[int, int, int]) -> None:
    """Raise ``ValueError`` unless ``shape`` is that of an image, (H, W, C), none of these 0."""
    if len(shape) != 3 or min(shape) < 1:
        raise ValueError(f"an image has shape {tuple(shape)}; expected (H, W, C), each at least 1")


def as_units(images: np.ndarray, unit: str) -> np.ndarray:
    """Images as N×units×values: the middle axis is permuted, values along the last move together."""
    check_choice("unit", unit, UNITS)
    check_images(images)
    n, height, width, channels = images.shape
    if unit == "positions":
        return images.reshape(n, height * width, channels)
    return images.reshape(n, height * width * channels, 1)


def centre(images: np.ndarray, size: int) -> np.ndarray:
    """The central ``size``×``size`` window, the part that a network without random crops sees."""
    check_images(images)
    if size < 1:
        raise ValueError(f"cannot crop to {size} pixels a side; expected at least 1")
    top, left = (images.shape[1] - size) // 2, (images.shape[2] - size) // 2
    if top < 0 or left < 0:
        raise ValueError(f"cannot crop images of {images.shape[1:3]} to {size}×{size}")
    return images[:, top : top + size, left : left + size]
