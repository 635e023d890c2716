"""Loss and accuracy of a network on a whole set of images."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rethinking.precision import autocast, ieee_float32

# Images evaluated at a time: as many as fit a CPU's caches, or fill a GPU.
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
    others: Sequence[Tensor] = (),
) -> tuple[float, ...]:
    """Mean cross-entropy (nats) and accuracy of the network in evaluation mode on prepared images.

    For each of ``others``, further labels of the same images, the accuracy against them follows; the network
    is applied once.

    ``batch_size`` None suits the device, ``dtype`` the precision of products (autocast);
    ``after_batch`` is called after each batch.
    """
    network.eval()
    device = images.device
    loss = torch.zeros((), device=device, dtype=torch.float64)
    sets = (labels, *others)
    correct = torch.zeros(len(sets), device=device, dtype=torch.int64)
    batch_size = batch_size or EVALUATED.get(device.type, EVALUATED["cpu"])
    for start in range(0, len(labels), batch_size):
        targets = [each[start : start + batch_size] for each in sets]
        with autocast(device, dtype):
            logits = network(images[start : start + batch_size])
        loss += F.cross_entropy(logits.float(), targets[0], reduction="sum").double()
        predicted = logits.argmax(dim=1)
        correct += torch.stack([(predicted == target).sum() for target in targets])
        after_batch()
    return loss.item() / len(labels), *(count / len(labels) for count in correct.tolist())
