"""Kernel systems on a GPU are those of the CPU."""

import numpy as np
import pytest
import torch

from rethinking.features.random_patches import RandomPatches, draw_filters, feature_blocks
from rethinking.kernels.accumulated import Accumulated, accumulate
from rethinking.kernels.backends import Cpu, gpu_or_none
from rethinking.kernels.cholesky import NotPositiveDefinite
from rethinking.kernels.kernels import Gaussian, Linear, Points
from rethinking.kernels.systems import one_hot, predict, solve

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
