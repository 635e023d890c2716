"""The small Alexnet of the paper's appendix A."""

from torch import nn

from rethinking.networks.layers import LocalResponseNorm, SameConv2d, SameMaxPool2d, scaled


def alexnet(image_shape: tuple[int, int, int], classes: int, width: float = 1.0) -> nn.Module:
    """Small Alexnet (appendix A); 1,387,786 parameters at 3×28×28, 10 classes, width 1.

    Two modules of 5×5 convolution, 3×3 max pooling and local response normalisation, then fully
    connected layers of 384 and 192. The paper does not print the convolutions' width: 64, with SAME
    pooling of stride 2, gives its parameter count. The normalisation's constants are those of
    TensorFlow's CIFAR-10 tutorial of the time (radius 4, α = 0.001/9 a value, β = 0.75, k = 1).
    """
    channels, height, image_width = image_shape
    convolution, first, second = (scaled(size, width) for size in (64, 384, 192))

    def module(inputs: int) -> list[nn.Module]:
        return [
            SameConv2d(inputs, convolution, 5),
            nn.ReLU(inplace=True),
            SameMaxPool2d(3, 2),
            LocalResponseNorm(convolution, size=9, alpha=0.001, beta=0.75, k=1.0),
        ]

    for _ in range(2):
        height, image_width = -(-height // 2), -(-image_width // 2)
    return nn.Sequential(
        *module(channels),
        *module(convolution),
        nn.Flatten(),
        nn.Linear(convolution * height * image_width, first),
        nn.ReLU(inplace=True),
        nn.Linear(first, second),
        nn.ReLU(inplace=True),
        nn.Linear(second, classes),
    )
