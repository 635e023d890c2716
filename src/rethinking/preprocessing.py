"""From stored images to the inputs of a network: crops and per-image whitening (appendix A).

Images come as N×C×H×W tensors of any dtype in grey levels 0..255, on any device.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def standardise(images: Tensor) -> Tensor:
    """Standardise each image on its own, as TensorFlow's ``per_image_whitening`` (appendix A).

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


def draw_windows(count: int, height: int, width: int, size: int, generator: torch.Generator) -> Tensor:
    """Upper left corners (row, column) of ``count`` windows, uniform over all positions, int64 (count, 2).

    ``generator`` is a CPU generator, so that every device sees the same windows.
    """
    if height < size or width < size:
        raise ValueError(f"cannot crop images of {height}×{width} to {size}×{size}")
    rows = torch.randint(height - size + 1, (count,), generator=generator)
    columns = torch.randint(width - size + 1, (count,), generator=generator)
    return torch.stack([rows, columns], dim=1)


def crop(images: Tensor, corners: Tensor, size: int) -> Tensor:
    """The ``size``×``size`` window of each N×C×H×W image at its corner, int64 (N, 2)."""
    window = torch.arange(size, device=images.device)
    rows = (corners[:, 0, None] + window)[:, None, :, None]
    columns = (corners[:, 1, None] + window)[:, None, None, :]
    index = torch.arange(len(images), device=images.device)[:, None, None, None]
    channel = torch.arange(images.shape[1], device=images.device)[None, :, None, None]
    return images[index, channel, rows, columns]


def flip(images: Tensor, flipped: Tensor) -> Tensor:
    """N×C×H×W images with those mirrored left to right that ``flipped``, bool (N,), says (appendix E)."""
    return torch.where(flipped[:, None, None, None], images.flip(3), images)


def rotate(images: Tensor, degrees: Tensor) -> Tensor:
    """Each N×C×H×W image turned counterclockwise about its centre by its angle, (N,); float32 (appendix E).

    Bilinear interpolation; pixels from outside the image are black.
    """
    angle = torch.deg2rad(degrees.to(torch.float32))
    cosine, sine, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    matrix = torch.stack([cosine, -sine, zero, sine, cosine, zero], dim=1).view(-1, 2, 3)
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    return F.grid_sample(images.to(torch.float32), grid, align_corners=False)
