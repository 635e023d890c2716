"""The multi-layer perceptrons of the paper's appendix A."""

from math import prod

from torch import nn

from rethinking.networks.layers import scaled


def mlp(
    image_shape: tuple[int, int, int], classes: int, width: float = 1.0, hidden_layers: int = 1
) -> nn.Module:
    """MLP with ``hidden_layers`` layers of 512 ReLU units (appendix A).

    At 3×28×28, 10 classes and width 1: 1,209,866 parameters with one hidden layer ("1×512"),
    1,735,178 with three ("3×512"). Raises ``ValueError`` without a hidden layer.
    """
    if hidden_layers < 1:
        raise ValueError(f"hidden_layers is {hidden_layers}; expected a whole number of 1 or more")
    layers: list[nn.Module] = [nn.Flatten()]
    inputs = prod(image_shape)
    for _ in range(hidden_layers):
        units = scaled(512, width)
        layers += [nn.Linear(inputs, units), nn.ReLU(inplace=True)]
        inputs = units
    return nn.Sequential(*layers, nn.Linear(inputs, classes))
