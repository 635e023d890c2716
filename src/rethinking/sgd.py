"""Stochastic gradient descent with momentum, the paper's only optimiser."""

import torch
from torch import Tensor, nn

DECAYED = ("weights", "all")


class SGD:
    """Plain SGD: v ← momentum · v + g + λ·w and w ← w - learning_rate · v, in one fused kernel.

    The arithmetic is that of ``torch.optim.SGD(fused=True)``, which the tests hold it against. Using
    the kernel directly spares each run the second that the first ``torch.optim`` object takes to
    import PyTorch's compiler.

    ``weight_decay`` is λ, on the weights of layers (parameters with two or more dimensions) if
    ``decayed`` is "weights", on every parameter if it is "all". Raises ``ValueError`` for another
    ``decayed``.
    """

    def __init__(self, network: nn.Module, momentum: float, weight_decay: float, decayed: str):
        if decayed not in DECAYED:
            raise ValueError(f"decayed is {decayed!r}; expected one of {', '.join(DECAYED)}")
        self.momentum = momentum
        self.parameters = [p for p in network.parameters() if p.requires_grad]
        self.velocities = [torch.zeros_like(p) for p in self.parameters]
        decayed_here = [decayed == "all" or p.ndim > 1 for p in self.parameters]
        self._groups = [
            (
                weight_decay if decays else 0.0,
                [i for i, d in enumerate(decayed_here) if d == decays],
            )
            for decays in (True, False)
        ]

    def clear_gradients(self) -> None:
        """Forget the gradients of the last step."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self, learning_rate: float | Tensor) -> None:
        """One update from the gradients that ``backward`` left."""
        for weight_decay, members in self._groups:
            if not members:
                continue
            parameters: list[Tensor] = [self.parameters[i] for i in members]
            torch._fused_sgd_(
                parameters,
                [p.grad for p in parameters],
                [self.velocities[i] for i in members],
                weight_decay=weight_decay,
                momentum=self.momentum,
                lr=learning_rate,
                dampening=0.0,
                nesterov=False,
                maximize=False,
                is_first_step=False,
            )
