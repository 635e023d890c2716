"""A system past the size at which one threaded call of OpenBLAS's Cholesky ends the process."""

import numpy as np

from rethinking.kernels.kernels import Gaussian, Points
from rethinking.kernels.systems import fit

N = 17_200


def test_a_system_above_17000_is_solved():
    generator = np.random.default_rng(0)
    points, targets = generator.standard_normal((N, 8)), generator.standard_normal((N, 2))
    kernel = Gaussian(1.0)
    weights, _ = fit(Points(points, kernel), targets)
    chosen = generator.integers(0, N, 100)
    squares = ((points[chosen, None] - points) ** 2).sum(axis=2)
    product = np.exp(-squares) @ weights
    np.testing.assert_allclose(product, targets[chosen], atol=1e-9)
