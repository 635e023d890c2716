"""A network at step 0, from the name of its factory, its arguments and a seed."""

import importlib

import torch
from torch import nn

from rethinking.networks.initialisation import initialise
from rethinking.seeds import torch_seed

# The keys of a specification that say what a network starts as.
START = ("factory", "arguments", "initialisation")


def network_at_start(spec: dict, image_shape: tuple[int, int, int], classes: int, seed: int) -> nn.Module:
    """The network that a run starts from.

    ``spec`` has the keys of ``START``, the factory as "module:function";
    ``image_shape`` is (C, H, W). Weights of layers are drawn from ``seed`` (purpose "initialisation"), and
    what the factory draws itself from its purpose "factory". Raises ``TypeError`` for a factory that returns
    no network.
    """
    module, function = spec["factory"].split(":")
    factory = getattr(importlib.import_module(module), function)
    with torch.random.fork_rng(devices=[]):
        # For parameters of its own, which a factory may draw and ``initialise`` does not know.
        torch.manual_seed(torch_seed(seed, "factory"))
        network = factory(image_shape=image_shape, classes=classes, **spec["arguments"])
    if not isinstance(network, nn.Module):
        raise TypeError(f"{spec['factory']} returned a {type(network).__name__}; expected a torch.nn.Module")
    initialise(
        network, spec["initialisation"], torch.Generator().manual_seed(torch_seed(seed, "initialisation"))
    )
    return network
