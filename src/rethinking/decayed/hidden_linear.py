"""Weight decay on the hidden fully connected layers alone, as in TensorFlow's CIFAR-10 tutorial of 2016.

The network of that tutorial has fully connected layers of 384 and 192 units, as the paper's AlexNet has. Its
penalty is 0.004 · ½‖w‖² on the weights of these two layers; convolutions and the last layer have none
(tensorflow/models, tutorials/image/cifar10/cifar10.py). The paper speaks of "the default coefficient for each
model", and this may be AlexNet's.
"""

from collections import Counter

from torch import nn

ABOUT = {
    "kind": "decayed",
    "title": "the weights of the hidden fully connected layers",
}


def parameters(network: nn.Module) -> list[nn.Parameter]:
    """The weights of all linear layers but the last, which gives the scores of the classes.

    Raises ``ValueError`` for a network without such layers, and names the layers that it has.
    """
    weights = [layer.weight for layer in network.modules() if isinstance(layer, nn.Linear)]
    if len(weights) < 2:
        kinds = Counter(type(layer).__name__ for layer in network.modules() if not list(layer.children()))
        layers = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        raise ValueError(
            f"weight decay is to act on hidden fully connected layers, and this network has none: its layers "
            f"are {layers}"
        )
    return [weight for weight in weights[:-1] if isinstance(weight, nn.Parameter)]
