"""Weights at step 0. The paper does not say how it drew them, so the scheme is an argument."""

from math import prod

import torch
from torch import nn

SCHEMES = ("he_normal", "glorot_uniform")


def initialise(network: nn.Module, scheme: str, generator: torch.Generator) -> None:
    """Draw the weights of every linear and convolutional layer in place; set biases to zero.

    ``he_normal``: N(0, 2/fan_in), He et al. 2015, equation 10. ``glorot_uniform``: uniform in
    ±√(6/(fan_in + fan_out)), Glorot and Bengio 2010, equation 16, TensorFlow's default.
    ``generator`` is a CPU generator and the network is on the CPU, so that all devices start alike.
    Raises ``ValueError`` for an unknown scheme.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"unknown initialisation {scheme!r}; known: {', '.join(SCHEMES)}")
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            field = prod(layer.weight.shape[2:])
            fan_out, fan_in = layer.weight.shape[0] * field, layer.weight.shape[1] * field
            with torch.no_grad():
                if scheme == "he_normal":
                    layer.weight.normal_(0.0, (2 / fan_in) ** 0.5, generator=generator)
                else:
                    bound = (6 / (fan_in + fan_out)) ** 0.5
                    layer.weight.uniform_(-bound, bound, generator=generator)
                if layer.bias is not None:
                    layer.bias.zero_()


def count_parameters(network: nn.Module) -> int:
    """The number of trainable parameters."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)
