"""Sensitivity of kernel regression to one training example, for true and random labels (section 2.2)."""

from collections.abc import Mapping

import numpy as np

from rethinking.classification import classification_error, one_hot
from rethinking.datasets.arrays import DataError
from rethinking.experiments.points import grey_levels
from rethinking.experiments.replacements import LABELS, draw
from rethinking.kernels.cholesky import NotPositiveDefinite
from rethinking.kernels.kernels import Gaussian, Points
from rethinking.stability import KernelRegression, changed_classes, loss_change, zero_one_loss

ABOUT = {
    "kind": "experiment",
    "title": "Sensitivity of kernel regression to one training example.",
}


def run(
    points: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    classes: int,
    seed: int,
    examples: int,
    replacements: int,
    gamma: float,
    ridge: float,
) -> list[dict]:
    """Replace single examples of a sample and see how far kernel regression moves, without a second fit.

    ``points`` and ``labels`` have "train" and "test"; points are images or features. A row is one
    replacement, under ``labels`` "true_labels" or "random_labels". The columns are those of
    ``stability_of_network`` that need no probabilities, and

    - ``scores``: the largest change of any function at any point that was looked at;
    - ``loo_error``: the leave-one-out error over all ``examples``.

    Raises ``DataError`` as ``replacements.draw`` does, and for points that make no system without ridge.
    """
    sample = draw(labels, classes, seed, examples, replacements)
    train = grey_levels(points["train"][np.concatenate([sample.examples, sample.incoming])])
    test = grey_levels(points["test"])
    looked = np.concatenate([train, test])
    inside, tested = slice(0, examples), slice(len(train), None)
    rows = []
    for kind in LABELS:
        own, incoming = sample.of(sample.labels[kind]["train"])
        every = np.concatenate([own, incoming, sample.labels[kind]["test"]])
        try:
            fitted = KernelRegression.fitted(
                Points(train[inside], Gaussian(gamma)), one_hot(own, classes), ridge
            )
            moved = fitted.movement_replaced(
                np.arange(replacements), train[examples:], one_hot(incoming, classes), looked
            )
        except NotPositiveDefinite as error:
            raise DataError(f"{examples} examples with gamma {gamma:g}, ridge {ridge:g}: {error}") from error
        before = fitted.predictions(looked)
        errors = {
            "train_error": classification_error(before[inside], own),
            "test_error": classification_error(before[tested], every[tested]),
            "loo_error": classification_error(fitted.leave_one_out().predictions, own),
        }
        errors["gap"] = errors["test_error"] - errors["train_error"]
        for i in range(replacements):
            after = before + moved[i]
            rest = np.arange(examples) != i
            loss = {
                name: loss_change(zero_one_loss, before[where], after[where], every[where])
                for name, where in (("test", tested), ("train", np.flatnonzero(rest)), ("all", slice(None)))
            }
            first, second = (zero_one_loss(each, every) for each in (before, after))
            pair = [second[i] - first[i], first[examples + i] - second[examples + i]]
            rows.append(
                {
                    **{"labels": kind, "change": "one example", "replacement": i, **errors},
                    "changed": changed_classes(before[tested], after[tested]),
                    "changed_train": changed_classes(before[inside][rest], after[inside][rest]),
                    "zero_one": loss["test"].mean,
                    "zero_one_train": loss["train"].mean,
                    "zero_one_largest": loss["all"].largest,
                    "left_out": float(np.mean(pair)),
                    "scores": float(np.abs(moved[i]).max()),
                }
            )
        print(f"{kind}: gap {errors['gap']:.3f}, leave-one-out error {errors['loo_error']:.3f}")
    return rows
