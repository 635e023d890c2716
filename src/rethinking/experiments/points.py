"""Stored images or features as the points of a small kernel system, and examples drawn from them."""

import numpy as np

from rethinking.datasets.arrays import DataError
from rethinking.seeds import numpy_generator


def grey_levels(values: np.ndarray) -> np.ndarray:
    """Images (N, H, W, C) or features (N, D) as float64 rows (N, d); those of uint8 images go from 0 to 1."""
    return values.reshape(len(values), -1) / (255.0 if values.dtype == np.uint8 else 1.0)


def draw_examples(train: int, examples: int, seed: int) -> np.ndarray:
    """Positions of ``examples`` of ``train`` training examples, sorted; fewer of a seed are among its more.

    Raises ``DataError`` for more than there are.
    """
    if examples > train:
        raise DataError(f"examples: {examples} of a training set of {train}; expected at most {train}")
    return np.sort(numpy_generator(seed, "examples").permutation(train)[:examples])
