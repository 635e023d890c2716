"""Labels replaced by uniformly random ones (section 2.1, "partially corrupted labels" and "random labels").

A label that is drawn anew at each access cannot be memorised, which is the most frequent bug of other
reproductions. Labels are therefore corrupted once, and the result is stored.
"""

from typing import NamedTuple

import numpy as np

from rethinking.corruptions.arrays import check_choice

ABOUT = {
    "kind": "corruption",
    "of": "labels",
    # Of its folders: noise-0.5 holds labels that were replaced with probability 0.5.
    "place": "noise",
    "title": "random labels",
    "clean_title": "true labels",
    "paper": "All labels are replaced by uniformly random ones. Networks fit them like true ones.",
    "options": {
        "pool": {
            "enum": ["all_classes", "other_classes"],
            "default": "all_classes",
            "description": "Classes among which a replaced label is drawn.",
        },
    },
}
POOLS = ("all_classes", "other_classes")


class CorruptedLabels(NamedTuple):
    """Labels after corruption, with the examples that were drawn and those that really changed."""

    labels: np.ndarray  # int64 (N,)
    replaced: np.ndarray  # bool (N,): a new label was drawn, it may equal the old one
    changed: np.ndarray  # bool (N,): the label differs from the true one


def corrupt(
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
    check_choice("pool", pool, POOLS)
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
