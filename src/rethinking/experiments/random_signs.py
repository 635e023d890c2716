"""A network fits random ±1 labels: the Rademacher complexity that training reaches (section 2.2)."""

import math
from collections.abc import Mapping

import numpy as np

from rethinking.experiments.points import draw_examples
from rethinking.learner import Learner
from rethinking.rademacher import reached
from rethinking.recipe import Split
from rethinking.seeds import numpy_generator
from rethinking.training import Training

ABOUT = {"kind": "experiment", "title": "A network fits random ±1 labels, several draws of them."}


def run(
    points: Mapping[str, np.ndarray], seed: int, examples: int, draws: int, learner: Learner
) -> list[dict]:
    """A row for each draw of labels: ``train_accuracy``, ``complexity`` (2·accuracy - 1) and ``epochs``.

    ``points`` has "train", uint8 images. The seed draws ``examples`` of them, the start of the network and
    the order of its batches; these are the same for all ``draws`` of labels. A run that diverged has no
    accuracy and no complexity (None). Raises ``DataError`` for more examples than there are images.
    """
    images = points["train"][draw_examples(len(points["train"]), examples, seed)]
    ends: list[Training] = []

    def accuracy(signs: np.ndarray) -> float:
        split = Split.from_stored(images, (signs + 1) // 2)
        # Labels of other images would be random as well, so there is nothing to test on.
        one = Split(*(part[:1] for part in split))
        ends.append(learner.fit(split, one, 2, seed).training)
        last = ends[-1].history[-1]
        print(f"draw {len(ends)} of {draws}: {last.train_accuracy:.4f} after {last.epoch} epochs")
        return math.nan if ends[-1].verdict.startswith("diverged") else last.train_accuracy

    found = reached(accuracy, draws, examples, numpy_generator(seed, "signs"))
    return [
        {
            "labels": "random",
            "examples": examples,
            "draw": draw,
            "epochs": end.history[-1].epoch,
            "verdict": end.verdict,
            "train_accuracy": None if math.isnan(value) else end.history[-1].train_accuracy,
            "complexity": None if math.isnan(value) else float(value),
        }
        for draw, (end, value) in enumerate(zip(ends, found, strict=True))
    ]
