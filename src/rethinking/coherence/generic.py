"""Squared norms of the gradients of single examples for parameters of any layer, by ``torch.func``."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from rethinking.coherence.norms import in_pieces, squares


def squared_norms(
    network: nn.Module,
    parameters: Mapping[str, nn.Parameter],
    losses: Callable[[Callable[[Tensor], Tensor], Tensor, Tensor], Tensor],
    images: Tensor,
    labels: Tensor,
    activations: int,
    memory: int,
) -> dict[str, Tensor]:
    """Compute the squared norms of the gradients of ``parameters``, for each example: float64 (examples,).

    ``parameters`` are those of ``network`` by name. ``losses(network, images, labels)`` gives the loss of
    each example. A parameter that is used many times has one gradient, the sum over its uses.
    ``activations`` is the approximate number of bytes that the network computes for an example. As many
    examples are taken at a time as fit into about ``memory`` bytes, but at least one.

    Raises ``ValueError`` for a network that ``torch.func`` cannot differentiate.
    """
    names = list(parameters)
    values = {name: parameter.detach() for name, parameter in parameters.items()}

    def loss_of_one(values: dict[str, Tensor], image: Tensor, label: Tensor) -> Tensor:
        def call(images: Tensor) -> Tensor:
            return functional_call(network, values, (images,))

        return losses(call, image[None], label[None])[0]

    gradients = vmap(grad(loss_of_one), in_dims=(None, 0, 0), randomness="different")

    def norms(images: Tensor, labels: Tensor) -> Tensor:
        found = gradients(values, images, labels)
        return torch.stack([squares(found.pop(name)) for name in names], dim=1)

    held = sum(each.nbytes for each in values.values())
    try:
        with torch.no_grad():  # the network's own parameters would build a second graph
            found = in_pieces(norms, 2 * (held + activations), memory, images, labels)
    except RuntimeError as error:
        raise ValueError(
            f"torch.func cannot differentiate the network for single examples, as the parameters "
            f"{', '.join(names)} need: {error}"
        ) from error
    return dict(zip(names, found.unbind(dim=1), strict=True))
