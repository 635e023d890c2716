"""Classification by regression: labels as targets, and the error of the largest score."""

import numpy as np


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Class indices (n,) as 0/1 targets, float64 (n, classes). Raises ``ValueError`` for others."""
    labels = np.asarray(labels)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"expected labels as whole numbers (n,), found {labels.dtype} {labels.shape}")
    if labels.size and not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(f"expected labels from 0 to {classes - 1}, found {labels.min()} to {labels.max()}")
    return np.eye(classes)[labels]


def classification_error(scores: np.ndarray, labels: np.ndarray) -> float:
    """The share of rows of ``scores`` (n, k) whose largest value is not that of the label, labels (n,) ints.

    Raises ``ValueError`` without rows, for another number of labels, labels of no column, and scores that are
    not finite: where nothing was computed, the largest value says nothing.
    """
    scores, labels = np.asarray(scores), np.asarray(labels)
    if scores.ndim != 2 or not scores.size or labels.shape != (len(scores),):
        raise ValueError(
            f"expected scores (n, k) and labels (n,), at least one, found {scores.shape} and {labels.shape}"
        )
    if not 0 <= labels.min() <= labels.max() < scores.shape[1]:
        raise ValueError(
            f"expected labels from 0 to {scores.shape[1] - 1}, found {labels.min()} to {labels.max()}"
        )
    finite = np.isfinite(scores).all(axis=1)
    if not finite.all():
        raise ValueError(
            f"the scores of {np.sum(~finite)} of {len(scores)} points are not finite, the first of them "
            f"those of point {int((~finite).argmax())}"
        )
    return float(np.mean(scores.argmax(axis=1) != labels))
