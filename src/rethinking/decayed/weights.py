"""Weight decay on the weights of layers, the usual choice. The paper does not name one."""

from torch import nn

ABOUT = {
    "kind": "decayed",
    "title": "the weights of all layers",
}


def parameters(network: nn.Module) -> list[nn.Parameter]:
    """The parameters of two or more dimensions: weights of linear and convolutional layers.

    Biases and the shifts of BatchNorm have one dimension and do not decay.
    """
    return [parameter for parameter in network.parameters() if parameter.ndim > 1]
