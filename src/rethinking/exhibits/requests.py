"""What a figure or table can ask for: runs, kernel systems, experiments. Planning imports it: it is light."""

from typing import NamedTuple


class Training(NamedTuple):
    """The runs of a network, one for each seed.

    ``condition`` is "true_labels", or the name of a corruption of all images or all labels. With
    ``label_noise`` the corruption of labels replaces only that share.
    """

    network: str
    condition: str = "true_labels"
    label_noise: float | None = None
    regularisers: tuple[str, ...] = ()


class Solve(NamedTuple):
    """A kernel system without a ridge ("none"), the best of a validation split ("chosen"), or a number."""

    system: str
    ridge: float | str


class Experiment(NamedTuple):
    """A small experiment on the features of a data set, one for each seed; ``experiment`` names its home."""

    experiment: str
    dataset: str
    features: str
    options: dict
