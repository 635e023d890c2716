"""Figures and tables of kernel systems: what is drawn and set, from summaries made by hand."""

import re

import numpy as np
import pandas as pd
import pytest

from pictures import legend, written
from rethinking.exhibits.interpolants import drawing as interpolants
from rethinking.exhibits.minimum_norm import drawing as minimum_norm
from rethinking.exhibits.ridge_path import drawing as ridge_path
from rethinking.exhibits.system_table import drawing as system_table
from rethinking.plotting import pages, style

ABOUT = (3, 0.95, "CIFAR-10")


RIDGES = [0.1, 0.0, 0.001]


def ridge_errors(system="mnist_pixels", means=(0.4, 0.1, 0.2), chosen=(0.001, 0.3), half=np.nan, **keys):
    """A summary of one system: its test error for each of ``RIDGES``, then the chosen ridge and its error."""
    ridges = pd.DataFrame({"ridge": [*map(str, RIDGES), "chosen"], "ridge_value": [*RIDGES, chosen[0]]})
    ridges = ridges.assign(test_error=[*means, chosen[1]])
    keys = {"dataset": "MNIST", "features": "pixels", "kernel": "gaussian", "runs": 1, **keys}
    frame = ridges.melt("ridge", var_name="quantity", value_name="mean").assign(system=system, **keys)
    return frame.assign(lower=frame["mean"] - half, upper=frame["mean"] + half)


def drawn_path(*parts, systems=("mnist_pixels",)):
    return ridge_path.draw(pd.concat(parts, ignore_index=True), list(systems), 0.95)


def points(axes, marker):
    """Where the single marks of one kind are."""
    return [
        tuple(line.get_xydata()[0])
        for line in axes.lines
        if line.get_marker() == marker and len(line.get_xdata()) == 1
    ]


def test_a_ridge_path_draws_errors_in_per_cent_from_no_ridge_on():
    (axes,) = drawn_path(ridge_errors()).axes
    (path,) = axes.containers
    x, y = path[0].get_data(orig=False)
    np.testing.assert_allclose(y, [10, 20, 40])
    np.testing.assert_allclose(x[1:], [0.001, 0.1])
    assert 0 < x[0] < 0.001
    assert axes.get_xscale() == "log"
    assert axes.get_ylim()[0] == 0
    labels = dict(zip(axes.get_xticks(), [text.get_text() for text in axes.get_xticklabels()], strict=True))
    assert labels[x[0]] == "0"
    assert labels[0.1] == "10⁻¹"


@pytest.mark.parametrize("steps", [(1, 30, 1000), (20, 30, 60)])
def test_logarithmic_axes_have_readable_labels(steps, tmp_path):
    frame = descent().assign(step=list(steps) * 2)
    texts = written(drawn_descents(frame), tmp_path / "x.png")
    assert not any(sign in text for text in texts for sign in "$\\{}")
    powers = [text for text in texts if re.fullmatch("10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", text)]
    assert len(powers) >= 2
    if steps[0] == 20:
        assert {"2×10¹", "6×10¹"} & set(texts), "less than a decade has labels between"


def test_a_ridge_path_marks_what_was_chosen_and_what_would_have_been_best():
    (axes,) = drawn_path(ridge_errors(means=(0.1, 0.4, 0.2), chosen=(0.003, 0.05))).axes
    assert points(axes, "*") == [(0.003, pytest.approx(5))]
    assert points(axes, "o") == [(0.1, pytest.approx(10))]
    assert legend(axes.figure) == [
        "pixels",
        "chosen by validation\n(with its γ)",
        "lowest on the test set",
    ]


def test_a_ridge_that_is_chosen_to_be_none_stands_at_the_left():
    (axes,) = drawn_path(ridge_errors(chosen=(0.0, 0.1))).axes
    assert points(axes, "*") == [(axes.containers[0][0].get_xdata()[0], pytest.approx(10))]


def test_lines_of_a_ridge_path_are_in_the_order_of_the_configuration():
    gabor = ridge_errors("mnist_gabor", means=(0.3, 0.3, 0.3), features="gabor")
    drawn = drawn_path(gabor, ridge_errors(), systems=("mnist_pixels", "mnist_gabor"))
    assert legend(drawn)[:2] == ["pixels", "Gabor"]
    lines = [path[0] for path in drawn.axes[0].containers]
    assert [line.get_ydata()[0] for line in lines] == pytest.approx([10, 30])
    assert len({(line.get_color(), line.get_marker(), line.get_linestyle()) for line in lines}) == 2


def test_each_data_set_has_a_panel_with_its_own_systems():
    theirs = ridge_errors("cifar10_pixels", dataset="CIFAR-10", means=(0.6, 0.5, 0.5))
    drawn = drawn_path(ridge_errors(), theirs, systems=("mnist_pixels", "cifar10_pixels"))
    assert [axes.get_title(loc="left").splitlines()[0] for axes in drawn.axes] == ["MNIST", "CIFAR-10"]
    assert [[path[0].get_ydata()[0] for path in axes.containers] for axes in drawn.axes] == [[10], [50]]
    assert [axes.get_ylabel() for axes in drawn.axes] == ["test error (%)", ""]


def test_bars_of_a_ridge_path_are_intervals_over_seeds():
    (axes,) = drawn_path(ridge_errors(half=0.05, runs=3)).axes
    assert "mean of 3 seeds with 95% interval" in axes.get_title(loc="left")
    (bars,) = axes.containers[0][2]
    np.testing.assert_allclose(
        [segment[:, 1] for segment in bars.get_segments()], [[5, 15], [15, 25], [35, 45]]
    )
    (alone,) = drawn_path(ridge_errors()).axes
    assert "one seed, no interval" in alone.get_title(loc="left")


def test_a_ridge_path_shows_the_solves_that_there_are(tmp_path):
    (axes,) = drawn_path(ridge_errors(means=(0.4, np.nan, 0.2), runs=[1, 0, 1, 1] * 2)).axes
    np.testing.assert_allclose(axes.containers[0][0].get_ydata(orig=False), [np.nan, 20, 40])
    assert points(axes, "o") == [(0.001, pytest.approx(20))]
    nothing = drawn_path(ridge_errors(means=[np.nan] * 3, chosen=(0.1, np.nan), runs=0))
    assert points(nothing.axes[0], "o") == []
    style.save(nothing, tmp_path / "x.pdf")
    assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF")


def descent(optimiser="gradient descent", start="zero", distances=(0.01, 1.0, 0.1), outside=np.nan):
    """A summary of one descent, with its steps in no order."""
    frame = pd.DataFrame({"step": [1000, 1, 30], "mean": distances}).assign(quantity="distance")
    plateau = pd.DataFrame({"step": [1000, 1, 30], "mean": outside, "quantity": "outside_distance"})
    frame = pd.concat([frame, plateau]).assign(optimiser=optimiser, start=start, runs=3)
    return frame.assign(lower=frame["mean"] / 2, upper=2 * frame["mean"])


def drawn_descents(*parts, seeds=3):
    return minimum_norm.draw(pd.concat(parts, ignore_index=True), seeds, 0.95, "digits", "pixels", 20, 0.2)


def test_distances_of_descent_are_drawn_against_steps_on_logarithmic_axes():
    drawn = drawn_descents(descent(), descent("SGD", distances=(0.2, 2.0, 1.0)))
    (axes,) = drawn.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    ours, theirs = axes.lines
    np.testing.assert_allclose(ours.get_xydata(), [[1, 1.0], [30, 0.1], [1000, 0.01]])
    np.testing.assert_allclose(theirs.get_ydata(), [2.0, 1.0, 0.2])
    assert legend(drawn) == ["gradient descent, start: zero", "SGD, start: zero"]
    title = (
        "20 examples of digits, Gaussian kernel on pixels, γ = 0.2\n"
        "gradient descent by its closed form (1 - ηλ)^t, SGD step by step\n"
        "mean of 3 seeds with 95% interval"
    )
    assert axes.get_title(loc="left") == title


def test_bands_of_descent_are_intervals_over_seeds():
    (axes,) = drawn_descents(descent()).axes
    (band,) = axes.collections
    corners = {tuple(corner) for corner in np.round(band.get_paths()[0].vertices, 6)}
    assert corners >= {(1, 0.5), (1, 2.0), (30, 0.05), (30, 0.2), (1000, 0.005), (1000, 0.02)}


def test_one_seed_of_descent_has_no_band():
    drawn = drawn_descents(descent().assign(lower=np.nan, upper=np.nan, runs=1), seeds=1)
    assert not any(len(path.vertices) for band in drawn.axes[0].collections for path in band.get_paths())
    np.testing.assert_allclose(drawn.axes[0].lines[0].get_ydata(), [1.0, 0.1, 0.01])
    assert "one seed, no interval" in drawn.axes[0].get_title(loc="left")


def test_what_descent_cannot_reach_is_drawn_where_a_start_has_it():
    away = descent(start="outside the span", distances=(0.7, 1.5, 0.8), outside=0.65)
    drawn = drawn_descents(descent(), away)
    plateau = [line for line in drawn.axes[0].lines if len(set(line.get_ydata())) == 1]
    assert [line.get_ydata()[0] for line in plateau] == [0.65]
    assert len(legend(drawn)) == 3
    assert len(legend(drawn_descents(descent()))) == 1


def system_text(**changed):
    """One row of a table of systems as text."""
    row = {"system": "mnist_pixels", "dataset": "MNIST", "features": "random_patches", "kernel": "gaussian"}
    row |= {"ridge": "none", "ridge_value": 0.0, "gamma": 0.02, "examples": 60000.0, "not_solved": 0}
    row |= {
        "test_error": 0.0123,
        "test_error_lower": np.nan,
        "test_error_upper": np.nan,
        "train_error": 0.001,
    }
    row |= {"norm": 220.04, "norm_lower": np.nan, "norm_upper": np.nan, "norm_of_signs": 440.0}
    row |= {
        "norm_of_signs_lower": np.nan,
        "norm_of_signs_upper": np.nan,
        "residual": 3e-14,
        "condition_number": 2e6,
    }
    row |= {"seconds": 1234.5, "peak_memory_bytes": 15e9}
    (text,) = system_table.text_rows(pd.DataFrame([row | changed])).to_dict("records")
    return text


def test_a_table_of_systems_is_in_per_cent_and_says_what_was_solved():
    text = system_text()
    assert (text["features"], text["gamma"], text["ridge"]) == ("random patches", "0.02", "none")
    assert (text["examples"], text["test error"], text["train error"]) == ("60,000", "1.23", "0.10")
    assert (text["residual"], text["condition number"]) == ("3e-14", "2e+06")
    assert system_text(test_error_upper=0.0133)["test error"] == "1.23 ± 0.10"
    assert system_text(ridge="chosen", ridge_value=0.001)["ridge"] == "chosen: 0.001"
    assert system_text(ridge="chosen")["ridge"] == "chosen: none"
    assert system_text(not_solved=1)["test error"] == "1.23 (1 not solved)"
    assert system_text(paper_test_error=0.012)["paper: error"] == "1.2"


def test_a_dash_stands_for_what_a_system_does_not_have():
    assert system_text(kernel="linear", gamma=np.nan)["gamma"] == "–"
    assert system_text(paper_norm=np.nan)["paper: norm"] == "–"
    unsolved = system_text(**dict.fromkeys(("test_error", "train_error", "norm", "residual"), np.nan))
    assert [unsolved[name] for name in ("test error", "train error", "residual")] == ["not solved", "–", "–"]
    assert "nan" not in "".join(unsolved.values())


def test_latex_of_text_escapes_what_it_must():
    rows = pd.DataFrame({"data": ["my_data & 5%"], "error ± 1": ["90.00 ± 1.00"], "norm": ["–"]})
    tex = pages.text_latex(rows, 1, "table3", "All of 100% #1")
    assert r"my\_data \& 5\%" in tex
    assert r"90.00 $\pm$ 1.00 & -- " in tex
    assert r"All of 100\% \#1" in tex
    assert r"\begin{tabular}{lrr}" in tex
    assert r"\label{tab:table3}" in tex


def test_a_table_of_interpolants_has_a_row_for_each():
    rows = [
        (name, quantity, mean, upper)
        for name, error, norm in (("minimum norm", 0.1, 6.0), ("random labels", 0.9, 1500.0))
        for quantity, mean, upper in (
            ("train_error", 0.0, 0.0),
            ("test_error", error, error + 0.02),
            ("norm", norm, np.nan),
        )
    ]
    text = interpolants.text_rows(pd.DataFrame(rows, columns=["interpolant", "quantity", "mean", "upper"]))
    assert text["interpolant"].tolist() == ["minimum norm", "random labels"]
    assert text["test error"].tolist() == ["10.00 ± 2.00", "90.00 ± 2.00"]
    assert text["train error"].tolist() == ["0.00 ± 0.00"] * 2
    assert "±" not in "".join(text["norm"])


def test_nine_systems_fit_into_a_panel():
    names = [f"s{number}" for number in range(9)]
    (axes,) = drawn_path(*map(ridge_errors, names), systems=names).axes
    assert len(axes.containers) == 9
    assert legend(axes.figure)[0] == "pixels, gaussian"
