"""Theorem 1 and its corollary on a data set: networks that fit random labels by construction (appendix C)."""

import time
from collections.abc import Callable, Mapping
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor

from rethinking.classification import one_hot
from rethinking.datasets.arrays import DataError
from rethinking.expressivity.architecture import intervals_of
from rethinking.expressivity.network import exact_network
from rethinking.expressivity.projection import first_of_equal
from rethinking.expressivity.triangular import condition_number, gaps_of, smallest_eigenvalue
from rethinking.seeds import numpy_generator

ABOUT = {"kind": "experiment", "title": "Networks that fit random labels by construction."}

BATCH = 1000
RELU_BY_RELU = 1000  # images at which every ReLU is also computed by itself


def randomly_labelled(
    images: np.ndarray, classes: int, seed: int, examples: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """``examples`` of the images, all different, with uniformly random labels, int64; None takes all of them.

    Of equal images the first is kept, because two labels of one image can be fitted by no function. Raises
    ``DataError`` for fewer different images than ``examples``.
    """
    rows = np.unique(first_of_equal(images))
    if examples is not None and examples > len(rows):
        raise DataError(
            f"examples: {examples} of the training set; expected at most {len(rows)}, which are different"
        )
    drawn = numpy_generator(seed, "examples").permutation(len(rows))[:examples]
    images = images[rows[np.sort(drawn)]]
    return images, numpy_generator(seed, "labels_to_fit").integers(0, classes, len(images))


@torch.no_grad()
def _over(images: np.ndarray, function: Callable[[Tensor], Tensor]) -> np.ndarray:
    """``function`` of all images, some at a time, as float64."""
    parts = torch.from_numpy(np.ascontiguousarray(images)).split(BATCH)
    return torch.cat([function(part) for part in parts]).double().numpy()


def run(
    points: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    classes: int,
    seed: int,
    sizes: list[int | None],
    depths: list[int],
) -> list[dict]:
    """Networks that map training images to one-hot random labels: a row for each number of images and depth.

    ``weights`` and ``width`` are the network's. ``condition_number``, ``smallest_eigenvalue`` and
    ``largest_weight`` are those of Theorem 1's system (of all intervals', the largest), for projections in
    units of their range. ``error_…`` is the largest distance of an output from its target: in float64 and
    float32 as ``InterpolatingNetwork`` computes it, and ``…_relu_by_relu`` at the first thousand images.
    ``train_accuracy`` is in float64. ``seconds`` is the time to construct the network.
    """
    rows = []
    for size in sizes:
        images, drawn = randomly_labelled(points["train"], classes, seed, size)
        for depth in depths:
            made = _constructed(images, drawn, classes, depth, seed)
            tested = _over(points["test"], made.pop("network"))
            rows.append(made | {"test_accuracy": float((tested.argmax(1) == labels["test"]).mean())})
            print(
                f"depth {depth}, {made['examples']} labels: largest error {made['error_float64']:.1e}, "
                f"{made['seconds']:.2g} s"
            )
    return rows


def _constructed(images: np.ndarray, drawn: np.ndarray, classes: int, depth: int, seed: int) -> dict:
    """The numbers of one network that fits labels, and the network itself, in float64."""
    targets, few = one_hot(drawn, classes), slice(RELU_BY_RELU)
    began = time.perf_counter()
    try:
        network = exact_network(images, targets, numpy_generator(seed, "projection"), depth)
    except ValueError as error:  # more layers than examples, or images that no direction separates
        raise DataError(f"depth {depth} for {len(images)} examples: {error}") from error
    seconds = time.perf_counter() - began
    projections = np.sort(_over(images, network.project))
    reach = projections[-1] - projections[0] or 1.0
    gaps = gaps_of(projections) / reach
    intervals = np.split(gaps, intervals_of(len(images), depth)[1:-1])
    outputs = _over(images, network)
    one_by_one = _over(images[few], network.relu_by_relu)
    single = _over(images, deepcopy(network).float())
    return {
        "network": network,
        "depth": depth,
        "examples": len(images),
        "inputs": len(network.direction),
        "outputs": classes,
        "weights": sum(parameter.numel() for parameter in network.parameters()),
        "width": network.width,
        "smallest_eigenvalue": smallest_eigenvalue(gaps),
        "condition_number": max(map(condition_number, intervals)),
        "largest_weight": float(network.weights.detach().abs().max()) * float(reach),
        "error_float64": float(np.abs(outputs - targets).max()),
        "error_float64_relu_by_relu": float(np.abs(one_by_one - targets[few]).max()),
        "error_float32": float(np.abs(single - targets).max()),
        "relative_residual": float(np.linalg.norm(outputs - targets) / np.linalg.norm(targets)),
        "train_accuracy": float((outputs.argmax(1) == drawn).mean()),
        "train_accuracy_float32": float((single.argmax(1) == drawn).mean()),
        "seconds": seconds,
    }
