"""Least squares on more and more random Fourier features, up to the kernel itself: double descent."""

from collections.abc import Mapping, Sequence

import numpy as np

from rethinking.corruptions.random_labels import corrupt
from rethinking.datasets.arrays import DataError
from rethinking.experiments.points import draw_examples, grey_levels
from rethinking.random_fourier import Problem, draw, fit_features, fit_kernel
from rethinking.seeds import numpy_generator

ABOUT = {
    "kind": "experiment",
    "title": "Least squares of minimum norm on N random Fourier features of a Gaussian kernel.",
}


def run(
    points: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    classes: int,
    seed: int,
    examples: int,
    gamma: float,
    label_noise: Sequence[float],
    feature_counts: Sequence[int | None],
) -> list[dict]:
    """A row for each count of features and each level of label noise, with ``random_fourier.Outcome``.

    ``points`` and ``labels`` have "train" and "test"; points are images or features, labels are from 0 to
    ``classes`` - 1. The solutions see ``examples`` training points and are tested on all test points, with
    true labels. A training label is replaced with probability p (``label_noise``) by a uniformly random one,
    as section 2.1 has it. Labels are nested over p and features over their count, so that a seed's curve is
    one draw; the count None is the kernel itself. Raises ``DataError`` for fewer training points than
    ``examples``, and for fewer than two classes.
    """
    if classes < 2:
        raise DataError(f"the data set has {classes} class; expected 2 or more, or there is nothing to learn")
    drawn = draw_examples(len(labels["train"]), examples, seed)
    true = labels["train"][drawn]
    noisy = [
        corrupt(true, noise, classes, numpy_generator(seed, "random_labels")).labels for noise in label_noise
    ]
    problem = Problem(
        grey_levels(points["train"][drawn]), noisy, grey_levels(points["test"]), labels["test"], classes
    )
    generator = numpy_generator(seed, "random_fourier_features")
    largest = max([count for count in feature_counts if count], default=1)
    features = draw(largest, problem.points.shape[1], gamma, generator)
    rows = []
    for count in feature_counts:
        outcomes = fit_features(features.first(count), problem) if count else fit_kernel(gamma, problem)
        rows += [
            {"feature_count": count, "label_noise": float(noise), **outcome._asdict()}
            for noise, outcome in zip(label_noise, outcomes, strict=True)
        ]
        last = rows[-1]
        print(
            f"{count or 'infinitely many'} features: rank {last['rank']}, condition {last['condition']:.1e}, "
            f"test error {last['test_error']:.4f} with p = {last['label_noise']:g}"
        )
    return rows
