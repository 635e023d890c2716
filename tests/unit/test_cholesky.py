"""The factorisation and what is solved with it, against the matrix as a whole."""

import re

import numpy as np
import pytest
from scipy import linalg

from rethinking.kernels import panels
from rethinking.kernels.cholesky import NotPositiveDefinite, apply, factorise
from rethinking.kernels.kernels import Gaussian, Linear, Points

SIZES = [1, 2, 255, 256, 257, 700]
EPS = np.finfo(float).eps


def points(n, d=5, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def gram(n, dtype=np.float64):
    return Points(points(n), Gaussian(2.0), dtype)


def dense(n, ridge=0.0):
    x = points(n)
    distances = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    return np.exp(-2.0 * distances) + ridge * np.eye(n)


def lower(factor):
    """The panels' columns as one matrix, without what they store above its diagonal."""
    whole = np.zeros((len(factor), len(factor)))
    for start, panel in zip(factor.starts, factor.panels, strict=False):
        whole[start:, start : start + panel.shape[1]] = panel
    return np.tril(whole)


@pytest.fixture
def narrow(monkeypatch):
    """Many panels of small matrices, and tiles that end inside of panels."""
    monkeypatch.setattr(panels, "panel_width", lambda n: 48)
    monkeypatch.setattr("rethinking.kernels.backends.Cpu.tile_rows", 31)


@pytest.fixture(params=["wide", "narrow"])
def width(request):
    if request.param == "narrow":
        request.getfixturevalue("narrow")


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_the_factor_is_choleskys(n, ridge, width):
    found = lower(factorise(gram(n), ridge))
    np.testing.assert_allclose(found, np.linalg.cholesky(dense(n, ridge)), rtol=0, atol=1e-12)


def test_narrow_panels_are_many(narrow):
    factor = factorise(gram(257))
    assert [panel.shape for panel in factor.panels] == [
        (257 - s, min(48, 257 - s)) for s in range(0, 257, 48)
    ]


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_a_solve_is_that_of_the_whole_matrix(n, ridge, width):
    right = np.random.default_rng(1).standard_normal((n, 3))
    before = right.copy()
    found = factorise(gram(n), ridge).solve(right)
    # The bound is on the error in the matrix, as the condition is not known beforehand.
    matrix = dense(n, ridge)
    residual = abs(matrix @ found - right).max()
    assert residual <= 8 * n * EPS * max(abs(found).max() * abs(matrix).sum(axis=0).max(), 1)
    np.testing.assert_allclose(found, linalg.solve(matrix, right, assume_a="pos"), rtol=1e-8, atol=1e-10)
    assert (right == before).all()


@pytest.mark.parametrize("n", [1, 257])
def test_a_factor_in_float32_solves_to_its_precision(n, width):
    right = np.random.default_rng(1).standard_normal((n, 3))
    factor = factorise(gram(n, np.float32), 0.1)
    found = factor.solve(right)
    assert {panel.dtype for panel in factor.panels} == {np.dtype(np.float32)}
    assert found.dtype == np.float64
    expected = linalg.solve(dense(n, 0.1), right)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * abs(expected).max())


@pytest.mark.parametrize("kernel", [Linear(), Gaussian(2.0)])
@pytest.mark.parametrize("n", SIZES)
def test_a_product_is_that_of_the_whole_matrix(n, kernel, width):
    vectors = np.random.default_rng(1).standard_normal((n, 3))
    matrix = dense(n, 0.5) if kernel != Linear() else points(n) @ points(n).T + 0.5 * np.eye(n)
    found, norm = apply(Points(points(n), kernel), vectors, 0.5)
    np.testing.assert_allclose(found, matrix @ vectors, rtol=0, atol=1e-14 * n * abs(matrix).max())
    assert norm == pytest.approx(np.linalg.norm(matrix, 1), rel=1e-12)


@pytest.mark.parametrize("n", SIZES)
def test_the_inverse_norm_is_a_close_lower_bound(n, width):
    expected = np.linalg.norm(np.linalg.inv(dense(n)), 1)
    found = factorise(gram(n)).inverse_norm()
    assert expected / 3 <= found <= expected * (1 + 1e-7)


def test_the_inverse_norm_is_the_same_each_time_and_leaves_the_global_generator_alone():
    factor = factorise(gram(256))
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    first = factor.inverse_norm()
    assert np.random.random() == expected  # noqa: NPY002
    assert factor.inverse_norm() == first


def test_progress_grows_to_all_there_is(narrow):
    told = []
    factorise(gram(257), report=lambda done, total: told.append((done, total)))
    done, totals = zip(*told, strict=True)
    assert len(done) == 6
    assert list(done) == sorted(set(done))
    assert set(totals) == {257**3 / 3}
    assert done[-1] == pytest.approx(totals[0])
    assert done[0] == pytest.approx(257 * 48**2 - 2 / 3 * 48**3)


def refusal(gram, ridge=0.0):
    with pytest.raises(NotPositiveDefinite) as raised:
        factorise(gram, ridge)
    return str(raised.value)


def row(message):
    return int(re.search(r"row (\d+),", message)[1])


@pytest.mark.parametrize("copy", [1, 47, 48, 100, 199])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_row_of_a_copy_is_named(copy, dtype, narrow):
    x = points(200)
    x[copy] = x[0]
    message = refusal(Points(x, Gaussian(20.0), dtype))
    assert f"row {copy}, in panel {copy // 48}" in message
    assert "the 200 × 200 kernel matrix with ridge 0 is not positive definite" in message
    assert f"in {np.dtype(dtype)}" in message


def test_copies_are_counted(width):
    x = points(200)
    x[[50, 120, 121]] = x[[3, 7, 3]]
    message = refusal(Points(x, Gaussian(20.0)))
    assert "3 points are exact copies of others" in message
    assert row(message) == 50
    assert "too wide" not in message


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("gamma", [0.05, 1.0])
def test_copies_far_from_the_origin_are_found(gamma, seed):
    # Squared norms of 260, as images have them: 2⟨x, z⟩ - ‖x‖² - ‖z‖² is then rounded at 260 eps.
    x = np.random.default_rng(seed).uniform(size=(60, 784))
    x[40] = x[3]
    assert row(refusal(Points(x, Gaussian(gamma)))) == 40


def test_a_linear_kernel_of_few_features_is_refused_at_the_first_row_too_many(width):
    message = refusal(Points(points(200, 60), Linear()))
    assert row(message) == 60
    assert "a linear kernel of 60 features has rank 60 at most, less than n" in message


def test_a_kernel_that_is_too_wide_is_refused(width):
    message = refusal(Points(points(200), Gaussian(1e-3)))
    assert "the kernel is too wide for them: raise the gamma (now 0.001)" in message
    assert "copies" not in message


SINGULAR = {
    "copies": (np.repeat(points(150), 2, axis=0), Gaussian(20.0)),
    "two copies": (np.ones((2, 3)), Gaussian(1.0)),
    "few features": (points(300), Linear()),
    "few features, large": (1e3 * points(300, 100), Linear()),
    "too wide": (points(300), Gaussian(1e-3)),
    "far from the origin": (1e3 + points(300, 3), Gaussian(1e-3)),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("case", SINGULAR)
def test_the_suggested_ridge_does(case, dtype, width):
    found = Points(*SINGULAR[case], dtype)
    ridge = float(re.search(r"a ridge of (\S+)", refusal(found))[1])
    weights = factorise(found, ridge).solve(np.ones((len(found), 1)))
    assert np.isfinite(weights).all()


@pytest.mark.parametrize("ridge", [0.0, 1e-18])
@pytest.mark.parametrize("seed", range(20))
def test_what_is_singular_but_for_rounding_is_refused_not_solved(seed, ridge):
    # LAPACK factors about half of these: the last pivot is 0 and a rounding error of either sign.
    x = points(40, 39, seed)
    x[39] = x[:39].T @ np.full(39, 0.2)
    assert row(refusal(Points(x, Linear()), ridge)) == 39


def test_a_negative_eigenvalue_is_refused_in_later_panels_too(narrow):
    class Shifted(Points):
        def diagonal(self, start, stop):
            return super().diagonal(start, stop) - 2.0 * (np.arange(start, stop) == 130)

    assert row(refusal(Shifted(points(200), Gaussian(2.0)))) == 130
