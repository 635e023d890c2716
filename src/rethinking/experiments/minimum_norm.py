"""Descent on a small kernel system from several starts, beside its solution of least norm (section 5)."""

from collections.abc import Mapping

import numpy as np

from rethinking.classification import one_hot
from rethinking.datasets.arrays import DataError
from rethinking.experiments.points import grey_levels
from rethinking.minimum_norm import (
    descend,
    kernel_coordinates,
    minimum_norm,
    outside_distance,
    starting_points,
)
from rethinking.seeds import numpy_generator

ABOUT = {
    "kind": "experiment",
    "title": "Descent on a small kernel system, beside the solution of least norm.",
}


def run(
    points: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    classes: int,
    seed: int,
    examples: int,
    steps: int,
    batch_size: int,
    gamma: float,
) -> list[dict]:
    """Gradient descent and SGD on ``examples`` training points: the rows of ``minimum_norm.descend``.

    Gradient descent is its closed form, SGD takes real steps.

    ``points`` and ``labels`` have "train"; points are images or features, labels are below ``classes``. A
    row also has ``outside_distance``, the part that no step of its descent can overcome. Raises
    ``DataError`` for a training set of less than twice ``examples``, which are needed for the part outside
    their span.
    """
    train = len(labels["train"])
    if 2 * examples > train:
        raise DataError(
            f"examples: {examples}, and as many others for what is outside their span; expected at most "
            f"{train // 2} of {train} training examples"
        )
    order = numpy_generator(seed, "examples").permutation(train)
    drawn, others = (np.sort(part) for part in np.split(order[: 2 * examples], [examples]))
    inside, outside = (grey_levels(points["train"][part]) for part in (drawn, others))
    features = kernel_coordinates(inside, outside, gamma)
    targets = one_hot(labels["train"][drawn], classes)
    minimum = minimum_norm(features, targets)
    rows = []
    for size in (None, batch_size):
        for start in starting_points(features, minimum, numpy_generator(seed, "descent_start")):
            if size is not None and start.name == "inside the span":
                continue  # gradient descent shows it; a third line of SGD would hide the others
            generator = numpy_generator(seed, "batch_order")
            frame = descend(features, targets, steps, size, start, generator)
            frame["outside_distance"] = outside_distance(start, features, minimum)
            rows += frame.to_dict("records")
            last = rows[-1]
            print(f"{last['optimiser']} from {start.name}: distance {last['distance']:.2e} at the end")
    return rows
