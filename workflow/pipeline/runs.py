"""The coordinates of a run, and how they stand in paths."""

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

DATASET = r"[a-z0-9_]+"
IMAGES = "true|shuffled_pixels|random_pixels|gaussian"
NOISE = r"0|1|0\.\d*[1-9]"
SEED = r"0|[1-9]\d*"


def noise_text(label_noise: float) -> str:
    """A probability as it stands in paths: 0, 0.25, 1; never in exponent form."""
    text = f"{Decimal(repr(label_noise)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Run(NamedTuple):
    """One row of the experiment: what is trained on what, with which regularisers and seed."""

    images: str
    label_noise: float
    network: str
    random_crop: bool
    weight_decay: bool
    seed: int

    @property
    def regularisers(self) -> str:
        """The regularisers as they stand in paths, "none" without any."""
        return "+".join(name for name in REGULARISERS if getattr(self, name)) or "none"

    @classmethod
    def from_path(cls, wildcards, seed: int) -> "Run":
        """The run that a path's wildcards name, with this seed."""
        regularisers = wildcards.regularisers.split("+")
        return cls(
            wildcards.images,
            float(wildcards.noise),
            wildcards.network,
            "random_crop" in regularisers,
            "weight_decay" in regularisers,
            seed,
        )

    @property
    def condition(self) -> str:
        """The paper's name for its images and label noise."""
        names = {cell: name for name, cell in CONDITIONS.items()}
        return names.get((self.images, self.label_noise), "partially_corrupted_labels")
