"""γ and ridge by the error on examples that are held out of the training set."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from rethinking.classification import classification_error, one_hot
from rethinking.kernels.cholesky import NotPositiveDefinite
from rethinking.kernels.kernels import Kernel
from rethinking.kernels.systems import fit, predict


class Split(NamedTuple):
    """Positions in the training set, each sorted."""

    fitted: np.ndarray
    held_out: np.ndarray

    @property
    def sizes(self) -> dict[str, int]:
        """How many examples each part has, by its name."""
        return {name: len(part) for name, part in self._asdict().items()}


def draw_split(count: int, most: int, share: float, generator: np.random.Generator) -> Split:
    """Draw at most ``most`` of ``count`` examples without replacement and hold out ``share`` of them.

    Raises ``ValueError`` where one of the two parts would be empty.
    """
    drawn = generator.permutation(count)[:most]
    held_out = round(share * len(drawn))
    if not 0 < held_out < len(drawn):
        raise ValueError(f"cannot hold out {share:g} of {len(drawn)} examples and keep some of each part")
    return Split(np.sort(drawn[held_out:]), np.sort(drawn[:held_out]))


def validation_errors(
    grams: Callable[[Kernel], tuple],
    labels: np.ndarray,
    classes: int,
    split: Split,
    kernels: dict[float | None, Kernel],
    ridges: Iterable[float],
    report: Callable[[int, int], None] = lambda done, total: None,
) -> list[dict]:
    """The error on the held-out examples for every kernel (by gamma) and ridge.

    ``grams`` gives, for a kernel, the kernel matrix of the fitted examples and the points held out, as
    ``systems.fit`` and ``systems.predict`` take them. Returns rows with ``gamma``, ``ridge``,
    ``error`` and ``problem``; where the matrix is not positive definite there is a problem and no error.
    """
    rows, ridges = [], list(ridges)
    targets = one_hot(labels[split.fitted], classes)
    for gamma, kernel in kernels.items():
        gram, others = grams(kernel)
        for ridge in ridges:
            row: dict = {"gamma": gamma, "ridge": ridge, "error": None, "problem": None}
            try:
                weights, _ = fit(gram, targets, ridge)
                scores = predict(gram, others, weights)
                row["error"] = classification_error(scores, labels[split.held_out])
            except NotPositiveDefinite as error:
                row["problem"] = str(error)
            rows.append(row)
            report(len(rows), len(kernels) * len(ridges))
    return rows


def best(rows: list[dict]) -> dict | None:
    """The row with the smallest error, the first of equal ones; None where there is no error at all."""
    return min((row for row in rows if row["error"] is not None), key=lambda row: row["error"], default=None)
