"""A Gabor wavelet transform of small images: local energy by orientation and frequency.

The paper reports 0.6 % on MNIST after "a Gabor wavelet transform" (section 5) and gives no details, so
this filter bank is our own.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from skimage.filters import gabor_kernel
from torch import Tensor

ABOUT = {
    "kind": "features",
    "title": "Local energy by orientation and frequency.",
    # The sum of these options is the smallest side in pixels of an image.
    "least_side": ["stride"],
    "options": {
        "frequencies": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "number", "minimum": 0.01, "exclusiveMaximum": 0.5},
            "description": "Frequencies of the wavelets, in cycles a pixel.",
        },
        "orientations": {
            "type": "integer",
            "minimum": 1,
            "maximum": 64,
            "description": "Directions of each frequency.",
        },
        "window": {
            "type": "number",
            "minimum": 0.1,
            "maximum": 100,
            "description": "Deviation in pixels of the averaging Gaussian.",
        },
        "stride": {"type": "integer", "minimum": 1, "description": "Pixels between averages."},
        "margin": {
            "type": "integer",
            "minimum": 0,
            "maximum": 100,
            "description": "Black pixels around an image.",
        },
    },
}


class Gabor(NamedTuple):
    """A filter bank and the treatment of its responses.

    Each image is filtered with a complex Gabor wavelet for every frequency (cycles a pixel, one octave
    wide) and each of ``orientations`` directions; scikit-image cuts oblique wavelets off a little earlier
    than upright ones, at 2.2 deviations instead of 3. The modulus, which does not depend on where within a
    period a stroke lies, is averaged with a Gaussian window of ``window`` pixels' deviation, taken at every
    ``stride``-th pixel, and its square root is the feature.
    """

    frequencies: tuple[float, ...] = (0.25, 0.125)
    orientations: int = 8
    window: float = 2.0
    stride: int = 4
    margin: int = 2  # black pixels around the image


def wavelets(frequency: float, orientations: int) -> np.ndarray:
    """Complex Gabor wavelets of one frequency, complex128 (orientations, side, side), each of norm √2.

    Their mean is taken out of the real part, so that plain areas give no response, and real and imaginary
    part have norm 1.
    """
    bank = []
    for turn in range(orientations):
        kernel = gabor_kernel(frequency, theta=np.pi * turn / orientations, bandwidth=1, n_stds=3)
        envelope = np.abs(kernel)
        even = kernel.real - envelope * kernel.real.sum() / envelope.sum()
        bank.append(even / np.linalg.norm(even) + 1j * kernel.imag / np.linalg.norm(kernel.imag))
    # skimage cuts every orientation to its own size.
    side = max(max(kernel.shape) for kernel in bank)
    square = np.zeros((orientations, side, side), complex)
    for place, kernel in zip(square, bank, strict=True):
        top, left = ((side - length) // 2 for length in kernel.shape)
        place[top : top + kernel.shape[0], left : left + kernel.shape[1]] = kernel
    return square


def _window(deviation: float) -> Tensor:
    """Weights of a Gaussian over whole pixels that sum to 1."""
    reach = int(np.ceil(2 * deviation))
    weights = torch.exp(-(torch.arange(-reach, reach + 1.0) ** 2) / (2 * deviation**2))
    return weights / weights.sum()


def _energies(images: Tensor, settings: Gabor) -> Tensor:
    parts = []
    window = _window(settings.window)
    reach = len(window) // 2
    for frequency in settings.frequencies:
        bank = torch.from_numpy(wavelets(frequency, settings.orientations))[:, None]
        even, odd = (
            F.conv2d(images, part.float(), padding=part.shape[-1] // 2) for part in (bank.real, bank.imag)
        )
        energy = (even**2 + odd**2).sqrt()
        count = energy.shape[1]
        columns = window.expand(count, 1, -1)
        energy = F.conv2d(energy, columns[:, :, None, :], padding=(0, reach), groups=count)
        energy = F.conv2d(energy, columns[:, :, :, None], padding=(reach, 0), groups=count)
        # The grid of places is centred on the image.
        top, left = ((length - 1) % settings.stride // 2 for length in energy.shape[2:])
        energy = energy[:, :, top :: settings.stride, left :: settings.stride]
        parts.append(energy.clamp_min(0).sqrt().flatten(1))
    return torch.cat(parts, dim=1)


def gabor(
    images: np.ndarray,
    settings: Gabor,
    report: Callable[[int, int], None] = lambda done, total: None,
    batch: int = 500,
) -> np.ndarray:
    """Gabor features of uint8 images (N, H, W, C), float32 (N, D); channels are averaged first.

    D is frequencies × orientations × places, 1,024 for MNIST's 28×28 and the default settings. Raises
    ``ValueError`` without images and for images smaller than a window's stride.
    """
    if images.ndim != 4 or not images.size:
        raise ValueError(f"expected images (N, H, W, C), at least one, found {images.shape}")
    if min(images.shape[1:3]) < settings.stride:
        raise ValueError(f"images of {images.shape[1:3]} are smaller than the stride {settings.stride}")
    parts = []
    for start in range(0, len(images), batch):
        grey = torch.from_numpy(images[start : start + batch].mean(axis=3, dtype=np.float32) / 255)
        padded = F.pad(grey[:, None], (settings.margin,) * 4)
        parts.append(_energies(padded, settings).numpy())
        report(start + len(grey), len(images))
    return np.concatenate(parts)


def transform(images: np.ndarray, report: Callable[[int, int], None], **settings) -> np.ndarray:
    """Gabor features of one part of a data set, with the options of ``Gabor``."""
    return gabor(images, Gabor(**settings), report)
