"""What every data set is here, whatever it was read from."""

from typing import NamedTuple

import numpy as np


class DataError(Exception):
    """Data that are not there or are not what they should be; the message says what to do."""


class Dataset(NamedTuple):
    """A fixed split: images are uint8 in 0..255, labels are indices into ``classes``."""

    train_images: np.ndarray  # uint8 (N, H, W, C)
    train_labels: np.ndarray  # int64 (N,)
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: tuple[str, ...]  # names
