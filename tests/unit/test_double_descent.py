"""Least squares through N = n, random features against their kernel, and networks against their width."""

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest

from honest_results import FIT, function, run
from paper_configuration import PAPER, check, problems, with_value
from rethinking.datasets.arrays import DataError
from rethinking.datasets.digits import read as load_digits
from rethinking.exhibits.double_descent.kind import requests as feature_requests
from rethinking.exhibits.requests import Training
from rethinking.exhibits.width_sweep.kind import requests as width_requests
from rethinking.experiments import random_fourier_features
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


# --- the experiment --------------------------------------------------------------------------------


@cache
def digits():
    found = load_digits()
    points = {"train": found.train_images, "test": found.test_images}
    return points, {"train": found.train_labels, "test": found.test_labels}


@cache
def curve(seed=0, noise=(0.0, 0.2)):
    """Of 60 digits: counts far below, at and far above N = n, and the kernel."""
    counts = [10, 20, 60, 600, None]
    rows = random_fourier_features.run(
        *digits(), classes=10, seed=seed, examples=60, gamma=0.2, label_noise=noise, feature_counts=counts
    )
    json.dumps(rows, allow_nan=False)
    return rows


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_test_error_and_norm_have_their_peak_where_features_just_fit_all_labels(seed):
    for noise in (0.0, 0.2):
        of = {row["feature_count"]: row for row in curve(seed) if row["label_noise"] == noise}
        assert [of[count]["rank"] for count in (10, 20, 60, 600, None)] == [10, 20, 60, 60, 60]
        assert [of[count]["train_error"] for count in (60, 600, None)] == [0, 0, 0]
        assert of[10]["train_error"] > of[20]["train_error"] > 0
        for quantity in ("norm", "test_squared_error", "condition"):
            assert of[60][quantity] > 5 * max(of[20][quantity], of[600][quantity])
        assert of[60]["test_error"] > max(of[20]["test_error"], of[600]["test_error"])
        assert of[600]["norm"] == pytest.approx(of[None]["norm"], rel=0.25)
        assert of[600]["norm"] > of[None]["norm"]


def test_what_noise_adds_is_seen_in_every_count_that_fits_it():
    for count in (600, None):
        clean, noisy = (row for row in curve() if row["feature_count"] == count)
        assert noisy["norm"] > clean["norm"]
        assert noisy["test_error"] > clean["test_error"]


def test_a_curve_does_not_depend_on_the_other_counts_and_levels_that_are_asked_for():
    """So counts in jobs of their own are one draw: features, examples and labels are the seed's."""
    asked = {"classes": 10, "seed": 0, "examples": 60, "gamma": 0.2}
    (alone,) = random_fourier_features.run(*digits(), label_noise=[0.2], feature_counts=[20], **asked)
    (beside,) = (row for row in curve() if row["feature_count"] == 20 and row["label_noise"] == 0.2)
    assert alone == pytest.approx(beside, rel=1e-9)
    other = [row for row in curve(1) if row["feature_count"] == 20][1]
    assert other["norm"] != pytest.approx(beside["norm"], rel=1e-6)


def test_labels_are_nested_over_their_noise_and_tests_are_on_true_labels(monkeypatch):
    seen = []

    def recorded(gamma, problem):
        seen.append(problem)
        return fit_kernel(gamma, problem)

    monkeypatch.setattr(random_fourier_features, "fit_kernel", recorded)
    asked = {"seed": 0, "examples": 500, "gamma": 0.2, "label_noise": [0.0, 0.2, 0.6]}
    random_fourier_features.run(*digits(), classes=10, feature_counts=[None], **asked)
    (problem,) = seen
    true, little, much = problem.labellings
    points = {
        point.tobytes(): label for point, label in zip(*(digits()[of]["train"] for of in (0, 1)), strict=True)
    }
    images = np.round(255 * problem.points).astype(np.uint8)
    assert [points[image.tobytes()] for image in images] == true.tolist()
    np.testing.assert_array_equal(problem.test_labels, digits()[1]["test"])
    changed = little != true
    np.testing.assert_array_equal(little[changed], much[changed])
    # 0.9 p of the labels of ten classes change; 500 have a standard deviation of 0.02.
    assert changed.mean() == pytest.approx(0.18, abs=0.06)
    assert (much != true).mean() == pytest.approx(0.54, abs=0.08)


def test_of_random_labels_nothing_is_learned():
    rows = curve(0, (1.0,))
    # 1,097 guesses among 10 classes: a standard deviation of 0.01 around 0.9, more with 60 labels alone.
    assert [row["test_error"] for row in rows] == [pytest.approx(0.9, abs=0.08)] * len(rows)


def test_data_that_are_too_small_are_named():
    asked = {"gamma": 0.2, "label_noise": [0.0], "feature_counts": [5], "seed": 0}
    train = len(digits()[1]["train"])
    with pytest.raises(DataError, match=rf"examples: {train + 1} of .* expected at most {train}"):
        random_fourier_features.run(*digits(), classes=10, examples=train + 1, **asked)
    points = {part: np.zeros((4, 2, 2, 1), dtype=np.uint8) for part in ("train", "test")}
    labels = {part: np.zeros(4, dtype=np.int64) for part in ("train", "test")}
    with pytest.raises(DataError, match="has 1 class; expected 2 or more"):
        random_fourier_features.run(points, labels, classes=1, examples=4, **asked)


# --- the figure of random features -----------------------------------------------------------------

OPTIONS = {
    **{"dataset": "digits", "features": "pixels", "gamma": 0.2, "examples": 60},
    **{"feature_counts": [600, 10, 20, 60], "label_noise": [0.2, 0.0]},
}


def counts_of_jobs(**more):
    return [request.options["feature_counts"] for request in feature_requests(OPTIONS | more)]


def test_counts_that_take_minutes_have_jobs_of_their_own():
    assert counts_of_jobs() == [[10, 20, 60, 600, None]]
    assert counts_of_jobs(examples=10_000, feature_counts=[100, 1000, 10_000, 30_000]) == [
        [100, 1000],
        [10_000],
        [30_000],
        [None],
    ]
    assert counts_of_jobs(examples=10_000, feature_counts=[30_000]) == [[30_000], [None]]
    (request,) = feature_requests(OPTIONS)
    assert (request.experiment, request.dataset, request.features, request.network) == (
        *("random_fourier_features", "digits", "pixels"),
        None,
    )
    assert request.options["label_noise"] == [0.0, 0.2]


def feature_summary(seeds=(0, 1, 2)):
    rows = [row | {"seed": seed} for seed in seeds for row in curve(seed)]
    return function("double_descent", "summarise")(pd.DataFrame(rows), 0.95)


def test_means_are_over_seeds_and_of_logarithms_where_the_peak_is_heavy_tailed():
    summary = feature_summary().set_index(["quantity", "label_noise", "feature_count"])
    rows = pd.DataFrame([row for seed in range(3) for row in curve(seed)])
    rows = rows[(rows["label_noise"] == 0.2) & (rows["feature_count"] == 60)]
    assert summary.loc["test_error", 0.2, 60]["mean"] == pytest.approx(rows["test_error"].mean())
    norm = summary.loc["norm", 0.2, 60]
    assert norm["mean"] == pytest.approx(np.exp(np.log(rows["norm"]).mean()))
    assert 0 < norm["lower"] < norm["mean"] < norm["upper"]
    assert (summary["failed"] == 0).all()
    kernel = feature_summary().query("feature_count.isna()")
    assert len(kernel) == 2 * 7
    assert (kernel["runs"] == 3).all()


def test_the_report_names_the_peak_the_minimum_and_the_kernel():
    rows = [(0.2, 10.0, 0.5), (0.2, 1000.0, 0.85), (0.2, 5000.0, 0.19), (0.2, np.nan, 0.183)]
    summary = pd.DataFrame(rows, columns=["label_noise", "feature_count", "mean"])
    assert function("double_descent", "sentences")(summary.assign(quantity="test_error")) == [
        "p = 0.2: the highest test error is 85.00 % with 1,000 features, the lowest is 19.00 % with 5,000 "
        "features; the kernel itself has 18.30 %."
    ]


def drawn_features(seeds=3):
    return function("double_descent", "draw")(
        feature_summary(range(seeds)), seeds, 0.95, "digits", "pixels", 60, 0.2, [0.2, 0.0]
    )


def test_errors_have_a_panel_for_each_level_and_the_norm_one():
    drawn = drawn_features()
    clean, noisy, norms = drawn.axes
    assert [axes.get_title(loc="left") for axes in drawn.axes] == [
        *("label noise p = 0", "label noise p = 0.2", "norm of the solution"),
    ]
    summary = feature_summary().set_index(["quantity", "label_noise", "feature_count"])["mean"]
    for axes, noise in ((clean, 0.0), (noisy, 0.2)):
        for line, quantity in zip(axes.lines[::2], ("test_error", "train_error"), strict=False):
            expected = [[count, 100 * summary[quantity, noise, count]] for count in (10, 20, 60, 600)]
            np.testing.assert_allclose(line.get_xydata(), expected)
        limit = rows_of_kernel("test_error", noise)
        assert axes.lines[1].get_ydata()[0] == pytest.approx(100 * limit)
        assert axes.lines[-1].get_xdata()[0] == 60
    assert norms.get_yscale() == "log"
    assert all(axes.get_xscale() == "log" for axes in drawn.axes)
    assert norms.lines[2].get_ydata()[2] == pytest.approx(summary["norm", 0.2, 60])
    texts = [text.get_text() for text in drawn.legends[0].get_texts()]
    assert texts == [
        *("test error", "train error", "norm, p = 0", "norm, p = 0.2", "N = n = 60"),
        "the kernel (N → ∞)",
    ]
    assert "60 examples of digits; mean of 3 seeds with 95% interval" in drawn.get_suptitle()
    assert "one seed, no interval" in drawn_features(1).get_suptitle()


def rows_of_kernel(quantity, noise):
    summary = feature_summary()
    found = summary[(summary["quantity"] == quantity) & (summary["label_noise"] == noise)]
    return found.loc[found["feature_count"].isna(), "mean"].iloc[0]


# --- the figure of widths --------------------------------------------------------------------------

FACTORS, LEVELS = [1.0, 0.25, 0.5], [0.2, 0.0]
# Train and test accuracy by width factor and p: with p = 0.2 the narrowest does not fit.
ACCURACIES = {
    (0.25, 0.0): (1.0, 0.90),
    (0.5, 0.0): (1.0, 0.92),
    (1.0, 0.0): (1.0, 0.94),
    (0.25, 0.2): (0.8, 0.75),
    (0.5, 0.2): (1.0, 0.70),
    (1.0, 0.2): (1.0, 0.85),
}


def histories(accuracies=ACCURACIES, seeds=2):
    parts = []
    for (factor, noise), (train, test) in accuracies.items():
        for seed in range(seeds):
            condition = "random_labels" if noise else "true_labels"
            named = {"network": f"mlp@width={factor}", "condition": condition, "label_noise": noise}
            history = run([0.1, train], test + 0.01 * seed, seed=seed, **named)
            parts.append(history.assign(parameters=int(1000 * factor)))
    return pd.concat(parts, ignore_index=True)


def width_summary(frame=None):
    frame = histories() if frame is None else frame
    return function("width_sweep", "summarise")(frame, "mlp", FACTORS, LEVELS, FIT, 0.95)


def test_a_width_sweep_asks_for_each_width_at_each_level():
    options = {"network": "mlp", "width_factors": FACTORS, "label_noise": LEVELS}
    assert width_requests(options) == [
        Training(f"mlp@width={factor}", "random_labels", noise)
        for noise in (0.0, 0.2)
        for factor in (0.25, 0.5, 1.0)
    ]


def test_errors_are_those_of_the_last_epoch_by_width():
    summary = width_summary()
    point = summary.set_index(["quantity", "label_noise", "width"]).sort_index()
    found = point.loc[("test_error", 0.2, 0.5)]
    assert (found["mean"], found["parameters"], found["failed"]) == (pytest.approx(0.295), 500, 0)
    narrow = point.loc[("train_error", 0.2, 0.25)]
    assert (narrow["mean"], narrow["failed"], narrow["planned"]) == (pytest.approx(0.2), 2, 2)
    assert summary[summary["quantity"] == "test_error"]["parameters"].tolist() == 2 * [250, 500, 1000]
    assert (summary["chance"] == 0.9).all()


def test_a_run_that_diverged_has_no_error():
    frame = histories()
    lost = (frame["network"] == "mlp@width=0.5") & (frame["seed"] == 1)
    frame.loc[lost, "verdict"] = "diverged at epoch 2"
    point = width_summary(frame).set_index(["quantity", "label_noise", "width"]).sort_index()
    found = point.loc[("test_error", 0.2, 0.5)]
    assert (found["mean"], found["runs"], found["failed"]) == (pytest.approx(0.3), 1, 1)


def test_the_report_says_from_where_on_all_runs_fit():
    assert function("width_sweep", "sentences")(width_summary()) == [
        "p = 0: every run fits from 250 parameters on; test error: lowest 5.50 % with 1,000, highest 9.50 % "
        "with 250, 5.50 % with the most.",
        "p = 0.2: every run fits from 500 parameters on; test error: lowest 14.50 % with 1,000, highest "
        "29.50 % with 500, 14.50 % with the most.",
    ]
    frame = histories({(factor, 0.2): (0.8, 0.5) for factor in FACTORS})
    (said,) = function("width_sweep", "sentences")(width_summary(frame))
    assert "not every run fits, whatever the width" in said


def test_errors_are_drawn_against_parameters_and_what_does_not_fit_is_hollow():
    drawn = function("width_sweep", "draw")(width_summary(), "mlp", 2, 0.95, "digits", FIT)
    axes = drawn.axes[0]
    assert axes.get_xscale() == "log"
    curves = [
        line for line in axes.lines if line.get_linestyle() in ("-", "--") and len(line.get_xdata()) == 3
    ]
    np.testing.assert_allclose(curves[0].get_xydata(), [[250, 9.5], [500, 7.5], [1000, 5.5]])
    np.testing.assert_allclose(curves[2].get_ydata(), [24.5, 29.5, 14.5])
    np.testing.assert_allclose(curves[3].get_ydata(), [20, 0, 0], atol=1e-12)
    hollow = [line.get_xydata().tolist() for line in axes.lines if line.get_markerfacecolor() == "white"]
    assert [points for points in hollow if points] == [
        [[250, pytest.approx(24.5)]],
        [[250, pytest.approx(20)]],
    ]
    texts = [text.get_text() for text in drawn.legends[0].get_texts()]
    assert texts[-1] == "not every run fits 99% of its labels"
    everywhere = histories({key: (1.0, test) for key, (_, test) in ACCURACIES.items()})
    drawn = function("width_sweep", "draw")(width_summary(everywhere), "mlp", 2, 0.95, "digits", FIT)
    assert not any("not every" in text.get_text() for text in drawn.legends[0].get_texts())


# --- the configuration -----------------------------------------------------------------------------

FIGURES = {
    "double_descent": OPTIONS,
    "width_sweep": {"network": "mlp_1x512", "width_factors": [0.5, 1.0], "label_noise": [0.0]},
}


def with_figure(kind, **more):
    return with_value(("figures",), {**PAPER["figures"], "mine": {"kind": kind, **FIGURES[kind], **more}})


LONG = "mlp_1x512@learning_rate=0.05@epochs=200"


@pytest.mark.parametrize(
    ("kind", "more"), [("double_descent", {}), ("width_sweep", {}), ("width_sweep", {"network": LONG})]
)
def test_a_figure_of_each_kind_can_be_run(kind, more):
    assert check(with_figure(kind, **more))["figures"]["mine"]["kind"] == kind


@pytest.mark.parametrize(
    ("kind", "more", "message"),
    [
        ("double_descent", {"feature_counts": []}, "feature_counts: is empty; expected at least 1"),
        (
            "double_descent",
            {"feature_counts": [0]},
            "feature_counts[0]: expected a value in [1, 100000], found 0",
        ),
        ("double_descent", {"feature_counts": [5, 5]}, "feature_counts: has an entry twice"),
        ("double_descent", {"label_noise": [1.1]}, "label_noise[0]: expected a value in [0, 1], found 1.1"),
        ("double_descent", {"label_noise": []}, "label_noise: is empty; expected at least 1"),
        ("double_descent", {"examples": 1}, "examples: expected a value in [2, 10000], found 1"),
        ("double_descent", {"gamma": 0}, "gamma: expected more than 0, found 0"),
        (
            "double_descent",
            {"features": "pixel"},
            "features: no plain features 'pixel'; did you mean 'pixels'",
        ),
        ("width_sweep", {"label_noise": [-0.1]}, "label_noise[0]: expected a value in [0, 1], found -0.1"),
        ("width_sweep", {"label_noise": [0.12345678]}, "label_noise: at most six decimals, found 0.12345678"),
        ("width_sweep", {"width_factors": [0.5]}, "width_factors: has only 1 entries; expected at least 2"),
        ("width_sweep", {"width_factors": [0, 1]}, "width_factors[0]: expected more than 0, found 0"),
    ],
)
def test_options_that_make_no_figure_are_refused(kind, more, message):
    (found,) = problems(with_figure(kind, **more))
    assert found.startswith(f"figures.mine.{message}")


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ("mlp_1x51", "no network 'mlp_1x51'; did you mean 'mlp_1x512'?"),
        ("mlp_1x512@width=0.5", "width is set twice; remove one"),
    ],
)
def test_a_network_that_cannot_be_widened_is_refused_at_each_width(network, message):
    found = problems(with_figure("width_sweep", network=network))
    assert len(found) == 2
    assert all(message in each for each in found)
