"""One training set interpolated in several ways, most of which do not generalise (section 5)."""

from collections.abc import Mapping

import numpy as np

from rethinking import minimum_norm
from rethinking.experiments.points import grey_levels
from rethinking.seeds import numpy_generator

ABOUT = {"kind": "experiment", "title": "Interpolants of one training set, most of which do not generalise."}


def run(
    points: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    classes: int,
    seed: int,
    examples: int,
    gamma: float,
) -> list[dict]:
    """A row for each of ``minimum_norm.interpolants``, under ``interpolant`` its name, with ``chance``.

    ``points`` and ``labels`` have "train" and "test"; points are images or features, labels are from 0 to
    ``classes`` - 1. Of either part ``examples`` are drawn, or all if there are fewer.
    """
    generator = numpy_generator(seed, "examples")

    def draw(part: str) -> tuple[np.ndarray, np.ndarray]:
        drawn = np.sort(generator.permutation(len(labels[part]))[:examples])
        return grey_levels(points[part][drawn]), labels[part][drawn]

    train, test = draw("train"), draw("test")
    found = minimum_norm.interpolants(*train, *test, classes, gamma, numpy_generator(seed, "interpolants"))
    print(*found, sep="\n")
    rows = [{"interpolant": each.name, **each._asdict(), "chance": 1 - 1 / classes} for each in found]
    return [{key: value for key, value in row.items() if key != "name"} for row in rows]
