"""Interpolants of true and of random ±1 labels: their complexity and their actual gap (section 2.2)."""

from collections.abc import Mapping, Sequence

import numpy as np

from rethinking.datasets.arrays import DataError
from rethinking.experiments.points import draw_examples, grey_levels
from rethinking.kernels.kernels import Gaussian, Points
from rethinking.kernels.systems import predict, solve
from rethinking.rademacher import kernel_ball, ramp_loss, random_signs
from rethinking.seeds import numpy_generator

ABOUT = {
    "kind": "experiment",
    "title": "Interpolants of true and of random ±1 labels, their complexity and their generalisation gap.",
}

ESTIMATED = 1000  # draws of signs behind the estimate of a ball's complexity


def _against_the_others(labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Each class against all others: +1 and -1, float64 (n, classes)."""
    return np.where(labels[:, None] == classes, 1.0, -1.0)


def run(
    points: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    seed: int,
    sizes: Sequence[int],
    draws: int,
    gamma: float,
) -> list[dict]:
    """Interpolants of least norm of n training points, a row for each n of ``sizes`` and labelling ±1.

    The true labellings (``labels`` "true") are +1 for one class of the training set and -1 for all others,
    each class once; ``draws`` more are uniformly random. ``draw`` counts the labellings of a kind. For the
    function f of least norm with f(x_i) = y_i in the space of the Gaussian kernel exp(-``gamma``·‖x - z‖²):

    - ``norm``: its norm, which is the radius B of a ball of functions;
    - ``complexity``: R_n of the ball, estimated with ``ESTIMATED`` draws of signs, and ``bound`` of it,
      B·√(trace K)/n;
    - ``gap``: mean ramp loss on the test points less that on the training points (0 but for rounding), which
      2·R_n bounds; ``error_gap``: the same of the 0/1 error. Random labels are random in the test set too:
      there both are expectations over the labels, and the error is 1/2.

    ``points`` and ``labels`` have "train" and "test". Raises ``DataError`` for more examples than there are
    training points and for a single class; ``NotPositiveDefinite`` for copies of points and too wide a
    kernel.
    """
    classes = np.unique(labels["train"])
    if len(classes) < 2:
        raise DataError(
            f"the training labels have {len(classes)} class; expected 2 or more, because a true labelling is "
            "one class against the others"
        )
    test, test_signs = grey_levels(points["test"]), _against_the_others(labels["test"], classes)
    rows = []
    for size in sizes:
        drawn = draw_examples(len(labels["train"]), size, seed)
        true = _against_the_others(labels["train"][drawn], classes)
        random = random_signs(draws, size, numpy_generator(seed, "signs")).T
        gram = Points(grey_levels(points["train"][drawn]), Gaussian(gamma))
        # A ball's complexity is that of the unit ball times its radius.
        unit = kernel_ball(gram, 1.0, ESTIMATED, numpy_generator(seed, "estimate"))
        targets = np.concatenate([true, random], axis=1)
        solution = solve(gram, targets)
        scores = predict(gram, gram.at(test), solution.weights)
        print(f"{size} examples, residual {solution.residual:.1e}, condition {solution.condition_number:.1e}")
        for column, target in enumerate(targets.T):
            weights, fitted, ours = (each[:, column] for each in (solution.weights, solution.fitted, scores))
            is_true = column < len(classes)
            # Of random test labels, both signs are as likely at every point.
            margins = ours * test_signs[:, column] if is_true else np.concatenate([ours, -ours])
            norm = float(np.sqrt(max(weights @ fitted, 0.0)))
            rows.append(
                {
                    "labels": "true" if is_true else "random",
                    "examples": size,
                    "draw": column if is_true else column - len(classes),
                    "norm": norm,
                    "complexity": norm * unit.estimate,
                    "bound": norm * unit.bound,
                    "gap": float(ramp_loss(margins).mean() - ramp_loss(fitted * target).mean()),
                    "error_gap": float(np.mean(margins <= 0) - np.mean(fitted * target <= 0)),
                }
            )
    return rows
