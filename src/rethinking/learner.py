"""A network together with the way it is trained, for experiments that fit many labels or many data sets."""

from typing import NamedTuple

import torch
from torch import nn

from rethinking.networks.start import network_at_start
from rethinking.recipe import Recipe, Split
from rethinking.training import Training, train


class Fitted(NamedTuple):
    """A trained network and the history of its training."""

    network: nn.Module  # on the device of the learner
    training: Training


class Learner(NamedTuple):
    """The algorithm of learning theory: labelled images and a seed in, a network out.

    ``start`` has the keys ``factory`` ("module:function"), ``arguments`` and ``initialisation`` of
    ``network_at_start``; products are of ``dtype``.

    Example, with ``split`` a ``Split`` of images and labels::

        start = {"factory": "rethinking.networks.mlp:mlp", "arguments": {}, "initialisation": "he_normal"}
        fitted = Learner(start, Recipe(epochs=20, learning_rate=0.01, crop=28)).fit(split, split, 10, seed=0)
    """

    start: dict
    recipe: Recipe
    device: torch.device = torch.device("cpu")
    dtype: torch.dtype = torch.float32

    def start_network(self, channels: int, classes: int, seed: int) -> nn.Module:
        """The network before training, on the learner's device; ``seed`` draws its weights.

        Raises ``TypeError`` as ``network_at_start`` does.
        """
        shape = (channels, self.recipe.crop, self.recipe.crop)
        return network_at_start(self.start, shape, classes, seed).to(self.device)

    def fit(self, train_split: Split, test_split: Split, classes: int, seed: int) -> Fitted:
        """Train a network from its start; ``seed`` also draws the order of the batches.

        Raises ``ValueError`` as ``training.train`` does, and ``TypeError`` as ``network_at_start``.
        """
        network = self.start_network(train_split.images.shape[1], classes, seed)
        return Fitted(network, train(network, train_split, test_split, self.recipe, seed, dtype=self.dtype))
