"""Double descent: random features through N = n, in the experiment and in its figure."""

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest

from honest_results import function
from paper_configuration import PAPER, check, problems, with_value
from rethinking.datasets.arrays import DataError
from rethinking.datasets.digits import read as load_digits
from rethinking.exhibits.double_descent.kind import requests as feature_requests
from rethinking.experiments import random_fourier_features
from rethinking.random_fourier import (
    fit_kernel,
)


def random(seed=0):
    return np.random.default_rng(seed)


def gaussian(a, b, gamma):
    return np.exp(-gamma * np.square(a[:, None] - b).sum(axis=2))


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


# --- the configuration -----------------------------------------------------------------------------


def with_figure(**more):
    entry = {"kind": "double_descent", **OPTIONS, **more}
    return with_value(("figures",), {**PAPER["figures"], "mine": entry})


def test_a_figure_can_be_run():
    assert check(with_figure())["figures"]["mine"]["kind"] == "double_descent"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"feature_counts": []}, "feature_counts: is empty; expected at least 1"),
        ({"feature_counts": [0]}, "feature_counts[0]: expected a value in [1, 100000], found 0"),
        ({"feature_counts": [5, 5]}, "feature_counts: has an entry twice"),
        ({"label_noise": [1.1]}, "label_noise[0]: expected a value in [0, 1], found 1.1"),
        ({"label_noise": []}, "label_noise: is empty; expected at least 1"),
        ({"examples": 1}, "examples: expected a value in [2, 10000], found 1"),
        ({"gamma": 0}, "gamma: expected more than 0, found 0"),
        ({"features": "pixel"}, "features: no plain features 'pixel'; did you mean 'pixels'"),
    ],
)
def test_options_that_make_no_figure_are_refused(more, message):
    (found,) = problems(with_figure(**more))
    assert found.startswith(f"figures.mine.{message}")
