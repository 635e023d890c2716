"""The requests of figures and tables: runs, measurements on them, kernel systems, experiments.

Read while planning, so it is light.
"""

import json
from typing import NamedTuple


def with_settings(network: str, **settings) -> str:
    """The name of a network whose entry in the configuration is changed in some settings.

    For example ``alexnet@weight_decay=0.004@decayed=hidden_linear``. A figure or table may ask for such a
    network without an entry of its own.
    """
    return network + "".join(f"@{key}={_text(value)}" for key, value in settings.items())


def _text(value) -> str:
    """A setting as it stands in a name; true, false and null as in the configuration."""
    return (
        str(value)
        if isinstance(value, str | int | float) and not isinstance(value, bool)
        else json.dumps(value)
    )


def without_settings(network: str) -> str:
    """The entry that a name by ``with_settings`` starts from."""
    return network.partition("@")[0]


UNCHANGED = "none"  # the settings of a network whose name changes none


def with_changes(entry: str, settings: str) -> str:
    """The name of a network from its entry and its settings in one text, such as decay=0.999@epochs=200."""
    return entry if settings == UNCHANGED else f"{entry}@{settings}"


class Training(NamedTuple):
    """The runs of a network, one for each seed; ``network`` may be a name by ``with_settings``.

    ``condition`` is "true_labels", or the name of a corruption of all images or all labels. With
    ``label_noise`` the corruption of labels replaces only that share.
    """

    network: str
    condition: str = "true_labels"
    label_noise: float | None = None
    regularisers: tuple[str, ...] = ()


class Measurement(NamedTuple):
    """A measurement on the trained networks of ``training``, one for each seed, by the name of its home."""

    measurement: str
    training: Training
    options: dict = {}  # noqa: RUF012  read and never changed


class Trace(NamedTuple):
    """The trace of a probe in the course of ``training``, by its name in the configuration's ``probes``."""

    probe: str
    training: Training


class Solve(NamedTuple):
    """A kernel system without a ridge ("none"), the best of a validation split ("chosen"), or a number."""

    system: str
    ridge: float | str


class Experiment(NamedTuple):
    """A small experiment on a data set, one for each seed; ``experiment`` names its home.

    It is given the named ``features``, or the images as they are stored (None). ``dataset`` None is the data
    set of the configuration. With ``network``, which may be a name by ``with_settings``, the experiment may
    train this network as often as it likes.
    """

    experiment: str
    dataset: str | None
    features: str | None
    options: dict
    network: str | None = None
