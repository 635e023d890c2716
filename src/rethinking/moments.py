"""Mean and standard deviation of 8-bit images, exactly, from how often each grey level occurs."""

import numpy as np

LEVELS = 256
BLOCK = 2**22  # values counted at a time


def grey_level_counts(images: np.ndarray) -> np.ndarray:
    """How often each grey level occurs in each channel of uint8 images (N, H, W, C), int64 (C, 256).

    Raises ``ValueError`` for another dtype or shape.
    """
    if images.ndim != 4 or images.dtype != np.uint8:
        raise ValueError(f"images are {images.dtype} {images.shape}; expected uint8 N×H×W×C")
    channels = images.shape[3]
    counts = np.zeros((channels, LEVELS), dtype=np.int64)
    block = max(1, BLOCK // max(1, int(np.prod(images.shape[1:]))))
    for start in range(0, len(images), block):
        part = images[start : start + block]
        for channel in range(channels):
            counts[channel] += np.bincount(part[..., channel].ravel(), minlength=LEVELS)
    return counts


def moments(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and population standard deviation in grey levels from counts (..., 256), float64 (...)."""
    levels = np.arange(LEVELS)
    total = counts.sum(axis=-1)
    mean = (counts * levels).sum(axis=-1) / total
    spread = (counts * (levels - mean[..., np.newaxis]) ** 2).sum(axis=-1) / total
    return mean, np.sqrt(spread)
