"""Layers that the networks share, in the form that gives the paper's parameter counts."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def scaled(channels: int, width: float) -> int:
    """``channels`` times the width factor, rounded. Raises ``ValueError`` where no channel is left."""
    units = round(channels * width)
    if units < 1:
        raise ValueError(
            f"width is {width}, which leaves {channels * width:.3g} of {channels} units in a layer; "
            f"expected more than {0.5 / channels:.3g}"
        )
    return units


def same_padding(height: int, width: int, kernel: int, stride: int) -> tuple[int, int, int, int]:
    """TensorFlow's SAME padding as (left, right, top, bottom): output = ceil(input / stride)."""

    def one(size: int) -> tuple[int, int]:
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        return total // 2, total - total // 2

    return *one(width), *one(height)


class SameConv2d(nn.Conv2d):
    """Convolution with SAME padding at any input size and stride."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, bias: bool = True):
        super().__init__(inputs, outputs, kernel, stride, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        left, right, top, bottom = same_padding(height, width, self.kernel_size[0], self.stride[0])
        if (left, top) == (right, bottom):
            return F.conv2d(x, self.weight, self.bias, self.stride, padding=(top, left))
        return F.conv2d(F.pad(x, (left, right, top, bottom)), self.weight, self.bias, self.stride)


class SameMaxPool2d(nn.Module):
    """Max pooling with SAME padding at any input size; padded places never win. ``kernel`` is odd.

    SAME padding has at most one place more at the far edge than at the near one. ``ceil_mode`` lets the
    last window reach over the far edge by that place, so no padded copy of the input is made.
    """

    def __init__(self, kernel: int, stride: int):
        super().__init__()
        if kernel % 2 == 0:
            raise ValueError(f"kernel is {kernel}; expected an odd number")
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        left, _, top, _ = same_padding(height, width, self.kernel, self.stride)
        return F.max_pool2d(x, self.kernel, self.stride, padding=(top, left), ceil_mode=True)


class LocalResponseNorm(nn.Module):
    """``torch.nn.LocalResponseNorm`` for a stated number of channels, some four times as fast on a CPU.

    Divides by (k + α/size · Σ x²)^β, where the sum is over the ``size`` channels around each that exist.
    PyTorch pools over the channels, which copies the images and pads them; here the sums are one product with
    a banded matrix. Squares, sums and powers are of float32 at least, whatever autocast says.

    Example: ``LocalResponseNorm(64, size=9, alpha=0.001, beta=0.75, k=1.0)``.
    """

    band: Tensor

    def __init__(self, channels: int, size: int, alpha: float, beta: float, k: float):
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k
        distance = torch.arange(channels) - torch.arange(channels)[:, None]
        within = (distance >= -(size // 2)) & (distance <= (size - 1) // 2)
        self.register_buffer("band", within.float()[:, :, None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            x = x.to(torch.promote_types(x.dtype, torch.float32))
            weights = self.band.to(x.dtype) * (self.alpha / self.size)
            return x * (F.conv2d(x * x, weights) + self.k) ** -self.beta


class ShiftBatchNorm2d(nn.Module):
    """Batch normalisation with a learned shift and no learned scale.

    One parameter a channel, like the bias of a convolution without it: this makes the counts
    of Inception with and without BatchNorm equal (table 1). A scale before a ReLU is redundant with
    the next layer's weights.

    PyTorch is given a constant scale of ones all the same: without one, its CUDA kernel for
    channels_last inputs returns an empty gradient for the shift. The ones are no parameter and no part
    of the state.
    """

    scale: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, momentum: float = 0.1, epsilon: float = 1e-3):
        super().__init__()
        self.momentum, self.epsilon = momentum, epsilon
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("scale", torch.ones(channels), persistent=False)
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.scale,
            self.bias,
            self.training,
            self.momentum,
            self.epsilon,
        )
