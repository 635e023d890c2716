"""Guarantee: equal runs have equal paths. A probability is written in one way only, and regularisers in
one order.
"""

from decimal import Decimal
from typing import NamedTuple

TRUE_LABELS = "true_labels"
# Images and labels that nothing was done to, as they are named in coordinates and paths.
TRUE_IMAGES, RANDOM_LABELS = "true", "random_labels"
# In the order in which they stand in paths.
REGULARISERS = ("random_crop", "augmentation", "weight_decay")


def plain_decimal(number: float) -> str:
    """A number as it stands in paths: 0, 0.25, 1; never in exponent form."""
    text = f"{Decimal(repr(number)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Run(NamedTuple):
    """One cell of the experiment: network, images, labels and regularisers; the same for all seeds.

    ``labels`` names the corruption that replaces labels with probability ``label_noise``.
    """

    network: str
    images: str = TRUE_IMAGES
    labels: str = RANDOM_LABELS
    label_noise: float = 0.0
    regularisers: tuple[str, ...] = ()

    @property
    def regularisers_text(self) -> str:
        """The regularisers as they stand in paths, "none" without any."""
        return "+".join(name for name in REGULARISERS if name in self.regularisers) or "none"

    @property
    def condition(self) -> str:
        """The name of its images and labels: true_labels, or the corruption of all labels or images."""
        if self.label_noise == 0:
            return TRUE_LABELS if self.images == TRUE_IMAGES else self.images
        if self.images == TRUE_IMAGES and self.label_noise == 1:
            return self.labels
        return "partially_corrupted_labels"

    def coordinates(self) -> dict:
        """The run as results and tables name it."""
        return {
            "condition": self.condition,
            "images": self.images,
            "labels": self.labels,
            "label_noise": self.label_noise,
            "network": self.network,
            "regularisers": self.regularisers_text,
            **{name: name in self.regularisers for name in REGULARISERS},
        }
