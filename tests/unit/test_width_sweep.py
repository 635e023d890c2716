"""Networks against their width: what is asked for, summed up, drawn and refused."""

import numpy as np
import pandas as pd
import pytest

from honest_results import FIT, function, run
from paper_configuration import PAPER, check, problems, with_value
from rethinking.exhibits.requests import Training
from rethinking.exhibits.width_sweep.kind import requests as width_requests


def random(seed=0):
    return np.random.default_rng(seed)


def gaussian(a, b, gamma):
    return np.exp(-gamma * np.square(a[:, None] - b).sum(axis=2))


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

OPTIONS = {"network": "mlp_1x512", "width_factors": [0.5, 1.0], "label_noise": [0.0]}
LONG = "mlp_1x512@learning_rate=0.05@epochs=200"


def with_figure(**more):
    entry = {"kind": "width_sweep", **OPTIONS, **more}
    return with_value(("figures",), {**PAPER["figures"], "mine": entry})


@pytest.mark.parametrize("network", ["mlp_1x512", LONG])
def test_a_figure_can_be_run(network):
    assert check(with_figure(network=network))["figures"]["mine"]["kind"] == "width_sweep"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"label_noise": [-0.1]}, "label_noise[0]: expected a value in [0, 1], found -0.1"),
        ({"label_noise": [0.12345678]}, "label_noise: at most six decimals, found 0.12345678"),
        ({"width_factors": [0.5]}, "width_factors: has only 1 entries; expected at least 2"),
        ({"width_factors": [0, 1]}, "width_factors[0]: expected more than 0, found 0"),
    ],
)
def test_options_that_make_no_figure_are_refused(more, message):
    (found,) = problems(with_figure(**more))
    assert found.startswith(f"figures.mine.{message}")


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ("mlp_1x51", "no network 'mlp_1x51'; did you mean 'mlp_1x512'?"),
        ("mlp_1x512@width=0.5", "width is set twice; remove one"),
    ],
)
def test_a_network_that_cannot_be_widened_is_refused_at_each_width(network, message):
    found = problems(with_figure(network=network))
    assert len(found) == 2
    assert all(message in each for each in found)
