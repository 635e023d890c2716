"""Solutions and all that is told of them, against formulas with the whole matrix."""

from contextlib import suppress

import numpy as np
import pytest
from scipy import linalg

from rethinking.classification import classification_error, one_hot
from rethinking.kernels import panels, systems
from rethinking.kernels.cholesky import NotPositiveDefinite
from rethinking.kernels.kernels import Gaussian, Linear, Points

RNG = np.random.default_rng(0)
POINTS = RNG.standard_normal((300, 5))
# Not four classes: there the norm for signs is twice the other one whatever the kernel is.
LABELS = RNG.integers(0, 3, 300)
TARGETS = one_hot(LABELS, 3)
CASES = [(Gaussian(2.0), 0.0), (Gaussian(2.0), 0.3), (Linear(), 0.3), (Linear(), 40.0)]


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    monkeypatch.setattr(panels, "panel_width", lambda n: 48)


def dense(kernel, a=POINTS, b=POINTS):
    if kernel == Linear():
        return a @ b.T
    return np.exp(-kernel.gamma * ((a[:, None] - b[None]) ** 2).sum(axis=2))


def system(kernel, ridge):
    return dense(kernel) + ridge * np.eye(300)


@pytest.mark.parametrize(("kernel", "ridge"), CASES)
def test_the_weights_solve_the_system(kernel, ridge):
    solution = systems.solve(Points(POINTS, kernel), TARGETS, ridge)
    expected = linalg.solve(system(kernel, ridge), TARGETS, assume_a="pos")
    np.testing.assert_allclose(solution.weights, expected, rtol=0, atol=1e-11 * abs(expected).max())
    assert solution.weights.dtype == np.float64
    assert solution.residual < 1e-13
    assert solution.refinements == 0


def test_without_ridge_the_norm_is_that_of_the_interpolant():
    solution = systems.solve(Points(POINTS, Gaussian(2.0)), TARGETS)
    inverse = np.linalg.inv(dense(Gaussian(2.0)))

    def norm(y):
        return np.sqrt(np.trace(y.T @ inverse @ y))

    assert solution.norm == pytest.approx(norm(TARGETS), rel=1e-10)
    assert solution.norm_of_signs == pytest.approx(norm(2 * TARGETS - 1), rel=1e-10)
    assert solution.norm_of_signs != pytest.approx(2 * solution.norm, rel=0.01)


@pytest.mark.parametrize(("kernel", "ridge"), CASES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_norms_are_those_of_the_functions(kernel, ridge, dtype):
    solution = systems.solve(Points(POINTS, kernel, dtype), TARGETS, ridge)
    for found, y in ((solution.norm, TARGETS), (solution.norm_of_signs, 2 * TARGETS - 1)):
        alpha = linalg.solve(system(kernel, ridge), y)
        assert found == pytest.approx(np.sqrt(np.sum(alpha * (dense(kernel) @ alpha))), rel=1e-8)


def test_two_points_by_hand():
    # K = (1 e; e 1) with e = 1/2 has the inverse (4/3 -2/3; -2/3 4/3).
    gram = Points(np.array([[0.0], [np.sqrt(np.log(2))]]), Gaussian(1.0))
    solution = systems.solve(gram, one_hot([0, 1], 2))
    np.testing.assert_allclose(solution.weights, [[4 / 3, -2 / 3], [-2 / 3, 4 / 3]], rtol=1e-14)
    assert solution.norm == pytest.approx(np.sqrt(8 / 3))
    assert solution.norm_of_signs == pytest.approx(np.sqrt(8))
    assert solution.condition_number == pytest.approx(1.5 * 2)


@pytest.mark.parametrize("part", [1e-3, 1e-9])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_residual_tells_of_wrong_weights(monkeypatch, part, dtype):
    def slightly_wrong(*arguments, **settings):
        weights, factor = fit(*arguments, **settings)
        return (1 + part) * weights, factor

    fit = systems.fit
    monkeypatch.setattr(systems, "fit", slightly_wrong)
    monkeypatch.setattr(systems, "LARGEST_RESIDUAL", 1.0)
    if dtype == np.float32:
        monkeypatch.setattr(systems, "refine", lambda gram, factor, weights, *_: (weights, 0))
    solution = systems.solve(Points(POINTS, Gaussian(2.0), dtype), TARGETS, 0.3)
    # Weights in float32 are wrong by themselves, but it must be seen in float64 by how much.
    error = 0.01 * part if dtype == np.float64 else 1e-5
    assert solution.residual == pytest.approx(part, abs=error)
    alpha = solution.weights / (1 + part)
    assert np.linalg.norm(TARGETS - system(Gaussian(2.0), 0.3) @ alpha) / 17 < error


def test_a_solution_that_leaves_much_of_the_targets_is_refused(monkeypatch):
    fit = systems.fit

    def wrong(*arguments, **settings):
        weights, factor = fit(*arguments, **settings)
        return weights * 1.001, factor

    monkeypatch.setattr(systems, "fit", wrong)
    with pytest.raises(NotPositiveDefinite, match=r"leaves 1\.0e-03 of the targets"):
        systems.solve(Points(POINTS, Gaussian(2.0)), TARGETS, 0.3)


def test_the_functions_at_their_own_points_are_measured():
    solution = systems.solve(Points(POINTS, Gaussian(2.0)), TARGETS, 0.3)
    np.testing.assert_allclose(solution.fitted, system(Gaussian(2.0), 0.0) @ solution.weights, atol=1e-12)


def test_the_residual_is_that_of_the_targets_only(monkeypatch):
    def ones_are_wrong(*arguments, **settings):
        weights, factor = fit(*arguments, **settings)
        weights[:, -1] *= 1.01
        return weights, factor

    fit = systems.fit
    monkeypatch.setattr(systems, "fit", ones_are_wrong)
    assert systems.solve(Points(POINTS, Gaussian(2.0)), TARGETS).residual < 1e-13


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("kernel", "ridge"), [*CASES, (Gaussian(0.5), 1e-3), (Gaussian(20.0), 0.0), (Linear(), 1e-2)]
)
def test_the_condition_is_a_close_lower_bound(kernel, ridge, dtype):
    found = systems.solve(Points(POINTS, kernel, dtype), TARGETS, ridge).condition_number
    expected = np.linalg.cond(system(kernel, ridge), 1)
    # The inverse is known to the condition times the precision of the factor.
    rounding = 4 * (expected + 10) * np.finfo(dtype).eps
    assert expected / 3 <= found <= expected * (1 + rounding)


@pytest.mark.parametrize(("kernel", "ridge"), [*CASES, (Gaussian(0.5), 1e-3), (Linear(), 1e-2)])
def test_a_solve_in_float32_is_refined_to_one_in_float64(kernel, ridge):
    exact = systems.solve(Points(POINTS, kernel), TARGETS, ridge)
    found = systems.solve(Points(POINTS, kernel, np.float32), TARGETS, ridge)
    rough, _ = systems.fit(Points(POINTS, kernel, np.float32), TARGETS, ridge)
    error = np.linalg.norm(found.weights - exact.weights) / np.linalg.norm(exact.weights)
    assert error < 1e-9
    assert np.linalg.norm(rough - exact.weights) / np.linalg.norm(exact.weights) > 1e-8
    assert 0 < found.refinements <= systems.MOST_REFINEMENTS
    assert found.residual < 1e-11


def test_refinement_keeps_the_best_weights():
    gram = Points(POINTS, Gaussian(2.0), np.float32)
    weights, factor = systems.fit(gram, TARGETS)

    class Misleading:
        def solve(self, right):
            return -factor.solve(right)

    kept, count = systems.refine(gram, Misleading(), weights, TARGETS, 0.0)
    assert (kept == weights).all()
    assert count == 0


def test_refinement_ends_where_it_gains_little():
    gram = Points(POINTS, Gaussian(2.0), np.float32)
    weights, factor = systems.fit(gram, TARGETS)

    class Slow:
        def solve(self, right):
            return 0.1 * factor.solve(right)

    assert systems.refine(gram, Slow(), weights, TARGETS, 0.0)[1] == 1


def test_the_fit_alone_gives_the_same_weights():
    gram = Points(POINTS, Gaussian(2.0))
    weights, factor = systems.fit(gram, TARGETS, 0.3)
    np.testing.assert_allclose(weights, systems.solve(gram, TARGETS, 0.3).weights, rtol=0, atol=1e-13)
    np.testing.assert_array_equal(factor.solve(TARGETS), weights)


def test_folder_and_report_are_handed_on(tmp_path):
    told = []
    folder = panels.PanelFolder(tmp_path, "key", 0)
    gram = Points(POINTS, Gaussian(2.0))
    systems.solve(gram, TARGETS, folder=folder, report=lambda done, total: told.append(done / total))
    assert len(list(tmp_path.glob("panel-*.npy"))) == 7
    assert told[-1] == 1


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kernel", [Linear(), Gaussian(2.0)])
@pytest.mark.parametrize("tile", [37, 2048])
def test_predictions_are_those_of_the_whole_matrix(kernel, dtype, tile):
    others = np.random.default_rng(1).standard_normal((101, 5))
    weights = np.random.default_rng(2).standard_normal((300, 4))
    gram = Points(POINTS, kernel, dtype)
    found = systems.predict(gram, gram.at(others), weights, tile)
    expected = dense(kernel, others, POINTS) @ weights
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=0, atol=300 * np.finfo(dtype).eps * abs(expected).max())


def test_without_ridge_the_targets_are_predicted_and_no_label_is_missed():
    gram = Points(POINTS, Gaussian(2.0))
    scores = systems.predict(gram, gram.at(POINTS), systems.solve(gram, TARGETS).weights)
    np.testing.assert_allclose(scores, TARGETS, rtol=0, atol=1e-10)
    assert classification_error(scores, LABELS) == 0


def test_the_error_is_the_share_of_labels_that_are_missed():
    scores = np.array([[0.9, 0.1, 0.0], [0.2, 0.3, 0.1], [-3.0, -2.0, -1.0], [0.0, 0.5, 1.0]])
    assert classification_error(scores, np.array([0, 1, 2, 0])) == 0.25
    assert classification_error(scores, np.array([1, 0, 0, 1])) == 1.0


def test_one_hot_has_a_1_in_the_column_of_the_label():
    assert one_hot(np.array([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize("function", [systems.fit, systems.solve])
@pytest.mark.parametrize("shape", [(), (300,), (299, 4), (301, 4), (300, 4, 1)])
def test_targets_of_another_shape_are_refused(function, shape):
    with pytest.raises(ValueError, match=r"expected targets of \(300, k\), found"):
        function(Points(POINTS, Gaussian(2.0)), np.ones(shape))


@pytest.mark.parametrize("function", [systems.fit, systems.solve])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_targets_that_are_not_finite_are_refused(function, value):
    targets = TARGETS.copy()
    targets[7, 2] = value
    with pytest.raises(ValueError, match="expected targets that are finite numbers"):
        function(Points(POINTS, Gaussian(2.0)), targets)


@pytest.mark.parametrize("function", [systems.fit, systems.solve])
@pytest.mark.parametrize("ridge", [-1e-9, np.inf, np.nan])
def test_a_ridge_below_0_is_refused(function, ridge):
    with pytest.raises(ValueError, match="expected a ridge of at least 0"):
        function(Points(POINTS, Gaussian(2.0)), TARGETS, ridge)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_singular_system_has_no_solution_rather_than_a_wrong_one(dtype):
    with pytest.raises(NotPositiveDefinite):
        systems.solve(Points(POINTS, Linear(), dtype), TARGETS)


def test_a_norm_that_the_residual_makes_wrong_is_refused():
    # Copies under two labels, with ridges far below what their rounding needs.
    points = np.repeat(POINTS[:150], 2, axis=0)
    found = {}
    for ridge in (1e-3, 1e-4, 1e-7, 1e-9, 1e-11):
        with suppress(NotPositiveDefinite):
            found[ridge] = systems.solve(Points(points, Gaussian(2.0)), TARGETS, ridge).norm
    assert {1e-3, 1e-4} <= set(found)
    assert 1e-11 not in found
    # The smallest function for the means of both labels.
    halves = (TARGETS[::2] + TARGETS[1::2]) / 2
    matrix = dense(Gaussian(2.0), POINTS[:150], POINTS[:150])
    limit = np.sqrt(np.trace(halves.T @ np.linalg.solve(matrix, halves)))
    for ridge in set(found) - {1e-3}:
        assert found[ridge] == pytest.approx(limit, rel=0.01)


def test_labels_outside_the_classes_are_refused():
    for labels in ([0, 3], [-1, 2]):
        with pytest.raises(ValueError, match="expected labels from 0 to 2"):
            one_hot(np.array(labels), 3)


def test_predictions_of_a_system_in_float32_are_in_float64():
    gram = Points(POINTS, Gaussian(2.0), np.float32)
    solution = systems.solve(gram, TARGETS)
    scores = systems.predict(gram, gram.at(POINTS + 0.1), solution.weights)
    expected = dense(Gaussian(2.0), POINTS + 0.1) @ solution.weights
    np.testing.assert_allclose(scores, expected, atol=1e-11 * abs(solution.weights).sum())


# --- what would pass for an error rate ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        (
            [[np.nan, 0], [1, 0]],
            [0, 0],
            "1 of 2 points are not finite, the first of them those of point 0",
        ),
        ([[1, 0], [np.inf, 0]], [0, 0], "those of point 1"),
        (np.full((4, 3), np.nan), [0, 1, 2, 0], "of 4 of 4 points"),
        (np.eye(3), [0, 1], r"found \(3, 3\) and \(2,\)"),
        (np.eye(3), 1, r"found \(3, 3\) and \(\)"),
        (np.eye(3), [[0], [1], [2]], r"found \(3, 3\) and \(3, 1\)"),
        (np.ones(3), [0, 0, 0], r"found \(3,\) and \(3,\)"),
        (np.empty((0, 3)), [], "at least one"),
        (np.eye(3), [0, 1, 3], "expected labels from 0 to 2, found 0 to 3"),
        (np.eye(3), [-100, 1, 2], "expected labels from 0 to 2, found -100 to 2"),
    ],
)
def test_scores_that_say_nothing_have_no_error_rate(scores, labels, message):
    with pytest.raises(ValueError, match=message):
        classification_error(np.asarray(scores, dtype=float), labels)


@pytest.mark.parametrize("labels", [[0.0, 1.0], [[0], [1]], []])
def test_labels_that_are_no_whole_numbers_are_refused(labels):
    with pytest.raises(ValueError, match=r"expected labels as whole numbers \(n,\)"):
        one_hot(labels, 2)


# --- the ends of the ranges of ridge and gamma ------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kernel", [Linear(), Gaussian(1.0), Gaussian(20.0), Gaussian(1e4)])
@pytest.mark.parametrize("ridge", [1e6, 1e12, 1e15])
def test_a_ridge_that_dwarfs_the_kernel_is_solved_to_all_digits(kernel, ridge, dtype):
    points = POINTS * 1e-3  # the linear kernel is 1e-21 of the largest ridge
    targets = one_hot(np.arange(len(POINTS)) % 3, 3)
    gram = Points(points, kernel, dtype)
    solution = systems.solve(gram, targets, ridge)
    # To first order in K/ridge the weights are the targets, divided by the ridge.
    matrix = dense(kernel, points, points)
    expected = matrix @ targets / ridge
    np.testing.assert_allclose(solution.fitted, expected, rtol=0, atol=1e-3 * abs(expected).max())
    assert solution.norm == pytest.approx(np.sqrt(np.sum(targets * expected) / ridge), rel=1e-3)
    assert solution.condition_number == pytest.approx(1, abs=1e-3)
    signs = 2 * targets - 1
    expected = np.sqrt(np.sum(signs * (matrix @ signs))) / ridge
    assert solution.norm_of_signs == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(("dtype", "gamma"), [(np.float64, 1e16), (np.float64, 1e300), (np.float32, 1e8)])
@pytest.mark.parametrize("ridge", [0.0, 1e-3])
@pytest.mark.filterwarnings("error")
def test_too_large_a_gamma_is_to_be_lowered_not_raised(dtype, gamma, ridge):
    with pytest.raises(NotPositiveDefinite) as refusal:
        systems.solve(Points(POINTS, Gaussian(gamma), dtype), TARGETS, ridge)
    message = str(refusal.value)
    assert message.startswith(f"a gamma of {gamma:g} is too large for points of this scale in")
    assert "raise" not in message
    assert "ridge" not in message
    lower = 0.99 * float(message.rsplit(" ", 1)[1])
    # So narrow a kernel is the identity, which interpolates and says nothing elsewhere.
    gram = Points(POINTS, Gaussian(lower), dtype)
    solution = systems.solve(gram, TARGETS)
    np.testing.assert_allclose(solution.weights, TARGETS, rtol=0, atol=1e-9)
    assert not systems.predict(gram, gram.at(POINTS + 1), solution.weights).any()
