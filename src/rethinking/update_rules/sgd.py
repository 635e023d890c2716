"""Stochastic gradient descent with momentum, the paper's only optimiser."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

ABOUT = {
    "kind": "update_rule",
    "title": "Stochastic gradient descent with momentum, the paper's.",
    "options": {
        "momentum": {
            "type": "number",
            "minimum": 0,
            "exclusiveMaximum": 1,
            "default": 0.9,
            "description": "The part of the last step that the next one keeps.",
        },
    },
}


def update_rule(
    network: nn.Module, weight_decay: float, decayed: Sequence[nn.Parameter], momentum: float = 0.9
) -> "SGD":
    """SGD with momentum for all parameters of ``network`` that require gradients."""
    return SGD(network, momentum, weight_decay, decayed)


class SGD:
    """Plain SGD: v ← momentum · v + g + λ·w and w ← w - learning_rate · v, in one fused kernel.

    The arithmetic is that of ``torch.optim.SGD``, which the tests hold it against. Its kernel is called
    directly because the first ``torch.optim`` object of a process imports PyTorch's compiler, which takes
    1.6 s: as long as a small network trains. In separate operations the update would be three launches a
    parameter on a GPU; on a CPU it would make an MLP's step of 128 images 2 to 8 % longer.

    ``weight_decay`` is λ, which acts on the parameters ``decayed`` (``rethinking.decayed``). Parameters that
    a step does not use keep their values. Without momentum there are no velocities. Raises ``ValueError`` for
    a momentum outside [0, 1).
    """

    def __init__(
        self, network: nn.Module, momentum: float, weight_decay: float, decayed: Sequence[nn.Parameter]
    ):
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum is {momentum!r}; expected a number from 0 to below 1")
        self.momentum = momentum
        self.parameters = [p for p in network.parameters() if p.requires_grad]
        self.velocities = [torch.zeros_like(p) for p in self.parameters] if momentum else []
        chosen = {id(parameter) for parameter in decayed}
        decays = [id(parameter) in chosen for parameter in self.parameters]
        self._groups = [
            (weight_decay if group else 0.0, [i for i, each in enumerate(decays) if each == group])
            for group in (True, False)
        ]

    def state(self) -> list[Tensor]:
        """The state that the next step depends on besides weights and gradients, kept in place."""
        return self.velocities

    def clear_gradients(self) -> None:
        """Forget the gradients of the last step."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self, learning_rate: float | Tensor) -> None:
        """One update from the gradients that ``backward`` left.

        ``learning_rate`` may be a tensor on the parameters' device, which a CUDA graph reads anew each time.
        """
        for weight_decay, group in self._groups:
            gradients = {i: grad for i in group if (grad := self.parameters[i].grad) is not None}
            if not gradients:
                continue
            parameters: list[Tensor] = [self.parameters[i] for i in gradients]
            velocities = [self.velocities[i] for i in gradients] if self.momentum else []
            torch._fused_sgd_(
                parameters,
                [*gradients.values()],
                velocities,
                weight_decay=weight_decay,
                momentum=self.momentum,
                lr=learning_rate,
                dampening=0.0,
                nesterov=False,
                maximize=False,
                is_first_step=False,
            )
