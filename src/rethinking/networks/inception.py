"""The small Inception of the paper's figure 3, with and without BatchNorm."""

import torch
from torch import Tensor, nn

from rethinking.networks.layers import SameConv2d, SameMaxPool2d, ShiftBatchNorm2d, scaled

# Figure 3 from input to output: (1×1 channels, 3×3 channels) is an Inception module, a number alone
# the 3×3 channels of a downsample module.
STEM = 96
MODULES: list[tuple[int, int] | int] = [
    (32, 32),
    (32, 48),
    80,
    (112, 48),
    (96, 64),
    (80, 80),
    (48, 96),
    96,
    (176, 160),
    (176, 160),
]


class ConvModule(nn.Sequential):
    """Convolution, BatchNorm (or the convolution's own bias), ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, batch_norm: bool):
        layers: list[nn.Module] = [SameConv2d(inputs, outputs, kernel, stride, bias=not batch_norm)]
        if batch_norm:
            layers.append(ShiftBatchNorm2d(outputs))
        super().__init__(*layers, nn.ReLU(inplace=True))


class Concatenation(nn.Module):
    """Branches side by side, concatenated over channels."""

    def __init__(self, *branches: nn.Module):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class GlobalMean(nn.Module):
    """Mean over all positions: the paper's 7×7 mean pooling at any input size."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=(2, 3))


def inception(
    image_shape: tuple[int, int, int], classes: int, width: float = 1.0, batch_norm: bool = True
) -> nn.Module:
    """Small Inception (appendix A, figure 3); 1,649,402 parameters at 3×28×28, 10 classes, width 1.

    The count is the same with ``batch_norm`` False: a bias a channel takes the place of the shift.
    """
    channels = scaled(STEM, width)
    layers: list[nn.Module] = [ConvModule(image_shape[0], channels, 3, 1, batch_norm)]
    for module in MODULES:
        if isinstance(module, tuple):
            one, three = (scaled(size, width) for size in module)
            layers.append(
                Concatenation(
                    ConvModule(channels, one, 1, 1, batch_norm),
                    ConvModule(channels, three, 3, 1, batch_norm),
                )
            )
            channels = one + three
        else:
            three = scaled(module, width)
            layers.append(Concatenation(ConvModule(channels, three, 3, 2, batch_norm), SameMaxPool2d(3, 2)))
            channels += three
    return nn.Sequential(*layers, GlobalMean(), nn.Linear(channels, classes))
