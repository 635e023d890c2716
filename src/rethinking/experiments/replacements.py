"""A training sample, and the examples that take places in it one at a time, with true and random labels."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from rethinking.datasets.arrays import DataError
from rethinking.seeds import numpy_generator

LABELS = ("true_labels", "random_labels")


class Replacements(NamedTuple):
    """S and its neighbours Sⁱ, i = 0, 1, ..., as positions in the training set, and the labels of all images.

    In the i-th neighbour, the i-th example of S is replaced by the i-th of ``incoming``. S is in random
    order, so its first examples are as good as any.
    """

    examples: np.ndarray  # int64 (n,)
    incoming: np.ndarray  # int64 (r,), none of them in S
    labels: dict[str, dict[str, np.ndarray]]  # by "true_labels" or "random_labels", then by part

    def of(self, arrays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What S and what the incoming examples have of ``arrays`` (N, ...), points or labels."""
        return arrays[self.examples], arrays[self.incoming]


def draw(
    labels: Mapping[str, np.ndarray], classes: int, seed: int, examples: int, replacements: int
) -> Replacements:
    """Draw S of ``examples`` training images, and ``replacements`` others.

    Random labels are uniform over the classes, for all training images and all test images: whoever takes a
    place in S, and whoever S is tested on, has a label of the same distribution as S.

    Raises ``DataError`` for a training set that is too small, more replacements than examples, and a single
    class.
    """
    train = len(labels["train"])
    if classes < 2:
        raise DataError(f"the data set has {classes} class; expected two or more, for labels to be random")
    if examples + replacements > train:
        raise DataError(
            f"examples: {examples}, and {replacements} others that replace some of them; expected at most "
            f"{train} together, the training examples"
        )
    if not 1 <= replacements <= examples:
        raise DataError(f"replacements: {replacements}; expected 1 to {examples}, one an example at most")
    order = numpy_generator(seed, "examples").permutation(train)
    uniform = {
        part: numpy_generator(seed, f"random_labels_of_{part}_images").integers(0, classes, len(labels[part]))
        for part in ("train", "test")
    }
    true = {part: np.asarray(labels[part]) for part in uniform}
    kinds = dict(zip(LABELS, (true, uniform), strict=True))
    return Replacements(order[:examples], order[examples : examples + replacements], kinds)
