"""Layers that the networks share, in the form that gives the paper's parameter counts."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def scaled(channels: int, width: float) -> int:
    """``channels`` times the width factor, rounded, at least 1."""
    return max(1, round(channels * width))


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
        left, right, top, bottom = same_padding(*x.shape[2:], self.kernel_size[0], self.stride[0])
        if (left, top) == (right, bottom):
            return F.conv2d(x, self.weight, self.bias, self.stride, padding=(top, left))
        return F.conv2d(F.pad(x, (left, right, top, bottom)), self.weight, self.bias, self.stride)


class SameMaxPool2d(nn.Module):
    """Max pooling with SAME padding; padded places never win."""

    def __init__(self, kernel: int, stride: int):
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        left, right, top, bottom = same_padding(*x.shape[2:], self.kernel, self.stride)
        if (left, top) == (right, bottom):
            return F.max_pool2d(x, self.kernel, self.stride, padding=(top, left))
        padded = F.pad(x, (left, right, top, bottom), value=-torch.inf)
        return F.max_pool2d(padded, self.kernel, self.stride)


class ShiftBatchNorm2d(nn.Module):
    """Batch normalisation with a learned shift and no learned scale.

    One parameter a channel, like the bias of a convolution without it: this is what makes the counts
    of Inception with and without BatchNorm equal (table 1). A scale before a ReLU is redundant with
    the next layer's weights.
    """

    def __init__(self, channels: int, momentum: float = 0.1, epsilon: float = 1e-3):
        super().__init__()
        self.momentum, self.epsilon = momentum, epsilon
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            None,
            self.bias,
            self.training,
            self.momentum,
            self.epsilon,
        )
