"""The norm of the weights of each layer of a trained network."""

from torch import nn

from rethinking.recipe import Split

ABOUT = {
    "kind": "measurement",
    "title": "The norm of the weights of each layer.",
    "options": {},
}


def measure(network: nn.Module, train: Split, test: Split) -> list[dict]:
    """Compute the norm of the weights of each layer: one row a layer, in the order of the network.

    ``layer`` is its name, ``depth`` counts from 1, ``weights`` is their number, ``norm`` is ‖w‖₂, and
    ``root_mean_square`` is ‖w‖₂/√weights, by which layers of different sizes can be compared. Vectors, such
    as biases, are no weights here, as for weight decay. The data are not needed.
    """
    layers = [
        (name.removesuffix(".weight"), parameter.detach().double())
        for name, parameter in network.named_parameters()
        if parameter.ndim > 1
    ]
    return [
        {
            "layer": name,
            "depth": depth,
            "weights": weights.numel(),
            "norm": weights.norm().item(),
            "root_mean_square": weights.square().mean().sqrt().item(),
        }
        for depth, (name, weights) in enumerate(layers, 1)
    ]
