"""Weight decay on every parameter, biases and shifts included, as ``torch.optim`` does by default."""

from torch import nn

ABOUT = {
    "kind": "decayed",
    "title": "every parameter",
}


def parameters(network: nn.Module) -> list[nn.Parameter]:
    """All parameters."""
    return list(network.parameters())
