"""Measure the coherence of a network's gradients over a sample, for each layer and for the whole network."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rethinking.coherence import generic
from rethinking.coherence.definition import Coherence
from rethinking.coherence.recording import Recording
from rethinking.precision import ieee_float32

# How far the outputs of an example may be from those of the example alone, relative to the largest. Rounding
# differs with the number of examples.
TOLERANCE = 0.01


class NetworkCoherence(NamedTuple):
    """The coherence of the gradients of a network, and of its layers."""

    network: Coherence
    layers: dict[str, Coherence]  # by the name of the module, in the network's order
    by_torch_func: tuple[
        str, ...
    ]  # parameters for which the gradient of each example was computed: the slow path


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """The cross-entropy of each example in nats: logits (m, classes), labels int64 (m,), result (m,)."""
    return F.cross_entropy(logits, labels, reduction="none")


@ieee_float32()
def measure(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
    batch: int = 32,
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
    that are not finite; for a network whose outputs for the first example depend on the others; for layers
    that ``torch.func`` cannot differentiate.
    """
    if len(images) != len(labels) or len(images) == 0:
        raise ValueError(f"{len(images)} images and {len(labels)} labels; expected as many, and 1 or more")
    if batch < 1 or memory < 1:
        raise ValueError(f"batch is {batch} and memory {memory}; expected 1 or more of each")
    parameters = {name: each for name, each in network.named_parameters() if each.requires_grad}
    if not parameters:
        raise ValueError("the network has no parameters to differentiate; expected some with requires_grad")

    device = next(iter(parameters.values())).device
    sums = _Sums(network, parameters, loss, memory)
    with _in_evaluation(network), torch.enable_grad(), torch.autocast(device.type, enabled=False):
        for start in range(0, len(images), batch):
            chosen = [each[start : start + batch].to(device) for each in (images, labels)]
            sums.add(*chosen)
            if start == 0:
                _check_independence(network, chosen[0])
    layers: dict[str, list[str]] = {}
    for name in parameters:
        layers.setdefault(name.rpartition(".")[0], []).append(name)
    return NetworkCoherence(
        sums.coherence(parameters),
        {layer: sums.coherence(names) for layer, names in layers.items()},
        tuple(name for name in parameters if name in sums.by_torch_func),
    )


class _Sums:
    """Σ g_i and Σ ‖g_i‖² of each parameter over the examples that were added."""

    def __init__(self, network: nn.Module, parameters: dict[str, nn.Parameter], loss, memory: int):
        self.network, self.parameters, self.loss, self.memory = network, parameters, loss, memory
        self.examples = 0
        self.gradients = {
            name: torch.zeros_like(each, dtype=torch.float64) for name, each in parameters.items()
        }
        self.squared_norms = dict.fromkeys(parameters, 0.0)
        self.by_torch_func: set[str] = set()
        self._elsewhere: dict[int, set[int]] = {}

    def losses(self, call: Callable[[Tensor], Tensor], images: Tensor, labels: Tensor) -> Tensor:
        """The loss of each example, for outputs in float64."""
        found = self.loss(call(images).double(), labels)
        if found.shape != (len(images),):
            raise ValueError(
                f"the loss of {len(images)} examples has the shape {tuple(found.shape)}; "
                "expected one loss for each (reduction='none')"
            )
        return found

    def add(self, images: Tensor, labels: Tensor) -> None:
        """Add the gradients of some examples, all of which are in memory at a time."""
        recording = Recording(self.parameters.values(), len(images), self.memory)
        with recording:
            losses = self.losses(self.network, images, labels)
        if not losses.isfinite().all():
            wrong = losses[~losses.isfinite()][0].item()
            raise ValueError(f"losses of examples are not finite, such as {wrong}; expected finite numbers")
        if not losses.requires_grad:
            raise ValueError("the loss does not depend on the network's parameters; expected a gradient")
        recording.cover(losses, self.parameters.values(), self._elsewhere)
        gradients: tuple[Tensor | None, ...] = torch.autograd.grad(
            losses.sum(), list(self.parameters.values()), allow_unused=True
        )
        self.examples += len(images)
        uncovered = {}
        for (name, parameter), gradient in zip(self.parameters.items(), gradients, strict=True):
            if gradient is None:  # no loss depends on it
                continue
            self.gradients[name] += gradient
            if id(parameter) in recording.squared_norms:
                self.squared_norms[name] += recording.squared_norms[id(parameter)].sum().item()
            else:
                uncovered[name] = parameter
        if uncovered:
            self.by_torch_func.update(uncovered)
            activations = recording.activations // len(images)
            del losses, gradients
            for name, squared in generic.squared_norms(
                self.network, uncovered, self.losses, images, labels, activations, self.memory
            ).items():
                self.squared_norms[name] += squared.sum().item()

    def coherence(self, names: Iterable[str]) -> Coherence:
        """The coherence of the parameters of these names, taken together."""
        names = list(names)
        of_sum = sum(self.gradients[name].square().sum().item() for name in names)
        return Coherence(self.examples, of_sum, sum(self.squared_norms[name] for name in names))


@torch.no_grad()
def _check_independence(network: nn.Module, images: Tensor) -> None:
    """Hold the network's outputs for the first example among others to those of the example alone."""
    among, alone = network(images)[0].double(), network(images[:1])[0].double()
    apart, largest = (among - alone).abs().max().item(), among.abs().max().item()
    if apart > TOLERANCE * largest:
        raise ValueError(
            f"outputs for the first example change by {apart:.3g} of {largest:.3g} without the others; "
            "expected a network that treats each example by itself, and draws nothing at random"
        )


@contextmanager
def _in_evaluation(network: nn.Module) -> Iterator[None]:
    """Put the network into evaluation mode, and give all modules their modes and buffers back afterwards."""
    modes = [(module, module.training) for module in network.modules()]
    buffers = [
        (module, name, buffer, buffer.clone())
        for module in network.modules()
        for name, buffer in module.named_buffers(recurse=False)
    ]
    try:
        network.eval()
        yield
    finally:
        for module, mode in modes:
            module.training = mode
        with torch.no_grad():
            for module, name, buffer, value in buffers:
                setattr(module, name, buffer.copy_(value))
