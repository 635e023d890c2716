"""From stored images to what a network sees: crops and per-image whitening (appendix A).

Images come as N×C×H×W tensors of any dtype in grey levels 0..255, on any device.
"""

import torch
from torch import Tensor


def whiten(images: Tensor) -> Tensor:
    """Whiten each image on its own, as TensorFlow's ``per_image_whitening`` (appendix A).

    x ← (x/255 - mean) / max(std, 1/√N), with mean and population standard deviation over all
    N = C·H·W values of the image. Returns float32 of the same shape; a constant image becomes 0.
    """
    x = images.to(torch.float32) / 255
    values = x[0].numel()
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    deviation = x.var(dim=(1, 2, 3), keepdim=True, unbiased=False).sqrt()
    return (x - mean) / deviation.clamp_min(values**-0.5)


def centre_crop(images: Tensor, size: int) -> Tensor:
    """The central ``size``×``size`` window of N×C×H×W images; the odd pixel goes to the far edge."""
    top, left = (images.shape[2] - size) // 2, (images.shape[3] - size) // 2
    if top < 0 or left < 0:
        raise ValueError(f"cannot crop images of {tuple(images.shape[2:])} to {size}×{size}")
    return images[:, :, top : top + size, left : left + size]


def random_crop(images: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """A ``size``×``size`` window of each image, uniform over all positions, drawn per image.

    ``generator`` is a CPU generator, so that every device sees the same crops.
    """
    count, _, height, width = images.shape
    if height < size or width < size:
        raise ValueError(f"cannot crop images of {height}×{width} to {size}×{size}")
    corner = torch.stack(
        [
            torch.randint(height - size + 1, (count,), generator=generator),
            torch.randint(width - size + 1, (count,), generator=generator),
        ]
    ).to(images.device)
    window = torch.arange(size, device=images.device)
    rows = (corner[0][:, None] + window)[:, None, :, None]
    columns = (corner[1][:, None] + window)[:, None, None, :]
    index = torch.arange(count, device=images.device)[:, None, None, None]
    channel = torch.arange(images.shape[1], device=images.device)[None, :, None, None]
    return images[index, channel, rows, columns]
