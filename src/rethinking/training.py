"""Train one network on one data set with the paper's recipe (appendix A), recorded epoch by epoch."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rethinking.preprocessing import centre_crop, random_crop, whiten
from rethinking.seeds import torch_seed
from rethinking.sgd import SGD


@dataclass(frozen=True)
class Recipe:
    """How a network is trained: SGD with momentum, learning rate times ``decay`` after each epoch.

    ``crop`` is the side of the square that the network sees; the centre of each image, or with
    ``random_crop`` a window drawn anew for every training image in every epoch. ``weight_decay`` is
    the coefficient λ of the penalty λ/2·‖w‖², on the weights of layers (``decayed`` "weights") or on
    every parameter ("all"). ``stop_after_fit`` ends a run early, after so many epochs in a row at
    whose end every training example is classified right; None trains all ``epochs``.
    """

    epochs: int
    learning_rate: float
    crop: int
    batch_size: int = 128
    momentum: float = 0.9
    decay: float = 0.95
    weight_decay: float = 0.0
    decayed: str = "weights"
    random_crop: bool = False
    stop_after_fit: int | None = None


class Epoch(NamedTuple):
    """One row of a history: the state at the end of an epoch, accuracies as fractions.

    ``online_*`` are means over the epoch's mini-batches, in training mode and before each update;
    ``train_*`` and ``test_*`` are of the network as it stands at the end of the epoch, in evaluation
    mode and on centre crops. Losses are mean cross-entropies in nats.
    """

    epoch: int
    step: int
    learning_rate: float
    online_loss: float
    online_accuracy: float
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float


class Training(NamedTuple):
    """What a run gives: its epochs, and how it ended ("finished", "fitted" or "diverged at …")."""

    history: list[Epoch]
    verdict: str


class Split(NamedTuple):
    """Images N×C×H×W in grey levels 0..255 (any dtype) and their labels, int64 (N,)."""

    images: Tensor
    labels: Tensor


@torch.no_grad()
def evaluate(
    network: nn.Module, images: Tensor, labels: Tensor, batch_size: int = 128
) -> tuple[float, float]:
    """Mean cross-entropy (nats) and accuracy of the network in evaluation mode on prepared images."""
    network.eval()
    loss = torch.zeros((), device=images.device, dtype=torch.float64)
    correct = torch.zeros((), device=images.device, dtype=torch.int64)
    for start in range(0, len(labels), batch_size):
        target = labels[start : start + batch_size]
        logits = network(images[start : start + batch_size])
        loss += F.cross_entropy(logits, target, reduction="sum").double()
        correct += (logits.argmax(dim=1) == target).sum()
    return loss.item() / len(labels), correct.item() / len(labels)


def train(
    network: nn.Module,
    train_split: Split,
    test_split: Split,
    recipe: Recipe,
    seed: int,
    report: Callable[[Epoch], None] = lambda epoch: None,
) -> Training:
    """Train ``network`` in place, on the device that it is on, and evaluate it after every epoch.

    The data stay on that device for the whole run. Every epoch goes through all training examples
    once, in an order drawn from ``seed`` (purpose "batch_order"), the last and smaller batch
    included; crops come from ``seed`` too (purpose "augmentation"). ``report`` is called with each
    epoch as it ends. A loss that is not finite ends the run with the verdict "diverged at epoch …":
    that is a result, not an error.
    """
    device = next(network.parameters()).device
    train_split, test_split = (Split(*(t.to(device) for t in s)) for s in (train_split, test_split))
    network.to(memory_format=torch.channels_last)

    def prepare(images: Tensor) -> Tensor:
        return whiten(images).contiguous(memory_format=torch.channels_last)

    train_images = prepare(centre_crop(train_split.images, recipe.crop))
    test_images = prepare(centre_crop(test_split.images, recipe.crop))
    optimiser = SGD(network, recipe.momentum, recipe.weight_decay, recipe.decayed)
    order = torch.Generator().manual_seed(torch_seed(seed, "batch_order"))
    crops = torch.Generator().manual_seed(torch_seed(seed, "augmentation"))
    examples = len(train_split.labels)
    history: list[Epoch] = []
    step = fitted = 0

    for epoch in range(1, recipe.epochs + 1):
        learning_rate = recipe.learning_rate * recipe.decay ** (epoch - 1)
        network.train()
        online_loss = torch.zeros((), device=device, dtype=torch.float64)
        online_correct = torch.zeros((), device=device, dtype=torch.int64)
        permutation = torch.randperm(examples, generator=order).to(device)
        for batch in permutation.split(recipe.batch_size):
            target = train_split.labels[batch]
            if recipe.random_crop:
                x = prepare(random_crop(train_split.images[batch], recipe.crop, crops))
            else:
                x = train_images[batch]
            logits = network(x)
            loss = F.cross_entropy(logits, target)
            optimiser.clear_gradients()
            loss.backward()
            optimiser.step(learning_rate)
            step += 1
            with torch.no_grad():
                online_loss += loss.detach().double() * len(target)
                online_correct += (logits.argmax(dim=1) == target).sum()

        train_loss, train_accuracy = evaluate(network, train_images, train_split.labels)
        test_loss, test_accuracy = evaluate(network, test_images, test_split.labels)
        row = Epoch(
            epoch,
            step,
            learning_rate,
            online_loss.item() / examples,
            online_correct.item() / examples,
            train_loss,
            train_accuracy,
            test_loss,
            test_accuracy,
        )
        history.append(row)
        report(row)
        if not (math.isfinite(row.online_loss) and math.isfinite(row.train_loss)):
            return Training(history, f"diverged at epoch {epoch}, learning rate {learning_rate:.4g}")
        fitted = fitted + 1 if train_accuracy == 1.0 else 0
        if recipe.stop_after_fit is not None and fitted >= recipe.stop_after_fit:
            return Training(history, "fitted")
    return Training(history, "finished")
