"""The inputs of a training run: the paper's recipe (appendix A) and images with their labels."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from rethinking.preprocessing import centre_crop, standardise


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; as it stands, with the paper's SGD, momentum and decay of the learning rate.

    ``update_rule`` and ``schedule`` are modules such as ``rethinking.update_rules.sgd`` and
    ``rethinking.schedules.exponential``, each with its options: the first turns gradients into steps, the
    second gives the factor on the learning rate in an epoch.

    ``crop`` is the side of the square that the network sees; the centre of each image, or with
    ``random_crop`` a window drawn anew for every training image in every epoch; with ``augmentation``
    (table 4) training images are also mirrored at random and turned by up to 25 degrees. ``weight_decay`` is
    the coefficient λ of the penalty λ/2·‖w‖², and ``decayed`` the module that says which parameters it acts
    on, such as ``rethinking.decayed.weights``. ``stop_after_fit`` ends a run early, after so many epochs in a
    row at whose end every training example is classified right; None trains all ``epochs``.

    Raises ``ValueError`` for counts below 1 and for rates out of range.
    """

    epochs: int
    learning_rate: float
    crop: int
    batch_size: int = 128
    update_rule: str = "rethinking.update_rules.sgd"
    update_options: Mapping = field(default_factory=dict)
    schedule: str = "rethinking.schedules.exponential"
    schedule_options: Mapping = field(default_factory=dict)
    weight_decay: float = 0.0
    decayed: str = "rethinking.decayed.weights"
    random_crop: bool = False
    augmentation: bool = False
    stop_after_fit: int | None = None

    def __post_init__(self):
        for name in ("epochs", "crop", "batch_size", "stop_after_fit"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, Integral) and int(value) >= 1):
                raise ValueError(f"{name} is {value!r}; expected a whole number of 1 or more")
        for name, is_right, expected in (
            ("learning_rate", self.learning_rate > 0, "a number above 0"),
            ("weight_decay", self.weight_decay >= 0, "0 or more"),
        ):
            if not is_right:
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected {expected}")

    def make_update_rule(self, network: nn.Module):
        """The update rule for the parameters of ``network``.

        Raises ``ValueError`` for a network without the layers that weight decay is to act on.
        """
        module, decayed = map(importlib.import_module, (self.update_rule, self.decayed))
        parameters = list(decayed.parameters(network)) if self.weight_decay else []
        if self.weight_decay and not parameters:
            raise ValueError(
                f"weight decay is to act on the parameters of {self.decayed}, which names none here"
            )
        return module.update_rule(network, self.weight_decay, parameters, **self.update_options)

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch, which counts from 1."""
        module = importlib.import_module(self.schedule)
        return self.learning_rate * module.factor(epoch, **self.schedule_options)


class Split(NamedTuple):
    """Images N×C×H×W in grey levels 0..255 (any dtype) and their labels, int64 (N,)."""

    images: Tensor
    labels: Tensor

    @classmethod
    def from_stored(cls, images: np.ndarray, labels: np.ndarray) -> "Split":
        """The split of stored arrays: N×H×W×C images, as data sets are kept, and their labels."""
        return cls(torch.from_numpy(np.array(images)).permute(0, 3, 1, 2), torch.from_numpy(np.array(labels)))

    def as_seen(self, crop: int) -> "Split":
        """The split with standardised centre crops, float32, as a network sees it in evaluation."""
        return Split(standardise(centre_crop(self.images, crop)), self.labels)

    def check(self, name: str, crop: int) -> None:
        """Raise ``ValueError`` unless there are images, large enough to crop, and a label for each.

        ``name`` is the split's name in messages.
        """
        shape = tuple(self.images.shape)
        if len(shape) != 4 or shape[0] == 0:
            raise ValueError(
                f"{name} images have the shape {shape}; expected (N, C, H, W) with N of 1 or more"
            )
        if self.labels.dtype != torch.int64 or tuple(self.labels.shape) != shape[:1]:
            raise ValueError(
                f"{name} labels are {self.labels.dtype} of shape {tuple(self.labels.shape)}; "
                f"expected torch.int64, one for each of {shape[0]} images"
            )
        if min(shape[2:]) < crop:
            raise ValueError(
                f"{name} images are {shape[2]}×{shape[3]}; expected {crop}×{crop}, the crop, or larger"
            )

    def check_labels(self, name: str, classes: int) -> None:
        """Raise ``ValueError`` unless labels go from 0 to ``classes`` - 1: a loss may leave others out."""
        lowest, highest = (int(label) for label in self.labels.aminmax())
        if lowest < 0 or highest >= classes:
            wrong = lowest if lowest < 0 else highest
            raise ValueError(
                f"{name} labels hold {wrong}; expected 0 to {classes - 1}: the network has {classes} outputs"
            )
