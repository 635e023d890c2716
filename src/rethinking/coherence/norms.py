"""Squared norms of the gradients of single examples, from a layer's inputs and its outputs' gradients.

A linear layer has inputs a_t and outputs at one or more positions t of an example. Let δ_t be the gradient
of the loss with respect to the outputs. The gradient with respect to the weights is then a sum of outer
products, Σ_t δ_t a_tᵀ, and its squared norm is Σ_{t,t'} (δ_t·δ_t')(a_t·a_t'). For a single position this is
‖δ‖²‖a‖² (I. Goodfellow, "Efficient per-example gradient computations", 2015). A convolution is a linear
layer that is applied to every patch. If the Gram matrices of the positions are the larger, the gradient of
each example is computed, its squared norm taken, and the gradient forgotten.

Each function of ``LAYERS`` has the arguments of a function of PyTorch. It returns pairs of a parameter and a
function from δ to the squared norms, float64 (examples,). Inputs and δ have the examples along their first
dimension.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.grad import conv2d_weight

Norms = Callable[[Tensor], Tensor]


def squares(vectors: Tensor) -> Tensor:
    """The squared norm of each of ``vectors`` (examples, ...), float64 (examples,)."""
    return torch.linalg.vector_norm(vectors.flatten(1), dim=1, dtype=torch.float64).square()


def _gram_is_smaller(positions: int, p: int, q: int) -> bool:
    """Whether Gram matrices of the positions need fewer multiplications than p × q outer products."""
    return positions * (p + q) < p * q


def _by_gram(left: Tensor, right: Tensor) -> Tensor:
    """‖Σ_t left_t right_tᵀ‖², float64 (examples,), for (examples, positions, p) and (..., positions, q)."""
    return ((left @ left.mT).double() * (right @ right.mT).double()).sum(dim=(1, 2))


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
    positions, weights = a.shape[1], weight.numel()
    gram = _gram_is_smaller(positions, *weight.shape)
    size = a.element_size() * (6 * positions**2 if gram else weights)

    def norms(delta: Tensor, a: Tensor) -> Tensor:
        return _by_gram(delta, a) if gram else squares(delta.mT @ a)

    def of_weight(delta: Tensor) -> Tensor:
        return in_pieces(norms, size, memory, delta.reshape(*a.shape[:2], -1), a)

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

    def by_gram(delta: Tensor, a: Tensor) -> Tensor:
        patches = F.unfold(_padded(a, padding, kernel, dilation), kernel, dilation, 0, stride)
        patches, delta = (
            each.reshape(len(a) * groups, -1, each.shape[-1]).mT for each in (patches, delta.flatten(2))
        )
        return _by_gram(delta, patches).view(len(a), groups).sum(dim=1)

    def by_gradient(delta: Tensor, a: Tensor) -> Tensor:
        # The examples as groups of one convolution: no patch is copied, as ``unfold`` would.
        x, upstream = _padded(a, padding, kernel, dilation), delta.reshape(1, -1, *delta.shape[2:])
        size = [len(a) * len(weight), *weight.shape[1:]]
        x = x.reshape(1, -1, *x.shape[2:])
        found = conv2d_weight(x, size, upstream, stride, 0, dilation, len(a) * groups)
        return squares(found.view(len(a), -1))

    def of_weight(delta: Tensor) -> Tensor:
        positions, patch = delta[0, 0].numel(), weight[0].numel()
        if _gram_is_smaller(positions, len(weight) // groups, patch):
            size = groups * (6 * positions**2 + positions * patch)
            return in_pieces(by_gram, size * a.element_size(), memory, delta, a)
        size = weight.numel() + 2 * a[0].numel() + delta[0].numel()
        return in_pieces(by_gradient, size * a.element_size(), memory, delta, a)

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
