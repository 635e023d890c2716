"""The random labels of the experiment ``expressivity``, fitted by training; and the size of a network."""

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from rethinking.experiments.expressivity import randomly_labelled
from rethinking.learner import Learner
from rethinking.networks.initialisation import count_parameters
from rethinking.recipe import Split

ABOUT = {"kind": "experiment", "title": "Random labels fitted by training, and the size of a network."}


def run(
    points: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    classes: int,
    seed: int,
    learner: Learner,
    trains: bool,
) -> list[dict]:
    """One row: ``parameters`` of the network; with ``trains`` the time until it fits random labels.

    Training ends with the first epoch after which all labels are right, or with the recipe; ``seconds`` is
    the whole time, with the evaluation after every epoch; ``train_accuracy``, ``test_accuracy`` and
    ``epochs`` are those of the end. Without ``trains`` these are None.
    """
    images, drawn = randomly_labelled(points["train"], classes, seed, None)
    row = {
        "parameters": count_parameters(learner.start_network(images.shape[3], classes, seed)),
        **dict.fromkeys(("seconds", "epochs", "train_accuracy", "test_accuracy")),
    }
    if trains:
        until_fitted = learner._replace(recipe=replace(learner.recipe, stop_after_fit=1))
        splits = (
            Split.from_stored(images, drawn),
            Split.from_stored(points["test"], labels["test"].astype(np.int64)),
        )
        began = time.perf_counter()
        last = until_fitted.fit(*splits, classes, seed).training.history[-1]
        row |= {
            "seconds": time.perf_counter() - began,
            "epochs": last.epoch,
            "train_accuracy": last.train_accuracy,
            "test_accuracy": last.test_accuracy,
        }
    print(", ".join(f"{key} {value}" for key, value in row.items()))
    return [row]
