"""What is trained on what: the coordinates of a run, and how they stand in paths."""

from decimal import Decimal
from typing import NamedTuple

# The paper's conditions (section 2.1) as images and label noise.
CONDITIONS = {
    "true_labels": ("true", 0.0),
    "random_labels": ("true", 1.0),
    "shuffled_pixels": ("shuffled_pixels", 0.0),
    "random_pixels": ("random_pixels", 0.0),
    "gaussian": ("gaussian", 0.0),
}
REGULARISERS = ("random_crop", "weight_decay")


def plain_decimal(number: float) -> str:
    """A number as it stands in paths: 0, 0.25, 1; never in exponent form."""
    text = f"{Decimal(repr(number)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Run(NamedTuple):
    """One cell of the experiment: what is trained on what, with which regularisers; the same for all seeds."""

    images: str
    label_noise: float
    network: str
    random_crop: bool = False
    weight_decay: bool = False

    @property
    def regularisers(self) -> str:
        """The regularisers as they stand in paths, "none" without any."""
        return "+".join(name for name in REGULARISERS if getattr(self, name)) or "none"

    @property
    def place(self) -> str:
        """The readable part of its path, below the data set's name."""
        return f"{self.images}/noise-{plain_decimal(self.label_noise)}/{self.network}/{self.regularisers}"

    @property
    def condition(self) -> str:
        """The paper's name for its images and label noise."""
        names = {cell: name for name, cell in CONDITIONS.items()}
        return names.get((self.images, self.label_noise), "partially_corrupted_labels")
