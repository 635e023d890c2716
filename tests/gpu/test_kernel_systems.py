"""Kernel systems on a GPU are those of the CPU."""

import numpy as np
import pytest
import torch

from rethinking.classification import one_hot
from rethinking.features.random_patches import RandomPatches, draw_filters, feature_blocks, features_bytes
from rethinking.kernels.accumulated import Accumulated, accumulate, products_bytes
from rethinking.kernels.backends import Cpu, gpu_or_none
from rethinking.kernels.cholesky import NotPositiveDefinite
from rethinking.kernels.kernels import Gaussian, Linear, Points
from rethinking.kernels.plan import SolvePlan
from rethinking.kernels.systems import predict, solve

GPU = gpu_or_none()
pytestmark = pytest.mark.skipif(GPU is None, reason="CuPy sees no GPU")

RNG = np.random.default_rng(0)
POINTS, OTHERS = RNG.integers(0, 256, (5000, 40), dtype=np.uint8), RNG.integers(0, 256, (300, 40), np.uint8)
TARGETS = one_hot(RNG.integers(0, 10, 5000), 10)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("kernel", "ridge"), [(Gaussian(0.5), 0.0), (Linear(), 1.0)])
def test_a_solve_is_that_of_the_cpu(kernel, ridge, dtype):
    found = {}
    for backend in (GPU, Cpu()):
        gram = Points(POINTS, kernel, dtype, backend)
        solution = solve(gram, TARGETS, ridge)
        found[backend.name] = solution, predict(gram, gram.at(OTHERS), solution.weights)
    (ours, scores), (theirs, expected) = found["GPU"], found["CPU"]
    scale = abs(theirs.weights).max()
    np.testing.assert_allclose(ours.weights, theirs.weights, atol=1e-9 * scale)
    np.testing.assert_allclose(scores, expected, atol=1e-9 * abs(expected).max())
    assert ours.norm == pytest.approx(theirs.norm, rel=1e-9)
    assert ours.residual < 1e-10


def test_copies_are_refused_at_the_same_row():
    points = POINTS.astype(float) / 255
    points[4000] = points[3] * (1 + 1e-15)
    with pytest.raises(NotPositiveDefinite, match="row 4000, in panel"):
        solve(Points(points, Gaussian(0.5), backend=GPU), TARGETS)


@pytest.mark.parametrize("size", [40, 2048])
@pytest.mark.parametrize("row", [0, 13, 39])
def test_a_failed_factorisation_is_seen_at_its_row(size, row):
    matrix = np.eye(size) + 0.01
    matrix[row, row] = -1.0
    tile = GPU.to_device(matrix.copy())
    assert GPU.cholesky(tile) == row + 1
    before = np.linalg.cholesky(matrix[:row, :row]) if row else np.empty((0, 0))
    np.testing.assert_allclose(np.tril(GPU.to_host(tile)[:row, :row]), before, atol=1e-12)


def test_the_gpu_that_there_is_can_be_used():
    GPU.try_out()
    assert GPU.devices() >= 1


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("features", [40, 1024])
def test_no_more_memory_is_taken_than_planned(dtype, features):
    n = 12_000
    points, others = (RNG.integers(0, 256, (count, features), dtype=np.uint8) for count in (n, 2000))
    size = points.nbytes + others.nbytes
    pool = GPU.xp.get_default_memory_pool()
    pool.free_all_blocks()
    gram = Points(points, Gaussian(4 / features), dtype, GPU)
    solution = solve(gram, one_hot(np.arange(n) % 10, 10), 1.0)
    predict(gram, gram.at(others), solution.weights)
    planned = SolvePlan(n, features, 11, np.dtype(dtype), "GPU", size).memory_bytes
    # What the pool has taken from the device, with the gaps between arrays.
    assert pool.total_bytes() < 1.1 * planned


def test_inner_products_of_random_patches_are_those_of_the_cpu():
    images = RNG.integers(0, 256, (400, 32, 32, 3), dtype=np.uint8)
    settings = RandomPatches(filters=300)
    filters = draw_filters(images, settings, np.random.default_rng(0))
    found = []
    for device in (torch.device("cuda"), torch.device("cpu")):
        blocks = feature_blocks([images[:300], images[300:]], filters, settings, device)
        found.append(accumulate(blocks, 300, 100, device))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5 * abs(theirs).max())
    gram = Accumulated(found[0], Gaussian(0.01), backend=GPU)
    assert solve(gram, TARGETS[:300]).residual < 1e-10


def test_random_patches_take_no_more_memory_than_planned():
    n, m, settings = 8000, 2000, RandomPatches(filters=1024)
    images = RNG.integers(0, 256, (n + m, 32, 32, 3), dtype=np.uint8)
    filters = draw_filters(images, settings, np.random.default_rng(0))
    device = torch.device("cuda")
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    accumulate(feature_blocks([images[:n], images[n:]], filters, settings, device), n, m, device)
    count = settings.size(32, 32)
    planned = products_bytes(n, m) + features_bytes([n, m], count, settings.filters, device)
    # PyTorch counts cuBLAS's own room as well.
    assert 0.9 * planned < torch.cuda.max_memory_allocated() - before <= planned + 64 * 2**20
