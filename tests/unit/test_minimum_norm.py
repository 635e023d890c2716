"""Equation 3 against the pseudo-inverse, descent against a plain loop, and interpolants of real digits."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from rethinking.exhibits.minimum_norm.summary import sentences, summarise
from rethinking.kernels import panels
from rethinking.kernels.cholesky import NotPositiveDefinite
from rethinking.minimum_norm import (
    Start,
    descend,
    interpolants,
    kernel_coordinates,
    minimum_norm,
    outside_distance,
    reported_steps,
    starting_points,
)


def random(seed=0):
    return np.random.default_rng(seed)


def problem(n=20, d=200, k=3):
    generator = random()
    return generator.standard_normal((n, d)) + 0.2, generator.standard_normal((n, k))


def starts(features, targets, norm=1.0):
    return {
        start.name: start
        for start in starting_points(features, minimum_norm(features, targets), random(1), norm)
    }


def plain_loop(features, targets, steps, batch_size, weights, generator, step_size=None):
    """Descent as it is written, in all d dimensions; the weights after each step."""
    n = len(features)
    if step_size is None and batch_size is None:
        step_size = n / np.linalg.eigvalsh(features @ features.T)[-1]
    step_size = step_size or 1 / max(row @ row for row in features)
    iterates = []
    while len(iterates) < steps:
        order = np.arange(n) if batch_size is None else generator.permutation(n)
        size = batch_size or n
        for first in range(0, n, size):
            x, y = features[order[first : first + size]], targets[order[first : first + size]]
            weights = weights - step_size * x.T @ (x @ weights - y) / len(x)
            iterates.append(weights)
    return iterates[:steps]


def test_equation_3_is_the_pseudo_inverse():
    features, targets = problem()
    found = minimum_norm(features, targets)
    np.testing.assert_allclose(found, np.linalg.pinv(features) @ targets, atol=1e-13)
    np.testing.assert_allclose(features @ found, targets, atol=1e-12)
    assert found.shape == (200, 3)


def test_equation_3_by_hand():
    found = minimum_norm(np.array([[3.0, 4.0]]), np.array([[50.0]]))
    np.testing.assert_allclose(found, [[6.0], [8.0]])


@pytest.mark.parametrize("batch_size", [None, 1, 6, 20])
@pytest.mark.parametrize("name", ["zero", "inside the span", "outside the span"])
@pytest.mark.parametrize("step_size", [None, 0.002])
def test_descent_is_the_plain_loop(batch_size, name, step_size):
    # 20 examples in batches of 6: the last batch of each epoch has 2.
    features, targets = problem()
    start = starts(features, targets)[name]
    found = descend(features, targets, 137, batch_size, start, random(2), step_size)
    best = np.linalg.pinv(features) @ targets
    iterates = plain_loop(features, targets, 137, batch_size, start.weights, random(2), step_size)
    assert list(found["step"]) == [1, 2, 3, 5, 7, 10, 20, 30, 50, 70, 100, 137]
    for row in found.itertuples():
        weights = iterates[row.step - 1]
        distance = np.linalg.norm(weights - best) / np.linalg.norm(best)
        residual = np.linalg.norm(features @ weights - targets) / np.linalg.norm(targets)
        assert row.distance == pytest.approx(distance, rel=1e-9, abs=1e-13)
        assert row.residual == pytest.approx(residual, rel=1e-9, abs=1e-13)


def test_the_closed_form_of_gradient_descent_is_that_of_real_steps_on_a_kernel():
    """What fig_minimum_norm shows: 2,000 gradient steps on a kernel system, whose eigenvalues decay fast."""
    points, others = cloud(n=30, m=30)
    features = kernel_coordinates(points, others, 0.2)
    targets = np.eye(3)[random(9).integers(0, 3, 30)]
    best = np.linalg.pinv(features) @ targets
    eigenvalues = np.linalg.eigvalsh(features @ features.T / 30)
    assert eigenvalues[-1] > 1e3 * eigenvalues[0]
    for start in starting_points(features, minimum_norm(features, targets), random(10)):
        found = descend(features, targets, 2000, None, start, None)
        weights, steps = start.weights, 0
        for row in found.itertuples():
            for _ in range(row.step - steps):
                gradient = features.T @ (features @ weights - targets) / 30
                weights = weights - gradient / eigenvalues[-1]
            steps = row.step
            distance = np.linalg.norm(weights - best) / np.linalg.norm(best)
            assert row.distance == pytest.approx(distance, rel=1e-9)
        assert row.distance > 0.01, "still on its way, so the comparison says something"


def test_the_report_says_which_lines_are_a_closed_form():
    rows = descend(*problem(), 10, None, starts(*problem())["zero"], None).assign(outside_distance=0.0)
    (said,) = sentences(summarise(rows, 0.95))
    assert "gradient descent are its closed form" in said
    assert "SGD are real steps on batches, up to 10" in said


@pytest.mark.parametrize("batch_size", [None, 6])
@pytest.mark.parametrize("name", ["zero", "inside the span"])
def test_from_the_span_descent_ends_at_the_minimum_norm(batch_size, name):
    features, targets = problem()
    found = descend(features, targets, 3000, batch_size, starts(features, targets)[name], random(3))
    assert found["distance"].iloc[-1] < 1e-6
    assert found["residual"].iloc[-1] < 1e-6
    # No step leads away, whatever the batch.
    assert (found["distance"].diff().dropna() <= 1e-12).all()


@pytest.mark.parametrize("batch_size", [None, 6])
def test_from_outside_descent_fits_and_stays_away_as_predicted(batch_size):
    features, targets = problem()
    start = starts(features, targets, norm=0.5)["outside the span"]
    minimum = minimum_norm(features, targets)
    plateau = outside_distance(start, features, minimum)
    projection = np.eye(200) - np.linalg.pinv(features) @ features
    assert plateau == pytest.approx(np.linalg.norm(projection @ start.weights) / np.linalg.norm(minimum))
    # 1 - n/d of the squared norm, here 0.9, is outside in the mean.
    assert plateau == pytest.approx(0.5 * 0.9**0.5, rel=0.05)
    last = descend(features, targets, 3000, batch_size, start, random(3)).iloc[-1]
    assert last["distance"] == pytest.approx(plateau, abs=1e-6)
    assert last["residual"] < 1e-6


def test_starts_are_as_long_as_they_say():
    features, targets = problem()
    minimum = minimum_norm(features, targets)
    zero, inside, outside = starting_points(features, minimum, random(), 2.0)
    assert not zero.weights.any()
    for start in (inside, outside):
        assert np.linalg.norm(start.weights) == pytest.approx(2 * np.linalg.norm(minimum))
    assert outside_distance(inside, features, minimum) < 1e-13


def test_the_frame_says_what_it_is_of():
    features, targets = problem()
    start = starts(features, targets)["zero"]
    sgd = descend(features, targets, 8, 6, start, random())
    assert list(sgd.columns) == ["start", "optimiser", "step", "epoch", "distance", "residual"]
    assert set(sgd["start"]) == {"zero"}
    assert set(sgd["optimiser"]) == {"SGD, batches of 6"}
    assert list(sgd["epoch"]) == [0.25, 0.5, 0.75, 1.25, 1.75, 2.0]
    gradient = descend(features, targets, 8, None, start, None)
    assert set(gradient["optimiser"]) == {"gradient descent"}
    assert list(gradient["epoch"]) == list(gradient["step"])


def test_reported_steps_are_spaced_evenly_by_their_logarithm():
    assert reported_steps(1) == [1]
    assert reported_steps(40) == [1, 2, 3, 5, 7, 10, 20, 30, 40]
    assert reported_steps(100)[-3:] == [50, 70, 100]


@pytest.mark.parametrize("batch_size", [None, 6])
@pytest.mark.parametrize("step_size", [1.0, 1e200, -0.1])
def test_divergence_is_an_error(batch_size, step_size):
    features, targets = problem()
    start = starts(features, targets)["zero"]
    with pytest.raises(ValueError, match="diverged by step"):
        descend(features, targets, 1000, batch_size, start, random(), step_size)


def duplicated():
    features, targets = problem()
    features[7] = features[3]
    return features, targets


FEATURES, TARGETS = problem()


@pytest.mark.parametrize(
    ("features", "targets", "message"),
    [
        (FEATURES[:, :19], TARGETS, "20 examples of 19 features"),
        (*duplicated(), "linearly dependent"),
        (FEATURES, TARGETS[:, 0], "found"),
        (FEATURES, TARGETS[:5], "found"),
        (FEATURES, TARGETS * 0, "not all 0"),
        (FEATURES * np.nan, TARGETS, "finite"),
    ],
)
def test_problems_without_one_solution_are_refused(features, targets, message):
    with pytest.raises(ValueError, match=message):
        minimum_norm(features, targets)
    start = Start("zero", np.zeros((features.shape[1], 3)))
    with pytest.raises(ValueError, match=message):
        descend(features, targets, 10, None, start, None)


@pytest.mark.parametrize(("steps", "batch_size"), [(0, None), (10, 0), (10, 21)])
def test_impossible_steps_are_refused(steps, batch_size):
    with pytest.raises(ValueError, match="steps of"):
        descend(FEATURES, TARGETS, steps, batch_size, starts(FEATURES, TARGETS)["zero"], random())


def test_a_start_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="start of"):
        descend(FEATURES, TARGETS, 10, None, Start("zero", np.zeros((200, 1))), None)


def digits(train=600, test=400):
    found = load_digits()
    points, labels = found.data / 16, found.target
    return points[:train], labels[:train], points[train : train + test], labels[train : train + test]


def test_functions_that_fit_all_digits_need_not_generalise():
    found = interpolants(*digits(), classes=10, gamma=0.2, generator=random(4))
    smallest, labelled, centred = found
    assert [f.name for f in found] == [
        "minimum norm",
        "random labels on the test set",
        "centres at random points",
    ]
    for function in found:
        assert function.train_error == 0
        assert function.residual < 1e-9
    assert smallest.test_error < 0.08
    # 400 guesses among 10 classes: a standard deviation of 0.015 around 0.9.
    assert labelled.test_error == pytest.approx(0.9, abs=0.06)
    assert centred.test_error > 0.5
    assert smallest.norm < labelled.norm < centred.norm


def test_norms_are_those_of_the_formula():
    x, y, test, test_labels = digits(train=60, test=30)
    smallest, labelled, centred = interpolants(x, y, test, test_labels, 10, 0.5, random(5))

    def kernel(a, b):
        return np.exp(-0.5 * np.square(a[:, None] - b).sum(axis=2))

    targets = np.eye(10)[y]
    assert smallest.norm == pytest.approx(np.sum(targets * np.linalg.solve(kernel(x, x), targets)) ** 0.5)
    generator = random(5)
    everything = np.concatenate([targets, np.eye(10)[generator.integers(0, 10, 30)]])
    both = np.concatenate([x, test])
    squared = np.sum(everything * np.linalg.solve(kernel(both, both), everything))
    assert labelled.norm == pytest.approx(squared**0.5)
    z = x.mean(axis=0) + x.std(axis=0) * generator.standard_normal(x.shape)
    weights = np.linalg.solve(kernel(x, z), targets)
    assert centred.norm == pytest.approx(np.sum(weights * (kernel(z, z) @ weights)) ** 0.5, rel=1e-6)
    predicted = (kernel(test, z) @ weights).argmax(axis=1)
    assert centred.test_error == pytest.approx(np.mean(predicted != test_labels))


def test_the_seed_decides():
    first, again, other = (interpolants(*digits(60, 30), 10, 0.5, random(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first[0] == other[0]
    assert first[2].norm != other[2].norm


def test_a_matrix_too_ill_conditioned_is_refused():
    # So narrow a kernel is 1e-30 and less between the digits and noise.
    with pytest.raises(ValueError, match=r"gamma 40|Singular"):
        interpolants(*digits(), 10, 40.0, random())


def test_grey_levels_are_refused():
    x, y, test, test_labels = digits(60, 30)
    with pytest.raises(ValueError, match="floats"):
        interpolants((16 * x).astype(np.uint8), y, test, test_labels, 10, 0.2, random())


def cloud(n=60, m=50, d=4):
    points = random(6).standard_normal((n + m, d))
    return points[:n], points[n:]


def gaussian(a, b, gamma=0.5):
    return np.exp(-gamma * np.square(a[:, None] - b).sum(axis=2))


@pytest.fixture(params=[256, 32])
def panel_width(request, monkeypatch):
    monkeypatch.setattr(panels, "panel_width", lambda n: request.param)


def test_inner_products_of_coordinates_are_the_kernel(panel_width):
    points, others = cloud()
    found = kernel_coordinates(points, others, 0.5)
    assert found.shape == (60, 110)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found @ found.T, gaussian(points, points), rtol=0, atol=1e-13)


def test_all_points_have_their_coordinates_on_the_same_axes(panel_width):
    points, others = cloud()
    both = np.concatenate([points, others])
    everything = kernel_coordinates(both, both[:0], 0.5)
    np.testing.assert_array_equal(kernel_coordinates(points, others, 0.5), everything[:60])
    np.testing.assert_allclose(everything @ everything.T, gaussian(both, both), rtol=0, atol=1e-13)


def test_coordinates_outside_the_span_change_the_function_elsewhere_only(panel_width):
    points, others = cloud()
    both = np.concatenate([points, others])
    found, everything = kernel_coordinates(points, others, 0.5), kernel_coordinates(both, both[:0], 0.5)
    weights = random(7).standard_normal((110, 3))
    outside = weights - np.linalg.pinv(found) @ (found @ weights)
    assert np.linalg.norm(outside) > 10
    np.testing.assert_allclose(found @ outside, 0, atol=1e-12)
    assert abs(everything[60:] @ outside).min(axis=0).max() > 1e-3
    # What is in the span is a combination of kernels at the points.
    alpha = random(8).standard_normal((60, 3))
    np.testing.assert_allclose(
        everything @ (found.T @ alpha), gaussian(both, points) @ alpha, rtol=0, atol=1e-11
    )


def test_descent_on_coordinates_ends_at_the_interpolant_and_from_outside_as_far_as_predicted():
    points, others = cloud(n=30, m=30)
    features = kernel_coordinates(points, others, 2.0)
    targets = np.eye(3)[random(9).integers(0, 3, 30)]
    minimum = minimum_norm(features, targets)
    squared = np.sum(targets * np.linalg.solve(gaussian(points, points, 2.0), targets))
    assert np.linalg.norm(minimum) == pytest.approx(squared**0.5)
    zero, _, outside = starting_points(features, minimum, random(10))
    predicted = outside_distance(outside, features, minimum)
    # Half of the coordinates are outside.
    assert predicted == pytest.approx(0.5**0.5, rel=0.2)
    for start, end in ((zero, 0.0), (outside, predicted)):
        for batch_size in (None, 7):
            last = descend(features, targets, 6000, batch_size, start, random(11)).iloc[-1]
            assert last["distance"] == pytest.approx(end, abs=1e-5)
            assert last["residual"] < 1e-5


@pytest.mark.parametrize("copy", ["among the points", "among the others", "between them"])
def test_coordinates_of_copies_are_refused(copy, panel_width):
    points, others = cloud()
    source, target, row = {
        "among the points": (points[3], points, 47),
        "among the others": (others[3], others, 40),
        "between them": (points[3], others, 40),
    }[copy]
    target[row] = source
    with pytest.raises(NotPositiveDefinite, match=f"row {row + 60 * (target is others)}, .* exact copies"):
        kernel_coordinates(points, others, 0.5)


def test_coordinates_of_too_wide_a_kernel_are_refused():
    with pytest.raises(NotPositiveDefinite, match="too wide"):
        kernel_coordinates(*cloud(), 1e-4)
