"""Probes: measure a network at chosen moments of its training, and leave the training as it was.

A probe looks at the same examples each time, as the network sees them in evaluation. Its trace holds one
value of each quantity for each moment.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from rethinking.seeds import numpy_generator

# The types that a probe may return for one quantity.
Value = float | np.ndarray
MOMENTS = ("epoch", "step", "examples")


class Probe(NamedTuple):
    """A measurement in the course of a training run: of which quantities, on which examples and when.

    ``measure(network, images, labels)`` gets the network in evaluation mode and n standardised centre crops
    with their labels. It returns numbers or arrays by name, with the same names, shapes and dtypes each time.
    ``examples`` are the positions of the images in the training set, int64 (n,). ``measure`` is called before
    the first step if 0 is among ``steps``, after each of the other ``steps``, and at the end of each of the
    ``epochs``, which count from 1; None stands for every epoch.
    """

    name: str
    measure: Callable[[nn.Module, Tensor, Tensor], Mapping[str, Value]]
    examples: np.ndarray
    epochs: Collection[int] | None = None
    steps: Collection[int] = ()

    def is_due_after_epoch(self, epoch: int) -> bool:
        """Whether the probe measures at the end of ``epoch``."""
        return self.epochs is None or epoch in self.epochs


def draw_examples(count: int, examples: int, seed: int) -> np.ndarray:
    """Draw the examples that a probe looks at, from ``seed`` (purpose "probe_sample").

    Returns ``examples`` different positions below ``count``, int64 and rising; all, if there are not so many.
    A larger sample of the same seed holds the smaller one.
    """
    return np.sort(numpy_generator(seed, "probe_sample").permutation(count)[:examples])


class Trace:
    """Everything that one probe has measured in one run so far."""

    def __init__(self, name: str):
        self.name = name
        self.epochs: list[int] = []
        self.steps: list[int] = []
        self.values: dict[str, list[np.ndarray]] = {}

    def add(self, epoch: int, step: int, measured: Mapping[str, Value]) -> None:
        """Keep the measurement after ``step``, in ``epoch`` (0 before the first step).

        Raises ``ValueError`` for names, shapes or dtypes other than those of the first moment.
        """
        arrays = {name: np.array(value) for name, value in measured.items()}
        wrong = [name for name in arrays if not name.isidentifier() or name in MOMENTS]
        wrong += [name for name, array in arrays.items() if array.dtype.kind not in "biuf"]
        if wrong or not arrays:
            raise ValueError(
                f"the probe {self.name} gave {', '.join(map(str, wrong)) or 'nothing'}; expected numbers or "
                f"arrays of numbers by names that Python could have, other than {', '.join(MOMENTS)}"
            )
        if self.values:
            first = {name: values[0] for name, values in self.values.items()}
            if _forms(first) != _forms(arrays):
                raise ValueError(
                    f"the probe {self.name} gave {_forms(arrays)} after step {step}; expected "
                    f"{_forms(first)}, as the first time"
                )
        self.epochs.append(epoch)
        self.steps.append(step)
        for name, array in arrays.items():
            self.values.setdefault(name, []).append(array)

    def arrays(self) -> dict[str, np.ndarray]:
        """``epoch`` and ``step`` of each of T moments, int64 (T,), and each quantity, T × its own shape."""
        moments = {"epoch": np.array(self.epochs, np.int64), "step": np.array(self.steps, np.int64)}
        return moments | {name: np.stack(values) for name, values in self.values.items()}

    def state(self) -> dict:
        """All of it as numbers and tensors, for a checkpoint."""
        values = {name: [torch.from_numpy(each) for each in taken] for name, taken in self.values.items()}
        return {"epochs": list(self.epochs), "steps": list(self.steps), "values": values}

    def restore(self, state: dict) -> None:
        """Go on from ``state``."""
        self.epochs, self.steps = list(state["epochs"]), list(state["steps"])
        self.values = {name: [each.numpy() for each in taken] for name, taken in state["values"].items()}


def _forms(arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
    return {name: f"{array.dtype} {array.shape}" for name, array in sorted(arrays.items())}


@contextmanager
def left_as_it_was(network: nn.Module) -> Iterator[None]:
    """Put ``network`` into evaluation mode for the block, and restore all that a training step depends on.

    Parameters, buffers, gradients, the mode of every module and PyTorch's random generators are the same
    after the block as before, to the byte. Parameters and buffers stay where they are in memory, as CUDA
    graphs need it. When the block begins, no parameter has a gradient.
    """
    modes = [(module, module.training) for module in network.modules()]
    parameters = list(network.parameters())
    gradients = [parameter.grad for parameter in parameters]
    tensors = [tensor.detach() for tensor in (*parameters, *network.buffers())]
    before = [tensor.clone() for tensor in tensors]
    devices = {tensor.device for tensor in tensors if tensor.device.type == "cuda"}
    with torch.random.fork_rng(list(devices)):
        for parameter in parameters:
            parameter.grad = None
        network.eval()
        try:
            yield
        finally:
            with torch.no_grad():
                for tensor, kept in zip(tensors, before, strict=True):
                    tensor.copy_(kept)
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient
            for module, mode in modes:
                module.training = mode
