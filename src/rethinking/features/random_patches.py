"""One convolution with random patches of the training images, as in the paper's section 5.

The network of Coates and Ng ("Learning feature representations with k-means", 2012) with its filters
selected at random. The constants are those of the Recht group's code (github.com/modestyachts/nondeep),
which reports the paper's 17 % on CIFAR-10 with 32,000 filters.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

ABOUT = {
    "kind": "features",
    "title": "One convolution with patches of training images.",
    # Each seed draws filters of its own. The features are too many to be stored; their inner products are.
    "drawn": True,
    "counts": "filters",
    # The sum of these options and numbers is the smallest side in pixels of an image.
    "least_side": ["patch", "pool", -1],
    "options": {
        "filters": {
            "type": "integer",
            "minimum": 1,
            "maximum": 10000000,
            "description": "How many patches are drawn.",
        },
        "patch": {"type": "integer", "minimum": 1, "description": "Their side in pixels."},
        "bias": {
            "type": "number",
            "minimum": 0,
            "maximum": 1000000,
            "description": "Subtracted before each of the two rectifiers.",
        },
        "pool": {
            "type": "integer",
            "minimum": 1,
            "description": "Side of the squares that are averaged over.",
        },
        "stride": {"type": "integer", "minimum": 1, "description": "Pixels between squares."},
        "regularisation": {
            "type": "number",
            "minimum": 1.0e-10,
            "description": "Added to the covariance of patches before filters are divided by it.",
        },
    },
}

LEAST_VARIANCE = 1e-4  # of a patch in grey levels from 0 to 1; plainer ones have no direction to speak of
CANDIDATES = 100_000  # patches that the covariance is taken of; filters are the first of them
# Values of intermediate arrays: on a CPU of one, to stay in its cache; on a GPU of all, a gigabyte.
CACHED, RESIDENT = 1 << 20, 1 << 28
BLOCK = 256  # filters whose features of all images are held at a time
CACHED_FILTERS = 64  # whose responses are computed at a time on a CPU


class RandomPatches(NamedTuple):
    """A layer of random filters and the treatment of its responses z.

    ``filters`` patches of ``patch`` × ``patch`` pixels; two rectifiers, max(z - ``bias``, 0) and
    max(-z - ``bias``, 0); each averaged over squares of ``pool`` × ``pool`` positions, ``stride`` apart.
    Filters are divided by the patches' covariance plus ``regularisation``. Defaults are for 32 × 32 pixels.
    """

    filters: int = 32_000
    patch: int = 6
    bias: float = 1.0
    pool: int = 15
    stride: int = 6
    regularisation: float = 1e-3

    def starts(self, side: int) -> list[int]:
        """Where pooled squares begin along a side of an image; the last one ends within it.

        Raises ``ValueError`` where there is no room for one.
        """
        positions = side - self.patch + 1
        if positions < self.pool:
            raise ValueError(
                f"images of side {side} have {max(positions, 0)} positions of a patch of side {self.patch}: "
                f"expected at least {self.pool}, the side of the squares that are averaged over"
            )
        return list(range(0, positions - self.pool + 1, self.stride))

    def size(self, height: int, width: int) -> int:
        """The number of features of an image."""
        return 2 * self.filters * len(self.starts(height)) * len(self.starts(width))


def _check(images: np.ndarray) -> None:
    if images.ndim != 4 or not images.size:
        raise ValueError(f"expected images (N, H, W, C), at least one, found {images.shape}")


def draw_filters(images: np.ndarray, settings: RandomPatches, generator: np.random.Generator) -> np.ndarray:
    """Filters from patches of uint8 images (N, H, W, C), float32 (filters, patch·patch·C).

    ``CANDIDATES`` patches (or twice ``filters``, if that is more) are drawn uniformly in grey levels from
    0 to 1; each loses its mean and gets norm 1, giving P. The filters are the first rows of
    P(C + regularisation·1)⁻¹, C = PᵀP/N: fewer filters of one seed are the first of more, up to half of
    ``CANDIDATES``.

    Raises ``ValueError`` where fewer than ``filters`` patches are not plain, and for images too small.
    """
    _check(images)
    side = settings.patch
    height, width = (length - side + 1 for length in images.shape[1:3])
    if min(height, width) < 1:
        raise ValueError(f"images of {images.shape[1:3]} have no patch of side {side}")
    count = max(CANDIDATES, 2 * settings.filters)
    # One draw for each patch, in order, so that more candidates begin with the same ones.
    places = generator.integers(0, (len(images), height, width), size=(count, 3))
    every = np.lib.stride_tricks.sliding_window_view(images, (side, side), axis=(1, 2))
    # (count, C, side, side) -> rows, columns, channels, as the convolution reads them
    patches = every[tuple(places.T)].transpose(0, 2, 3, 1).reshape(count, -1) / 255
    patches -= patches.mean(axis=1, keepdims=True)
    patches = patches[patches.var(axis=1) > LEAST_VARIANCE]
    if len(patches) < settings.filters:
        raise ValueError(
            f"{len(patches)} of {count} patches have a variance above {LEAST_VARIANCE:g}, and "
            f"{settings.filters} filters were asked for: ask for fewer, or for larger patches"
        )
    patches /= np.linalg.norm(patches, axis=1, keepdims=True)
    covariance = patches.T @ patches / len(patches)
    covariance[np.diag_indices_from(covariance)] += settings.regularisation
    return np.linalg.solve(covariance, patches[: settings.filters].T).T.astype(np.float32)


def _averages(starts: list[list[int]], pool: int, shape: tuple[int, int], device) -> Tensor:
    """The matrix (places, positions) that averages positions over pooled squares."""
    matrix = torch.zeros(len(starts[0]), len(starts[1]), *shape, device=device)
    for row, top in enumerate(starts[0]):
        for column, left in enumerate(starts[1]):
            matrix[row, column, top : top + pool, left : left + pool] = 1 / pool**2
    return matrix.flatten(0, 1).flatten(1)


def _at_a_time(images: np.ndarray, positions: int, places: int, filters: Tensor) -> tuple[int, int]:
    """How many of the images, and how many filters, are computed at a time."""
    bank, width = filters.shape
    if filters.device.type == "cpu":
        return max(1, min(len(images), CACHED // (positions * max(width, CACHED_FILTERS)))), CACHED_FILTERS
    # All filters, so that patches are read once. Of an image there are the pixels, as they are and as floats,
    # the patches, the responses as they are and rectified, and their averages.
    values = 2 * images[0].size + positions * (width + 2 * bank) + 2 * places * bank
    return max(1, min(len(images), (RESIDENT - 4 * filters.numel()) // values)), bank


def random_patch_features(images: np.ndarray, filters: Tensor, settings: RandomPatches) -> Tensor:
    """Features of uint8 images (N, H, W, C) for ``filters`` (F, patch·patch·C): float32 (N, 2·F·places).

    Both are tensors. Computed where ``filters`` are; pixels are in grey levels from 0 to 1. A feature is
    divided by √settings.filters, so that the scale of inner products does not depend on their number.
    """
    _check(images)
    side, device = settings.patch, filters.device
    shape = tuple(length - side + 1 for length in images.shape[1:3])
    starts = [settings.starts(length) for length in images.shape[1:3]]
    averages = _averages(starts, settings.pool, shape, device)
    positions = shape[0] * shape[1]
    batch, group = _at_a_time(images, positions, len(averages), filters)
    bank = (filters / settings.filters**0.5).T.contiguous()
    bias = settings.bias / settings.filters**0.5
    features = torch.empty(len(images), 2, len(averages), len(filters), device=device)
    for first in range(0, len(images), batch):
        part = torch.from_numpy(np.array(images[first : first + batch])).to(device)
        windows = part.float().div_(255).unfold(1, side, 1).unfold(2, side, 1)
        # (b, rows, columns, C, side, side) -> (b·positions, side·side·C)
        rows = windows.permute(0, 1, 2, 4, 5, 3).reshape(len(part) * positions, -1)
        for start in range(0, len(filters), group):
            responses = rows @ bank[:, start : start + group]
            out = features[first : first + batch, :, :, start : start + group]
            for sign in range(2):
                # max(z - b, 0) = max(z, b) - b, and max(-z - b, 0) = -min(z, -b) - b
                clipped = responses.clamp(min=bias) if sign == 0 else responses.clamp_(max=-bias)
                pooled = torch.matmul(averages, clipped.view(len(part), positions, -1))
                out[:, sign] = pooled.sub_(bias) if sign == 0 else pooled.neg_().sub_(bias)
                del clipped  # before the next responses are made
        del part, windows, rows, responses  # before the next patches are
    return features.flatten(1)


def features_bytes(counts: list[int], features: int, filters: int, device: torch.device) -> int:
    """The most bytes that ``feature_blocks`` holds for sets of so many images with so many ``features``."""
    block = min(BLOCK, filters)
    working = 16 * CACHED if device.type == "cpu" else 4 * RESIDENT
    return 4 * sum(counts) * (features * block // filters) + working


def feature_blocks(
    images: list[np.ndarray],
    filters: np.ndarray,
    settings: RandomPatches,
    device: torch.device,
    block: int = BLOCK,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[list[Tensor]]:
    """The features of several sets of images, ``block`` filters at a time, float32 (N_i, 2·block·places)."""
    for start in range(0, len(filters), block):
        bank = torch.from_numpy(filters[start : start + block]).to(device)
        # Not bound to a name, so that no block outlives its use.
        yield [random_patch_features(each, bank, settings) for each in images]
        report(min(start + block, len(filters)), len(filters))


def draw(images: np.ndarray, generator: np.random.Generator, **settings) -> dict[str, np.ndarray]:
    """The arrays that all features depend on: "filters", drawn from training images (``draw_filters``)."""
    return {"filters": draw_filters(images, RandomPatches(**settings), generator)}


def blocks(
    images: list[np.ndarray],
    drawn: Mapping[str, np.ndarray],
    device: torch.device,
    report: Callable[[int, int], None],
    **settings,
) -> Iterator[list[Tensor]]:
    """Features of several sets of images, some of the features at a time (``feature_blocks``)."""
    return feature_blocks(images, drawn["filters"], RandomPatches(**settings), device, report=report)


def held_bytes(images: list[np.ndarray], device: torch.device, **settings) -> int:
    """The most bytes that ``blocks`` holds at a time. Raises ``ValueError`` for images that are too small."""
    chosen = RandomPatches(**settings)
    count = chosen.size(*images[0].shape[1:3])
    return features_bytes([len(each) for each in images], count, chosen.filters, device)
