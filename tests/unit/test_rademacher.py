"""Rademacher complexity against sums over all sign vectors."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rethinking.kernels.kernels import Gaussian, Linear, Points
from rethinking.rademacher import ball_bound, ball_suprema, kernel_ball, ramp_loss, random_signs, reached
from rethinking.seeds import numpy_generator


def generator(seed=0):
    return numpy_generator(seed, "signs")


def all_signs(count):
    return np.array(list(product((-1, 1), repeat=count)))


def gaussian_matrix(points, gamma):
    return np.exp(-gamma * np.square(points[:, None] - points[None]).sum(axis=2))


# --- what training reaches -----------------------------------------------------------------------------


def test_signs_are_fair_independent_and_repeated_by_the_seed():
    signs = random_signs(4000, 8, generator())
    assert signs.shape == (4000, 8)
    assert set(np.unique(signs)) == {-1, 1}
    # Of 4,000 draws a mean has the deviation 0.016.
    assert np.abs(signs.mean(axis=0)).max() < 0.08
    assert np.abs(signs.T @ signs / 4000 - np.eye(8)).max() < 0.08
    np.testing.assert_array_equal(signs, random_signs(4000, 8, generator()))


def test_a_learner_that_memorises_reaches_1():
    memory = {}

    def memorise(signs):
        memory.update(enumerate(signs))
        return float(np.mean([memory[index] == sign for index, sign in enumerate(signs)]))

    np.testing.assert_array_equal(reached(memorise, 5, 40, generator()), np.ones(5))


def test_a_constant_answer_reaches_0_in_the_mean():
    found = reached(lambda signs: np.mean(signs == 1), 4000, 50, generator())
    np.testing.assert_allclose(found, random_signs(4000, 50, generator()).mean(axis=1))
    assert abs(found.mean()) < 0.01  # four deviations of the mean, 1/√(4000·50) each


def test_the_better_of_two_constant_answers_reaches_the_supremum_over_them():
    exact = np.abs(all_signs(6).mean(axis=1)).mean()
    assert exact == 0.3125  # (2·6 + 12·4 + 30·2 + 20·0)/6/64
    found = reached(lambda signs: max(np.mean(signs == 1), np.mean(signs == -1)), 4000, 6, generator())
    assert found.mean() == pytest.approx(exact, abs=0.02)


def test_an_accuracy_that_is_none_is_refused_and_failed_training_passed_on():
    assert math.isnan(reached(lambda signs: math.nan, 1, 3, generator())[0])
    with pytest.raises(ValueError, match=r"from 0 to 1, found 1\.5"):
        reached(lambda signs: 1.5, 1, 3, generator())
    with pytest.raises(ValueError, match="found 0 of 3"):
        reached(lambda signs: 1.0, 0, 3, generator())


# --- balls of kernel spaces ----------------------------------------------------------------------------


@given(st.integers(0, 10_000), st.integers(1, 8), st.floats(0.01, 3), st.just(0.0) | st.floats(1e-3, 10))
def test_suprema_and_bound_against_all_sign_vectors(seed, count, gamma, radius):
    """The functions of the ball in coordinates: rows of X are orthonormal coordinates of the k(·, x_i)."""
    draw = np.random.default_rng(seed)
    points = draw.standard_normal((count, 3))
    gram, matrix = Points(points, Gaussian(gamma)), gaussian_matrix(points, gamma)
    coordinates = np.linalg.cholesky(matrix + 1e-13 * np.eye(count))
    signs = all_signs(count)
    sums = signs @ coordinates
    # Σ σ_i f(x_i) = ⟨f, Xᵀσ⟩ is largest for f along Xᵀσ, by Cauchy and Schwarz; no other f does better.
    best = radius * sums / np.linalg.norm(sums, axis=1, keepdims=True)
    slow = np.einsum("dn,dn->d", signs, best @ coordinates.T) / count
    found = ball_suprema(gram, radius, signs)
    np.testing.assert_allclose(found, slow, atol=1e-5 * radius)
    others = draw.standard_normal((200, count))
    others *= radius / np.linalg.norm(others, axis=1, keepdims=True)
    assert ((signs @ coordinates @ others.T / count).max(axis=1) <= found + 1e-5 * radius).all()
    exact, bound = found.mean(), ball_bound(gram, radius)
    assert bound == pytest.approx(radius / math.sqrt(count))  # the trace of a Gaussian kernel is n
    assert bound / math.sqrt(2) * (1 - 1e-9) <= exact <= bound * (1 + 1e-9)


@given(st.integers(0, 10_000), st.integers(2, 7), st.floats(0.05, 3))
def test_interpolants_of_random_labels_have_a_vacuous_bound(seed, count, gamma):
    """Over all labels, the mean of (B·√(trace K)/n)² is at least 1: tr K · tr K⁻¹ is at least n²."""
    points = np.random.default_rng(seed).standard_normal((count, 4))
    gram, matrix = Points(points, Gaussian(gamma)), gaussian_matrix(points, gamma)
    norms = [math.sqrt(signs @ np.linalg.solve(matrix, signs)) for signs in all_signs(count)]
    assert np.mean([ball_bound(gram, norm) ** 2 for norm in norms]) >= 1 - 1e-9


def test_values_worked_out_by_hand():
    one = Points(np.array([[3.0, 4.0]]), Linear())
    assert ball_suprema(one, 2.0, [[1], [-1]]).tolist() == [10, 10]
    assert ball_bound(one, 2.0) == 10
    orthogonal = kernel_ball(Points(2 * np.eye(4), Linear()), 3.0, 7, generator())
    assert orthogonal == pytest.approx((3, 3, 3, 3))  # B·√(4·4)/4 with every draw
    # Two copies: √(σᵀKσ) is 2 or 0. The mean is half of B, where the bound is B/√2, the least it can be.
    copies = Points(np.ones((2, 1)), Linear())
    assert ball_suprema(copies, 1.0, all_signs(2)).tolist() == [1, 0, 0, 1]
    assert ball_bound(copies, 1.0) == pytest.approx(math.sqrt(0.5))


def test_the_estimate_covers_the_exact_value_as_often_as_it_says():
    points = np.random.default_rng(1).standard_normal((7, 2))
    gram = Points(points, Gaussian(0.1))
    exact = ball_suprema(gram, 2.0, all_signs(7)).mean()
    found = [kernel_ball(gram, 2.0, 100, generator(seed)) for seed in range(200)]
    covered = np.mean([ball.lower <= exact <= ball.upper for ball in found])
    assert 0.9 <= covered <= 0.99
    assert all(ball.lower < ball.estimate < ball.upper for ball in found)
    # It is no estimate of the bound, which lies above the value here.
    assert np.mean([ball.upper < ball.bound for ball in found]) > 0.5


def test_half_precision_of_a_gram_does_not_enter_and_mistakes_are_told():
    points = np.random.default_rng(2).standard_normal((5, 2))
    exact, rough = Points(points, Gaussian(0.5)), Points(points, Gaussian(0.5), np.float32)
    np.testing.assert_allclose(ball_suprema(rough, 1, all_signs(5)), ball_suprema(exact, 1, all_signs(5)))
    with pytest.raises(ValueError, match=r"signs \(draws, 5\), found \(2, 4\)"):
        ball_suprema(exact, 1, np.ones((2, 4)))
    for radius in (-1, math.inf, math.nan):
        with pytest.raises(ValueError, match="radius of at least 0"):
            ball_suprema(exact, radius, all_signs(5))
        with pytest.raises(ValueError, match="radius of at least 0"):
            ball_bound(exact, radius)


def test_the_ramp_loss_lies_above_the_error_and_has_slope_1():
    margins = np.array([-2.0, 0.0, 0.25, 1.0, 3.0])
    assert ramp_loss(margins).tolist() == [1, 1, 0.75, 0, 0]
    grid = np.linspace(-3, 3, 601)
    assert (ramp_loss(grid) >= (grid <= 0)).all()
    assert np.abs(np.diff(ramp_loss(grid)) / np.diff(grid)).max() == pytest.approx(1)
