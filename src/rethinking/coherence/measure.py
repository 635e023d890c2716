"""Measure the coherence of a network's gradients over a sample, for each layer and for the whole network."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rethinking.coherence import generic
from rethinking.coherence.definition import Coherence
from rethinking.coherence.norms import squares
from rethinking.coherence.recording import Recording
from rethinking.precision import ieee_float32

# How far the squared norm of an example's gradient may be from that of the example alone, relative to it.
# Rounding may turn a ReLU on or off; a network that mixes examples is further away.
TOLERANCE = 0.1
# Of the squared norm of the whole network: norms of a layer below this are rounding.
NEGLIGIBLE = 1e-6


class NetworkCoherence(NamedTuple):
    """The coherence of the gradients of a network, and of its layers."""

    network: Coherence
    layers: dict[
        str, Coherence
    ]  # by the name of the module that holds the parameters, in the network's order
    by_torch_func: tuple[str, ...]  # parameters whose gradients were computed for each example, which is slow


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """The cross-entropy of each example in nats: logits (m, classes), labels int64 (m,), result (m,)."""
    return F.cross_entropy(logits, labels, reduction="none")


@ieee_float32()
def measure(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
    batch: int = 64,
    memory: int = 2**27,
) -> NetworkCoherence:
    """Measure α and m-coherence of the gradients of ``network`` on a sample (Chatterjee & Zielinski, 2022).

    Example::

        coherence = measure(network, images, labels)
        print(coherence.network.alpha, coherence.network.m_coherence)
        print({layer: part.m_coherence for layer, part in coherence.layers.items()})

    The network is called with ``images`` (m, ...), and ``loss(outputs, labels)`` with ``labels`` (m, ...).
    The loss returns the loss of each example (m,). The outputs are converted to float64 first: in float32
    the gradient of the cross-entropy would be lost to rounding for examples that are fitted. A layer is a
    module with parameters of its own. A parameter of several modules belongs to the first of them. Frozen
    parameters (``requires_grad`` False) are left out.

    Two sums are accumulated. Σ g_i comes from the backward pass of the summed loss. Σ ‖g_i‖² comes from the
    inputs and the output gradients of linear layers, 2-d convolutions and batch normalisations, in the same
    pass (``rethinking.coherence.norms``). Parameters of all other layers, and parameters that are used more
    than once, need the gradient of each example, which ``torch.func`` computes
    (``rethinking.coherence.generic``). Sums are float64. Everything else has the network's own precision,
    and autocast is off.

    ``batch`` is the number of examples in one pass. ``memory`` is the approximate number of bytes that the
    norms of a layer, or the gradients by ``torch.func``, may take in addition. Neither changes the result,
    but for rounding.

    The network is in evaluation mode during the measurement: with the statistics of a batch, an example would
    have no gradient of its own. Modes, gradients and buffers are restored afterwards.

    Never compute coherence from the gradients of mini-batches. The mean of k gradients has the same
    expectation as one gradient, and 1/k of its variance. α of these means is therefore larger,
    α_W = kα / (1 + (k - 1)α): 0.001 becomes 0.2 with batches of 256. If only batches are known,
    α = α_W / (k - (k - 1)α_W).

    Raises ``ValueError`` without examples or trainable parameters; for a loss of another shape; for losses
    that are not finite; for a network that mixes examples or has them along another dimension than the
    first, which is noticed because the first example is also computed alone; for layers that ``torch.func``
    cannot differentiate.
    """
    if len(images) != len(labels) or len(images) == 0:
        raise ValueError(f"{len(images)} images and {len(labels)} labels; expected as many, and 1 or more")
    if batch < 1 or memory < 1:
        raise ValueError(f"batch is {batch} and memory {memory}; expected 1 or more of each")
    parameters = {name: each for name, each in network.named_parameters() if each.requires_grad}
    if not parameters:
        raise ValueError("the network has no parameters to differentiate; expected some with requires_grad")

    def losses(call: Callable[[Tensor], Tensor], images: Tensor, labels: Tensor) -> Tensor:
        found = loss(call(images).double(), labels)
        if found.shape != (len(images),):
            raise ValueError(
                f"the loss of {len(images)} examples has the shape {tuple(found.shape)}; "
                "expected one loss for each (reduction='none')"
            )
        return found

    device = next(iter(parameters.values())).device
    sums = {name: torch.zeros_like(each, dtype=torch.float64) for name, each in parameters.items()}
    squared = dict.fromkeys(parameters, 0.0)
    slow: dict[str, None] = {}
    with _in_evaluation(network), torch.enable_grad(), torch.autocast(device.type, enabled=False):
        for start in range(0, len(images), batch):
            x, y = (each[start : start + batch].to(device) for each in (images, labels))
            norms = _add_batch(network, parameters, losses, x, y, memory, sums, slow)
            if start == 0:
                _check_first(network, parameters, losses, x[:1], y[:1], norms)
            for name, each in norms.items():
                squared[name] += each.sum().item()
    of_sum = {name: each.square().sum().item() for name, each in sums.items()}
    layers: dict[str, list[str]] = {}
    for name in parameters:
        layers.setdefault(_layer(name), []).append(name)

    def coherence(names) -> Coherence:
        return Coherence(
            len(images), sum(of_sum[name] for name in names), sum(squared[name] for name in names)
        )

    parts = {layer: coherence(names) for layer, names in layers.items()}
    return NetworkCoherence(coherence(parameters), parts, tuple(slow))


def _layer(parameter: str) -> str:
    return parameter.rpartition(".")[0]


def _add_batch(network, parameters, losses, images, labels, memory, sums, slow) -> dict[str, Tensor]:
    """Add the gradients of a batch to ``sums``, and return the squared norms of each of its examples."""
    recording = Recording(parameters.values(), len(images), memory)
    with recording:
        of_each = losses(network, images, labels)
    if not of_each.isfinite().all():
        raise ValueError(
            f"losses of examples are not finite, such as {of_each[~of_each.isfinite()][0].item()}"
        )
    if not of_each.requires_grad:
        raise ValueError("the loss does not depend on the network's parameters; expected a gradient")
    total = of_each.sum()
    recording.cover(total)
    gradients: tuple[Tensor | None, ...] = torch.autograd.grad(
        total, list(parameters.values()), allow_unused=True
    )
    norms, uncovered = {}, {}
    for (name, parameter), gradient in zip(parameters.items(), gradients, strict=True):
        if gradient is None:  # no path from the loss, for no example
            norms[name] = torch.zeros(len(images), dtype=torch.float64, device=images.device)
            continue
        sums[name] += gradient
        if id(parameter) in recording.squared_norms:
            norms[name] = recording.squared_norms[id(parameter)]
        else:
            uncovered[name] = parameter
    if uncovered:
        slow.update(dict.fromkeys(uncovered))
        activations = recording.activations // len(images)
        del of_each, total, gradients
        norms |= generic.squared_norms(network, uncovered, losses, images, labels, activations, memory)
    return norms


def _check_first(network, parameters, losses, image, label, norms) -> None:
    """Hold the norms of the first example in a batch to those of the example alone, layer by layer."""
    alone = torch.autograd.grad(
        losses(network, image, label).sum(), list(parameters.values()), allow_unused=True
    )
    expected: dict[str, float] = {}
    found: dict[str, float] = {}
    for name, gradient in zip(parameters, alone, strict=True):
        layer = _layer(name)
        squared = 0.0 if gradient is None else squares(gradient[None]).item()
        expected[layer] = expected.get(layer, 0.0) + squared
        found[layer] = found.get(layer, 0.0) + norms[name][0].item()
    negligible = NEGLIGIBLE * sum(expected.values())
    for layer, right in expected.items():
        if not abs(found[layer] - right) <= TOLERANCE * right + negligible:
            raise ValueError(
                f"layer {layer!r}: the gradient of the first example has the squared norm {found[layer]:.6g} "
                f"in a batch and {right:.6g} alone; expected a network that treats each example by itself, "
                "along the first dimension"
            )


@contextmanager
def _in_evaluation(network: nn.Module) -> Iterator[None]:
    """Put the network into evaluation mode, and give all modules their modes and buffers back afterwards."""
    modes = [(module, module.training) for module in network.modules()]
    buffers = [(buffer, buffer.clone()) for buffer in network.buffers()]
    try:
        network.eval()
        yield
    finally:
        for module, mode in modes:
            module.training = mode
        with torch.no_grad():
            for buffer, value in buffers:
                buffer.copy_(value)
