"""Least squares of minimum norm through N = n, and random Fourier features against their kernel."""

import numpy as np
import pytest

from rethinking.random_fourier import (
    FourierFeatures,
    Problem,
    draw,
    fit_features,
    fit_kernel,
    least_squares,
)


def random(seed=0):
    return np.random.default_rng(seed)


def gaussian(a, b, gamma):
    return np.exp(-gamma * np.square(a[:, None] - b).sum(axis=2))


# --- least squares of minimum norm -----------------------------------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_the_solution_is_that_of_the_pseudo_inverse(seed):
    """Of random shapes below, at and above N = n, every third with a rank that is smaller than both sides."""
    generator = random(seed)
    n = int(generator.integers(1, 13))
    count = {0: int(generator.integers(1, n + 1)), 1: n, 2: n + int(generator.integers(1, 13))}[seed % 3]
    rank = min(n, count)
    if seed % 9 < 3:
        rank = int(generator.integers(1, rank + 1))
    design = generator.standard_normal((n, rank)) @ generator.standard_normal((rank, count))
    targets = generator.standard_normal((n, 3))
    kept = design.copy()
    found = least_squares(design, targets)
    np.testing.assert_array_equal(design, kept)
    reference, _, reference_rank, scales = np.linalg.lstsq(design, targets, rcond=1e-12)
    size = max(1.0, np.abs(reference).max())
    np.testing.assert_allclose(found.weights, reference, rtol=0, atol=1e-8 * size)
    np.testing.assert_allclose(
        found.weights, np.linalg.pinv(design, rcond=1e-12) @ targets, rtol=0, atol=1e-8 * size
    )
    assert found.rank == reference_rank == rank
    assert found.condition == pytest.approx(scales[0] / scales[rank - 1], rel=1e-6)


def test_the_solution_by_hand():
    """One equation of two unknowns; two equations of one, whose solution is their mean."""
    found = least_squares(np.array([[3.0, 4.0]]), np.array([[50.0]]))
    np.testing.assert_allclose(found.weights, [[6.0], [8.0]])
    found = least_squares(np.array([[1.0], [1.0]]), np.array([[1.0], [4.0]]))
    np.testing.assert_allclose(found.weights, [[2.5]])
    assert (found.rank, found.condition) == (1, 1.0)


def test_what_is_below_the_cutoff_counts_as_0():
    design = np.diag([1.0, 1e-3, 1e-6])
    found = least_squares(design, np.eye(3), cutoff=1e-4)
    np.testing.assert_allclose(found.weights, np.diag([1.0, 1e3, 0.0]), atol=1e-9)
    assert (found.rank, found.condition) == (2, pytest.approx(1e3))
    assert least_squares(design, np.eye(3)).rank == 3


def test_a_condition_number_that_a_gram_matrix_would_lose_is_kept():
    """At N = n the square of the condition number passes what float64 resolves."""
    left, right = (np.linalg.qr(random(seed).standard_normal((20, 20)))[0] for seed in (1, 2))
    design = left * np.logspace(0, -9, 20) @ right.T
    weights = random(3).standard_normal((20, 1))
    found = least_squares(design, design @ weights)
    assert found.rank == 20
    assert found.condition == pytest.approx(1e9, rel=1e-4)
    np.testing.assert_allclose(found.weights, weights, atol=1e-5)


@pytest.mark.parametrize(("n", "count"), [(40, 20), (40, 30), (40, 60), (40, 120)])
def test_the_norm_of_fitted_noise_has_its_peak_at_n(n, count):
    """With Gaussian features E‖W‖² of noise is N/(n - N - 1) below N = n and n/(N - n - 1) above it."""
    squared = [
        np.square(
            least_squares(
                random(seed).standard_normal((n, count)), random(10_000 + seed).standard_normal((n, 20))
            ).weights
        ).sum()
        / 20
        for seed in range(300)
    ]
    assert np.mean(squared) == pytest.approx(min(n, count) / (abs(n - count) - 1), rel=0.05)


@pytest.mark.parametrize(
    ("design", "targets", "message"),
    [
        (np.ones(3), np.ones((3, 1)), r"found \(3,\) and \(3, 1\)"),
        (np.ones((3, 0)), np.ones((3, 1)), r"found \(3, 0\)"),
        (np.ones((3, 2)), np.ones((4, 1)), r"found \(3, 2\) and \(4, 1\)"),
        (np.full((3, 2), np.nan), np.ones((3, 1)), "not finite"),
        (np.ones((3, 2)), np.full((3, 1), np.inf), "not finite"),
    ],
)
def test_what_is_no_system_is_refused(design, targets, message):
    with pytest.raises(ValueError, match=message):
        least_squares(design, targets)


# --- random Fourier features -----------------------------------------------------------------------


def cloud(n=12, m=10, d=4):
    points = random(6).standard_normal((n + m, d))
    return points[:n], points[n:]


@pytest.mark.parametrize("gamma", [0.05, 0.2])
def test_inner_products_of_features_are_the_kernel_up_to_the_scatter_of_their_draw(gamma):
    """A term 2cos(..)cos(..) has a variance of at most 3/2; 144 pairs stay within six deviations."""
    count = 20_000
    points, others = cloud()
    features = draw(count, 4, gamma, random(7))
    found = features.at(points) @ features.at(others).T
    kernel = gaussian(points, others, gamma)
    assert np.abs(found - kernel).max() < 6 * (1.5 / count) ** 0.5
    # Half or twice the deviation of the frequencies would be seen.
    for wrong in (gamma / 2, 2 * gamma):
        assert np.abs(found - gaussian(points, others, wrong)).max() > 0.1


def test_features_by_hand():
    features = FourierFeatures(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([0.0, np.pi / 2]))
    found = features.at(np.array([[np.pi / 3, 0.0], [np.pi, np.pi / 4]]))
    np.testing.assert_allclose(found, [[0.5, 0.0], [-1.0, -1.0]], atol=1e-15)
    np.testing.assert_allclose(features.first(1).at(np.array([[np.pi / 3, 0.0]])), [[2**0.5 / 2]])


def test_features_are_nested_over_their_count():
    few, many = (draw(count, 3, 0.2, random(1)) for count in (5, 50))
    for found in (few, many.first(5)):
        np.testing.assert_array_equal(found.frequencies, many.frequencies[:5])
        np.testing.assert_array_equal(found.phases, many.phases[:5])
    assert many.phases.min() >= 0
    assert many.phases.max() < 2 * np.pi


@pytest.mark.parametrize("asked", [(0, 3, 0.1), (3, 0, 0.1), (3, 3, 0.0), (3, 3, np.inf)])
def test_impossible_features_are_refused(asked):
    with pytest.raises(ValueError, match="expected all of them above 0"):
        draw(*asked, random())


def test_more_features_than_were_drawn_are_refused():
    with pytest.raises(ValueError, match="7 features asked for; expected 1 to 5"):
        draw(5, 3, 0.2, random()).first(7)


def test_outcomes_by_hand():
    """One constant feature √2 predicts the shares of the classes: 2/3 and 1/3."""
    constant = FourierFeatures(np.zeros((1, 1)), np.zeros(1))
    labels = np.array([0, 0, 1])
    problem = Problem(np.zeros((3, 1)), [labels, 1 - labels], np.zeros((2, 1)), np.array([1, 1]), 2)
    first, second = fit_features(constant, problem)
    assert (first.train_error, first.test_error) == (pytest.approx(1 / 3), 1.0)
    assert (second.train_error, second.test_error) == (pytest.approx(1 / 3), 0.0)
    assert first.train_squared_error == second.train_squared_error == pytest.approx(4 / 9)
    assert (first.test_squared_error, second.test_squared_error) == (
        pytest.approx(8 / 9),
        pytest.approx(2 / 9),
    )
    assert first.norm == pytest.approx((5 / 9 / 2) ** 0.5)
    assert (first.rank, first.condition) == (1, 1.0)


def problem_of(n=12, m=10, gamma=0.5):
    points, others = cloud(n, m)
    labels = random(8).integers(0, 3, n)
    return Problem(points, [labels, labels[::-1]], others, random(9).integers(0, 3, m), 3)


def test_the_kernel_is_its_interpolant_of_minimum_norm():
    problem = problem_of()
    kernel = gaussian(problem.points, problem.points, 0.5)
    for outcome, labels in zip(fit_kernel(0.5, problem), problem.labellings, strict=True):
        targets = np.eye(3)[labels]
        weights = np.linalg.solve(kernel, targets)
        predicted = gaussian(problem.test_points, problem.points, 0.5) @ weights
        assert outcome.train_error == 0
        assert outcome.test_error == np.mean(predicted.argmax(axis=1) != problem.test_labels)
        squared = np.square(predicted - np.eye(3)[problem.test_labels]).sum(axis=1).mean()
        assert outcome.test_squared_error == pytest.approx(squared)
        assert outcome.norm == pytest.approx(np.sum(targets * weights) ** 0.5)
        assert outcome.condition == pytest.approx(np.linalg.cond(kernel) ** 0.5)


def test_copies_with_different_labels_are_fitted_as_well_as_the_kernel_can():
    """The matrix is singular; the copies share the mean of their labels, and the others are fitted."""
    points, others = cloud()
    points[5] = points[3]
    labels = np.arange(12) % 3
    problem = Problem(points, [labels], others, np.zeros(10, dtype=int), 3)
    (outcome,) = fit_kernel(0.5, problem)
    assert outcome.rank == 11
    assert outcome.train_squared_error == pytest.approx(2 * 0.5 / 12)


def test_many_features_are_the_kernel():
    problem = problem_of()
    for ours, limit in zip(
        fit_features(draw(100_000, 4, 0.5, random(2)), problem), fit_kernel(0.5, problem), strict=True
    ):
        assert ours.norm == pytest.approx(limit.norm, rel=0.02)
        assert ours.test_squared_error == pytest.approx(limit.test_squared_error, rel=0.05)
        assert ours.condition == pytest.approx(limit.condition, rel=0.05)
