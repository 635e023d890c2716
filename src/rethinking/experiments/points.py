"""Stored images or features as the points of a small kernel system."""

import numpy as np


def grey_levels(values: np.ndarray) -> np.ndarray:
    """Images (N, H, W, C) or features (N, D) as float64 rows (N, d); those of uint8 images go from 0 to 1."""
    return values.reshape(len(values), -1) / (255.0 if values.dtype == np.uint8 else 1.0)
