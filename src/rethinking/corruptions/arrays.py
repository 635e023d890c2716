"""What corruptions of images and labels have in common: checks, and images as rows of what is permuted."""

import numpy as np

UNITS = ("positions", "values")
BLOCK = 2**20  # values drawn or sorted at a time


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ``ValueError`` unless ``value`` is one of ``choices``."""
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; expected one of {', '.join(choices)}")


def check_images(images: np.ndarray) -> None:
    """Raise ``ValueError`` unless images are N×H×W×C with at least one pixel each."""
    if images.ndim != 4 or 0 in images.shape[1:]:
        raise ValueError(f"images have shape {images.shape}; expected N×H×W×C")


def as_units(images: np.ndarray, unit: str) -> np.ndarray:
    """Images as N×units×values: what is permuted is the middle axis, what moves together the last."""
    check_choice("unit", unit, UNITS)
    check_images(images)
    n, height, width, channels = images.shape
    if unit == "positions":
        return images.reshape(n, height * width, channels)
    return images.reshape(n, height * width * channels, 1)


def centre(images: np.ndarray, size: int) -> np.ndarray:
    """The central ``size``×``size`` window, the part that a network without random crops sees."""
    check_images(images)
    top, left = (images.shape[1] - size) // 2, (images.shape[2] - size) // 2
    if top < 0 or left < 0:
        raise ValueError(f"cannot crop images of {images.shape[1:3]} to {size}×{size}")
    return images[:, top : top + size, left : left + size]
