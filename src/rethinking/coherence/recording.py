"""What each parameter of a network is used for in a forward pass, and the norms that follow from it.

Functions are observed and not modules. A convolution that pads its inputs itself, a module that is called
twice and a parameter that two modules share therefore need no knowledge of these modules.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from rethinking.coherence.norms import LAYERS, Norms


def uses_in_graph(output: Tensor) -> Counter[int]:
    """How often the computation of ``output`` differentiates each parameter, by the parameter's ``id``."""
    uses: Counter[int] = Counter()
    waiting: list[Any] = [output.grad_fn]
    seen = set(waiting)
    while waiting:
        node = waiting.pop()
        for following, _ in node.next_functions if node is not None else ():
            if hasattr(following, "variable"):  # the node that adds to a parameter's gradient
                uses[id(following.variable)] += 1
            elif following is not None and following not in seen:
                seen.add(following)
                waiting.append(following)
    return uses


class Recording(TorchFunctionMode):
    """Record calls of ``norms.LAYERS`` in the forward pass, and compute norms in the backward pass.

    ``examples`` is the number of examples of the forward pass, and ``memory`` the number of bytes that the
    norms of a layer may hold. Call ``cover`` between the two passes. After the backward pass,
    ``squared_norms`` has the squared norms of each covered parameter, float64 (examples,), by the ``id`` of
    the parameter.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], examples: int, memory: int):
        super().__init__()
        self.wanted = {id(parameter) for parameter in parameters}
        self.examples, self.memory = examples, memory
        self.calls: Counter[int] = Counter()
        self.covered: set[int] = set()
        self.squared_norms: dict[int, Tensor] = {}
        self.activations = 0  # bytes of all that functions returned
        self._single: int | None = None  # the only example whose loss is differentiated
        self._elsewhere: set[int] = set()

    def __torch_function__(self, function, types, args=(), kwargs=None):
        output = function(*args, **(kwargs or {}))
        if isinstance(output, Tensor) and output.requires_grad:
            self.activations += output.nbytes
            if function in LAYERS:
                self._record(LAYERS[function](self.memory, *args, **_renamed(kwargs)), output)
        return output

    def _record(self, parts: list[tuple[Tensor | None, Norms]], output: Tensor) -> None:
        parts = [(parameter, norms) for parameter, norms in parts if id(parameter) in self.wanted]
        if not parts or len(output) != self.examples:
            return
        self.calls.update(id(parameter) for parameter, _ in parts)

        def differentiated(delta: Tensor) -> None:
            if self._single is not None:
                others = torch.cat([delta[: self._single], delta[self._single + 1 :]])
                if others.any():
                    self._elsewhere.update(id(parameter) for parameter, _ in parts)
                return
            # Gradients of an example that is fitted may be too small for a square in float32.
            scale = delta.abs().flatten(1).amax(dim=1)
            scale = torch.where(scale > 0, scale, 1)
            delta = delta / scale.view(-1, *[1] * (delta.ndim - 1))
            for parameter, norms in parts:
                if id(parameter) in self.covered:
                    self.squared_norms[id(parameter)] = norms(delta) * scale.double().square()
            parts.clear()  # no longer hold the layer's inputs

        # Registered before a later function, such as ReLU, changes the output in place.
        output.register_hook(differentiated)

    def cover(
        self, losses: Tensor, parameters: Iterable[nn.Parameter], elsewhere: dict[int, set[int]]
    ) -> None:
        """Cover the parameters that are used once on the way to ``losses``, by a layer that was recorded.

        The gradients of two uses must be added before their norm is taken, which no layer can do alone.

        A layer may also have another dimension than that of the examples first. In the gradient of one
        loss, δ is then not 0 for all others. ``elsewhere`` keeps the parameters of such layers by the number
        of examples, because a dimension may be as long as another by chance. For a number that is not in it
        yet, a backward pass of the largest loss alone finds these parameters.
        """
        uses = uses_in_graph(losses)
        self.covered = {key for key in self.wanted if self.calls[key] == uses[key] == 1}
        if self.examples not in elsewhere:
            self._single = int(losses.argmax())
            torch.autograd.grad(losses[self._single], list(parameters), retain_graph=True, allow_unused=True)
            self._single, elsewhere[self.examples] = None, self._elsewhere
        self.covered -= elsewhere[self.examples]


def _renamed(kwargs: dict | None) -> dict:
    """Arguments by name, with the name that this package has for PyTorch's ``input``."""
    return {"inputs" if name == "input" else name: value for name, value in (kwargs or {}).items()}
