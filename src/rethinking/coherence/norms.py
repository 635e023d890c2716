"""Squared norms of the gradients of single examples, from a layer's inputs and its outputs' gradients.

A linear layer has inputs a_t and outputs at one or more positions t of an example. Let δ_t be the gradient
of the loss with respect to the outputs. The gradient with respect to the weights is then a sum of outer
products, Σ_t δ_t a_tᵀ, and its squared norm is Σ_{t,t'} (δ_t·δ_t')(a_t·a_t'). For a single position this is
‖δ‖²‖a‖² (I. Goodfellow, "Efficient per-example gradient computations", 2015). A convolution is a linear
layer that is applied to every patch.

Each function of ``LAYERS`` has the arguments of a function of PyTorch. It returns pairs of a parameter and a
function from δ to the squared norms, float64 (examples,). Inputs and δ have the examples along their first
dimension.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Norms = Callable[[Tensor], Tensor]


def squares(vectors: Tensor) -> Tensor:
    """The squared norm of each of ``vectors`` (examples, ...), float64 (examples,)."""
    return torch.linalg.vector_norm(vectors.flatten(1), dim=1, dtype=torch.float64).square()


def squared_products(left: Tensor, right: Tensor) -> Tensor:
    """‖Σ_t left_t right_tᵀ‖² of each example, float64, for (examples, positions, p) and (..., positions, q).

    The form with fewer multiplications is taken, which is also the smaller in memory: the Gram matrices of
    the positions, or the sum of the outer products itself.
    """
    if _gram_is_smaller(left.shape[1], left.shape[2], right.shape[2]):
        gram = (left @ left.mT).double() * (right @ right.mT).double()
        return gram.sum(dim=(1, 2))
    return squares(left.mT @ right)


def _gram_is_smaller(positions: int, p: int, q: int) -> bool:
    return positions * (p + q) < p * q


def _held(positions: int, p: int, q: int) -> int:
    """How many numbers ``squared_products`` holds for an example; a float64 counts as two."""
    return 6 * positions**2 if _gram_is_smaller(positions, p, q) else p * q


def in_pieces(norms: Callable[..., Tensor], bytes_per_example: int, memory: int, *tensors: Tensor) -> Tensor:
    """Apply ``norms`` to as many examples at a time as fit ``memory`` bytes, at least to one."""
    piece = max(1, memory // max(1, bytes_per_example))
    return torch.cat([norms(*parts) for parts in zip(*(each.split(piece) for each in tensors), strict=True)])


def linear(
    memory: int, inputs: Tensor, weight: Tensor, bias: Tensor | None = None
) -> list[tuple[Any, Norms]]:
    """``torch.nn.functional.linear``, for inputs (examples, units) or (examples, positions..., units)."""
    if inputs.ndim < 2 or weight.ndim != 2 or not (bias is None or bias.ndim == 1):
        return []
    a = inputs.detach().reshape(len(inputs), -1, inputs.shape[-1])
    size = _held(a.shape[1], *weight.shape) * a.element_size()

    def of_weight(delta: Tensor) -> Tensor:
        return in_pieces(squared_products, size, memory, delta.reshape(*a.shape[:2], -1), a)

    def of_bias(delta: Tensor) -> Tensor:
        return squares(delta.reshape(*a.shape[:2], -1).sum(dim=1))

    return [(weight, of_weight), (bias, of_bias)]


def _padded(inputs: Tensor, padding, kernel: tuple[int, ...], dilation: tuple[int, ...]) -> Tensor:
    """The inputs with the zeros that the convolution adds around them."""
    if padding == "valid":
        return inputs
    if padding == "same":
        total = [spread * (size - 1) for spread, size in zip(dilation, kernel, strict=True)]
        (top, bottom), (left, right) = ((each // 2, each - each // 2) for each in total)
    else:
        top, left = _pair(padding)
        bottom, right = top, left
    return F.pad(inputs, (left, right, top, bottom)) if any((left, right, top, bottom)) else inputs


def _pair(value) -> tuple[int, int]:
    sizes = [value] if isinstance(value, int) else list(value)
    return (sizes[0], sizes[0]) if len(sizes) == 1 else (sizes[0], sizes[1])


def _patches(inputs: Tensor, kernel, stride, dilation, groups: int) -> Tensor:
    """The patches that a convolution multiplies: (examples · groups, numbers of a patch, positions)."""
    if kernel == (1, 1):
        patches = inputs[:, :, :: stride[0], :: stride[1]].flatten(2)
    else:
        patches = F.unfold(inputs, kernel, dilation, 0, stride)
    return patches.reshape(len(inputs) * groups, -1, patches.shape[-1])


def conv2d(
    memory: int,
    inputs: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride=1,
    padding=0,
    dilation=1,
    groups=1,
) -> list[tuple[Any, Norms]]:
    """``torch.nn.functional.conv2d``, for inputs (examples, channels, height, width)."""
    if inputs.ndim != 4:
        return []
    a, kernel = inputs.detach(), (weight.shape[2], weight.shape[3])
    stride, dilation = _pair(stride), _pair(dilation)

    def of_weight(delta: Tensor) -> Tensor:
        positions, patch = delta.shape[2] * delta.shape[3], weight[0].numel()
        of_group = _held(positions, weight.shape[0] // groups, patch) + 2 * positions * patch

        def norms(delta: Tensor, a: Tensor) -> Tensor:
            patches = _patches(_padded(a, padding, kernel, dilation), kernel, stride, dilation, groups)
            delta = delta.reshape(len(a) * groups, -1, positions)
            return squared_products(delta.mT, patches.mT).view(len(a), groups).sum(dim=1)

        return in_pieces(norms, groups * of_group * a.element_size(), memory, delta, a)

    return [(weight, of_weight), (bias, lambda delta: squares(delta.sum(dim=(2, 3))))]


def batch_norm(
    memory: int,
    inputs: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> list[tuple[Any, Norms]]:
    """``torch.nn.functional.batch_norm`` with fixed statistics: a scale and a shift for each channel.

    Raises ``ValueError`` if statistics are those of the batch: an example has then no gradient of its own.
    """
    if training or running_mean is None or running_var is None:
        raise ValueError(
            "batch normalisation takes its statistics from the batch, in evaluation mode too, so that an "
            "example has no gradient of its own; expected running averages (track_running_stats=True)"
        )
    a, mean, deviation = inputs.detach(), running_mean, (running_var + eps).sqrt()
    channels = (1, -1, *[1] * (a.ndim - 2))

    def of_scale(delta: Tensor) -> Tensor:
        normalised = (a - mean.view(channels)) / deviation.view(channels)
        return squares((delta * normalised).flatten(2).sum(dim=2) if a.ndim > 2 else delta * normalised)

    def of_shift(delta: Tensor) -> Tensor:
        return squares(delta.flatten(2).sum(dim=2) if a.ndim > 2 else delta)

    return [(weight, of_scale), (bias, of_shift)]


# By the function of PyTorch that modules call: the layers whose norms need no gradient of a single example.
LAYERS: dict[Any, Callable[..., list[tuple[Any, Norms]]]] = {
    F.linear: linear,
    F.conv2d: conv2d,
    F.batch_norm: batch_norm,
}
