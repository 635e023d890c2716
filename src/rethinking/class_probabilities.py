"""The probabilities that a network gives to the classes of each image."""

import numpy as np
import torch
from torch import Tensor, nn

from rethinking.evaluation import EVALUATED
from rethinking.precision import autocast, ieee_float32


@ieee_float32()
@torch.no_grad()
def class_probabilities(
    network: nn.Module, images: Tensor, dtype: torch.dtype = torch.float32, batch_size: int | None = None
) -> np.ndarray:
    """The softmax of the network's outputs in evaluation mode, float64 (n, k).

    ``images`` are prepared, n×C×H×W, on any device. ``dtype`` is the precision of products (autocast);
    ``batch_size`` None suits the device of the network.
    """
    network.eval()
    device = next(network.parameters()).device
    parts = []
    for batch in images.split(batch_size or EVALUATED.get(device.type, EVALUATED["cpu"])):
        with autocast(device, dtype):
            logits = network(batch.to(device))
        parts.append(logits.double().softmax(dim=1).cpu().numpy())
    return np.concatenate(parts)
