"""Which examples the network classifies right, so that one can say when each was learned for good."""

import numpy as np
import torch
from torch import Tensor, nn

from rethinking.evaluation import EVALUATED

ABOUT = {
    "kind": "probe",
    "title": "Whether each example of the sample is classified right.",
    "options": {},
}


@torch.no_grad()
def probe(network: nn.Module, images: Tensor, labels: Tensor) -> dict[str, np.ndarray]:
    """``correct``, bool (n,): whether the largest output for each of n images is that of its label."""
    batch = EVALUATED.get(images.device.type, EVALUATED["cpu"])
    predicted = torch.cat([network(part).argmax(dim=1) for part in images.split(batch)])
    return {"correct": (predicted == labels).cpu().numpy()}
