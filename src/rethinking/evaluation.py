"""Loss and accuracy of a network on a whole set of images."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rethinking.precision import autocast, ieee_float32

# Images evaluated at a time: what fits a CPU's caches, what fills a GPU.
EVALUATED = {"cpu": 128, "cuda": 2000}


@ieee_float32()
@torch.no_grad()
def evaluate(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    batch_size: int | None = None,
    dtype: torch.dtype = torch.float32,
    after_batch: Callable[[], None] = lambda: None,
) -> tuple[float, float]:
    """Mean cross-entropy (nats) and accuracy of the network in evaluation mode on prepared images.

    ``batch_size`` None is what suits the device, ``dtype`` the precision of products (autocast);
    ``after_batch`` is called after each batch.
    """
    network.eval()
    device = images.device
    loss = torch.zeros((), device=device, dtype=torch.float64)
    correct = torch.zeros((), device=device, dtype=torch.int64)
    batch_size = batch_size or EVALUATED.get(device.type, EVALUATED["cpu"])
    for start in range(0, len(labels), batch_size):
        target = labels[start : start + batch_size]
        with autocast(device, dtype):
            logits = network(images[start : start + batch_size])
        loss += F.cross_entropy(logits.float(), target, reduction="sum").double()
        correct += (logits.argmax(dim=1) == target).sum()
        after_batch()
    return loss.item() / len(labels), correct.item() / len(labels)
