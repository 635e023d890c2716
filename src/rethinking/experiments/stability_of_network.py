"""Sensitivity of a trained network to one training example, for true and random labels (section 2.2)."""

from collections.abc import Mapping

import numpy as np

from rethinking.class_probabilities import class_probabilities
from rethinking.experiments.replacements import LABELS, Replacements, draw
from rethinking.learner import Learner
from rethinking.recipe import Split
from rethinking.seeds import numpy_generator
from rethinking.stability import (
    bounded_cross_entropy,
    changed_classes,
    loss_change,
    total_variation,
    zero_one_loss,
)

ABOUT = {
    "kind": "experiment",
    "title": "Sensitivity of a trained network to one training example.",
}
ERRORS = ("train_error", "test_error", "gap")
MOVED = (
    *("changed", "changed_train", "total_variation", "total_variation_train"),
    *("zero_one", "zero_one_train", "zero_one_largest"),
    *("cross_entropy", "cross_entropy_train", "cross_entropy_largest"),
)


def run(
    points: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    classes: int,
    seed: int,
    examples: int,
    replacements: int,
    learner: Learner,
) -> list[dict]:
    """Train on a sample, and on neighbours of it with one other example; see how far a network moves.

    ``points`` (uint8 images) and ``labels`` have "train" and "test". Under ``labels``, "true_labels" or
    "random_labels", a row is a second training, and ``change`` is what it differs in from the first:

    - "one example": the example ``replacement`` is another one, with the same initialisation and order of
      batches;
    - "seed": initialisation and order of batches, with the same examples;
    - "nothing": what is left is rounding that a GPU does in another order; on a CPU all is 0.

    Columns, all shares or losses from 0 to 1:

    - ``train_error``, ``test_error``, ``gap`` of the first training, ``gap`` being test - train;
    - ``changed``: test images whose class is another; ``total_variation``: the mean distance of
    probabilities;
    - ``zero_one``, ``cross_entropy``: the mean change, either way, of the 0/1 loss and of
      ``bounded_cross_entropy`` on the test set. These four with ``_train`` are on the examples in both
      samples;
    - ``zero_one_largest``, ``cross_entropy_largest``: the largest change at any test or training point, a
    lower
      bound of the β of uniform stability;
    - ``left_out``, for "one example": how much larger the 0/1 loss of the two examples that change places is
      where they were not trained on. Its expectation is that of the gap.

    All are None where the loss diverged. Raises ``DataError`` as ``replacements.draw`` does.
    """
    sample = draw(labels, classes, seed, examples, replacements)
    other_seed = int(numpy_generator(seed, "other_seed").integers(2**32))
    rows = []
    for kind in LABELS:
        rows += _rows(points, sample, kind, classes, seed, other_seed, learner)
    return rows


def _rows(
    points: Mapping[str, np.ndarray],
    sample: Replacements,
    kind: str,
    classes: int,
    seed: int,
    other_seed: int,
    learner: Learner,
) -> list[dict]:
    """The rows with labels of one kind."""
    images = np.concatenate(sample.of(points["train"]))
    targets = np.concatenate(sample.of(sample.labels[kind]["train"]))
    test_targets = sample.labels[kind]["test"]
    n, every = len(sample.examples), np.concatenate([targets, test_targets])
    looked = Split.from_stored(np.concatenate([images, points["test"]]), every)
    looked_at = looked.as_seen(learner.recipe.crop).images
    # The learner looks at its test set after every epoch; one image costs nothing. All are looked at
    # afterwards.
    unused = Split(looked.images[:1], looked.labels[:1])

    def trained(members: np.ndarray, with_seed: int) -> np.ndarray | None:
        fitted = learner.fit(
            Split(looked.images[members], looked.labels[members]), unused, classes, with_seed
        )
        found = class_probabilities(fitted.network, looked_at, learner.dtype)
        return found if np.isfinite(found).all() else None

    members = np.arange(n)
    before = trained(members, seed)
    errors: dict = dict.fromkeys(ERRORS)
    if before is not None:
        losses = zero_one_loss(before, every)
        errors["train_error"], errors["test_error"] = (
            losses[:n].mean().item(),
            losses[len(targets) :].mean().item(),
        )
        errors["gap"] = errors["test_error"] - errors["train_error"]
    print(f"{kind}: " + ", ".join(f"{name} {value}" for name, value in errors.items()))
    rows = []
    neighbours = [("one example", i) for i in range(len(sample.incoming))]
    for change, i in [*neighbours, ("seed", None), ("nothing", None)]:
        # The new example takes the place of the old one, and so its turn in every batch.
        replaced = members if i is None else np.where(members == i, n + i, members)
        after = trained(replaced, other_seed if change == "seed" else seed)
        moved: dict = dict.fromkeys(MOVED)
        left_out = None
        if before is not None and after is not None:
            moved = _moved(before, after, every, members[members == replaced], slice(len(targets), None))
            if i is not None:
                first, second = zero_one_loss(before, every), zero_one_loss(after, every)
                left_out = float((second[i] - first[i] + first[n + i] - second[n + i]) / 2)
        rows.append(
            {"labels": kind, "change": change, "replacement": i, **errors, **moved, "left_out": left_out}
        )
        print(f"{kind}, other {change}: changed {moved['changed']}")
    return rows


def _moved(
    before: np.ndarray, after: np.ndarray, labels: np.ndarray, common: np.ndarray, tested: slice
) -> dict:
    """The columns ``MOVED``: on the ``tested`` points, on the ``common`` examples, on all."""
    found = {}
    for ending, where in (("", tested), ("_train", common)):
        here = before[where], after[where]
        found[f"changed{ending}"] = changed_classes(*here)
        found[f"total_variation{ending}"] = total_variation(*here)
        found[f"zero_one{ending}"] = loss_change(zero_one_loss, *here, labels[where]).mean
        found[f"cross_entropy{ending}"] = loss_change(bounded_cross_entropy, *here, labels[where]).mean
    found["zero_one_largest"] = loss_change(zero_one_loss, before, after, labels).largest
    found["cross_entropy_largest"] = loss_change(bounded_cross_entropy, before, after, labels).largest
    return found
