"""Blocks of kernel matrices against the formulas, one pair of points after the other."""

import math

import numpy as np
import pytest

from rethinking.kernels.backends import Cpu
from rethinking.kernels.kernels import Gaussian, Linear, Points

KERNELS = [Linear(), Gaussian(0.3)]


class SmallTiles(Cpu):
    """Filling a block takes several tiles, the last one smaller."""

    tile_rows = 7


def points(n=20, d=5, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def one_by_one(kernel, a, b):
    """The kernel of each pair with sums in the order of the formula, exact but for the last rounding."""

    def k(x, z):
        if isinstance(kernel, Linear):
            return math.fsum(p * q for p, q in zip(x, z, strict=True))
        return math.exp(-kernel.gamma * math.fsum((p - q) ** 2 for p, q in zip(x, z, strict=True)))

    return np.array([[k(x, z) for z in b.tolist()] for x in a.tolist()])


def block(gram, rows, columns, others=None):
    # NaN: what was in the memory before must not matter.
    out = np.full((rows.stop - rows.start, columns.stop - columns.start), np.nan, gram.dtype)
    gram.block(rows, columns, out, others)
    return out


def whole(gram):
    return block(gram, slice(0, len(gram)), slice(0, len(gram)))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("dtype", "error"), [(np.float64, 1e-14), (np.float32, 5e-6)])
def test_the_matrix_is_the_formula_for_each_pair(kernel, dtype, error):
    x = points()
    gram = Points(x, kernel, dtype)
    found = whole(gram)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, one_by_one(kernel, x, x), rtol=0, atol=error * 10)
    np.testing.assert_allclose(gram.diagonal(3, 9), np.diag(one_by_one(kernel, x, x))[3:9], rtol=error)
    assert len(gram) == 20


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("backend", [Cpu(), SmallTiles()])
@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (slice(3, 17), slice(5, 6)),
        (slice(19, 20), slice(0, 20)),
        (slice(7, 14), slice(13, 20)),
        (slice(1, 20), slice(2, 19)),
        (slice(4, 4), slice(0, 3)),
    ],
)
def test_a_block_is_that_part_of_the_matrix(kernel, backend, rows, columns):
    x = points()
    found = block(Points(x, kernel, backend=backend), rows, columns)
    np.testing.assert_allclose(found, one_by_one(kernel, x, x)[rows, columns], rtol=0, atol=1e-13)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_block_against_other_points_has_these_as_its_rows(kernel):
    x, z = points(), points(9, seed=1)
    gram = Points(x, kernel, backend=SmallTiles())
    found = block(gram, slice(1, 9), slice(3, 14), gram.at(z))
    np.testing.assert_allclose(found, one_by_one(kernel, z[1:9], x[3:14]), rtol=0, atol=1e-13)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_block_inside_a_larger_array_leaves_the_rest_alone(kernel):
    x = points()
    panel = np.full((12, 6), 7.0)
    Points(x, kernel).block(slice(4, 12), slice(4, 10), panel[2:10])
    np.testing.assert_allclose(panel[2:10], one_by_one(kernel, x, x)[4:12, 4:10], rtol=0, atol=1e-13)
    assert (panel[[0, 1, 10, 11]] == 7).all()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_grey_levels_are_divided_by_255(kernel, dtype):
    x = np.random.default_rng(0).integers(0, 256, (20, 5), dtype=np.uint8)
    expected = one_by_one(kernel, x / 255, x / 255)
    np.testing.assert_allclose(whole(Points(x, kernel, dtype)), expected, atol=8 * np.finfo(dtype).eps)


@pytest.mark.parametrize("stored", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("kernel", KERNELS)
def test_values_of_a_smaller_dtype_lose_nothing_more(kernel, stored):
    x = (3 * points()).astype(stored)
    expected = one_by_one(kernel, x.astype(float), x.astype(float))
    np.testing.assert_allclose(whole(Points(x, kernel)), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kernel", KERNELS)
def test_in_float64_is_the_matrix_to_full_precision(kernel):
    x = points()
    rough = Points(x, kernel, np.float32)
    exact = rough.in_float64()
    assert abs(whole(rough) - one_by_one(kernel, x, x)).max() > 1e-9
    np.testing.assert_allclose(whole(exact), one_by_one(kernel, x, x), rtol=0, atol=1e-13)
    assert exact.in_float64() is exact


def test_other_points_have_the_same_kernel_and_dtype():
    other = Points(points(), Gaussian(0.3), np.float32, SmallTiles()).at(points(9, seed=1))
    assert (len(other), other.kernel, other.dtype) == (9, Gaussian(0.3), np.float32)
    assert isinstance(other.backend, SmallTiles)


def test_a_gaussian_is_never_above_1():
    x = np.repeat(points(10, 300), 2, axis=0)  # rounding alone puts the exponent of some pairs above 0
    gram = Points(x, Gaussian(0.1))
    product = np.column_stack([gram.squares] * 20) + gram.squares - 2 * x @ x.T
    assert product.min() < 0, "no pair tests it"
    assert whole(gram).max() <= 1


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_matrix_of_inner_products_becomes_the_kernels(kernel):
    x, z = points(), points(9, seed=1)
    products = x @ z.T
    kernel.of_products(np, products, (x**2).sum(axis=1), (z**2).sum(axis=1))
    np.testing.assert_allclose(products, one_by_one(kernel, x, z), rtol=0, atol=1e-13)


@pytest.mark.parametrize("shape", [(20,), (0, 5), (20, 0), (2, 3, 4)])
def test_points_that_are_no_rows_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected points as rows \(n, d\)"):
        Points(np.ones(shape), Linear())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e200])
def test_a_point_that_is_not_finite_is_named(value):
    x = points()
    x[13, 2] = value
    with np.errstate(over="ignore"), pytest.raises(ValueError, match="point 13 has features"):
        Points(x, Linear(), backend=SmallTiles())


@pytest.mark.parametrize("gamma", [0, -1.0, np.inf, np.nan])
def test_a_gamma_that_is_not_above_0_is_refused(gamma):
    with pytest.raises(ValueError, match="expected a gamma above 0"):
        Points(points(), Gaussian(gamma))


@pytest.mark.parametrize("stored", [np.int64, np.int8, bool])
def test_integers_of_no_known_scale_are_refused(stored):
    with pytest.raises(ValueError, match="expected floats of the scale"):
        Points(points().astype(stored), Gaussian(1.0))


@pytest.mark.parametrize("others", [points(), Points(points(), Gaussian(1.0))])
def test_other_points_are_those_that_at_gives(others):
    with pytest.raises(ValueError, match="expected other points as `at` gives them"):
        Points(points(), Gaussian(1.0)).block(slice(0, 2), slice(0, 2), np.empty((2, 2)), others)
