"""The contents of a data set: counts, moments, and images that it holds more than once."""

import hashlib
from collections import defaultdict

import numpy as np

from rethinking.moments import grey_level_counts, moments

EXAMPLES = 10  # groups of equal images that are listed, and members of each


def _hashes(images: np.ndarray) -> list[bytes]:
    return [hashlib.blake2b(image, digest_size=16).digest() for image in np.ascontiguousarray(images)]


def duplicates(parts: dict[str, tuple[np.ndarray, np.ndarray]]) -> dict:
    """Images that are there more than once, by a hash of their pixels.

    ``parts`` are images (N, H, W, C) and labels (N,) of "train" and "test". For each part: the number of
    images that equal an earlier one of it, and how many of these have another label than that one; for
    "test_in_train" the test images that are training images too, and how many of these have a label that
    no equal training image has. ``examples`` are indices of the first groups, ten at most.
    """
    where: dict[bytes, dict[str, list[int]]] = defaultdict(lambda: {"train": [], "test": []})
    for part, (images, _) in parts.items():
        for index, digest in enumerate(_hashes(images)):
            where[digest][part].append(index)
    groups = [group for group in where.values() if len(group["train"]) + len(group["test"]) > 1]
    labels = {part: of_part for part, (_, of_part) in parts.items()}
    found: dict = {}
    for part in ("train", "test"):
        repeated = [(group[part][0], index) for group in groups for index in group[part][1:]]
        other = sum(bool(labels[part][first] != labels[part][index]) for first, index in repeated)
        found[f"within_{part}"] = {"images": len(repeated), "with_another_label": other}
    shared = [(group["train"], index) for group in groups if group["train"] for index in group["test"]]
    other = sum(bool((labels["train"][train] != labels["test"][index]).all()) for train, index in shared)
    found["test_in_train"] = {"images": len(shared), "with_another_label": other}
    found["examples"] = [
        {part: indices[:EXAMPLES] for part, indices in group.items()} for group in groups[:EXAMPLES]
    ]
    return found


def class_counts(labels: np.ndarray, classes: list[str]) -> dict[str, int]:
    """How many examples each class has, by its name."""
    return dict(zip(classes, np.bincount(labels, minlength=len(classes)).tolist(), strict=True))


def describe(
    train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray], classes: list[str]
) -> dict:
    """Shapes, counts per class, moments and duplicates of a data set, as plain numbers.

    ``train`` and ``test`` are uint8 images (N, H, W, C) and labels (N,). Mean and population standard
    deviation are in grey levels, of each channel and of all values together.
    """
    described: dict = {"classes": len(classes)}
    for part, (images, labels) in (("train", train), ("test", test)):
        counts = grey_level_counts(images)
        mean, deviation = moments(counts)
        overall = moments(counts.sum(axis=0))
        described[part] = {
            "shape": list(images.shape),
            "per_class": class_counts(labels, classes),
            "mean": mean.tolist(),
            "standard_deviation": deviation.tolist(),
            "overall_mean": float(overall[0]),
            "overall_standard_deviation": float(overall[1]),
        }
    described["duplicates"] = duplicates({"train": train, "test": test})
    return described
