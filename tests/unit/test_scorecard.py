"""Verdicts follow the stated rules, for numbers and for claims."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rethinking import scorecard
from rethinking.claims import claims

PAPER = Path(__file__).parents[2] / "paper"
TOLERANCE = {"accuracy": 0.02, "relative_time_to_fit": 0.25, "loss": 0.1}


def table(**accuracies):
    """A summary of one network: parameters and accuracies as (mean, lower, upper)."""
    rows = [("parameters", 1_387_786, np.nan, np.nan)]
    rows += [(quantity, *values) for quantity, values in accuracies.items()]
    frame = pd.DataFrame(rows, columns=["quantity", "mean", "lower", "upper"])
    keys = {"network": "alexnet", "condition": "true_labels", "random_crop": False, "weight_decay": False}
    return frame.assign(**keys, runs=3, diverged=0, chance=0.1)


def verdicts(summary):
    paper = pd.read_csv(PAPER / "table1.csv")
    found = scorecard.numbers("table1", "accuracy_table", summary, paper, TOLERANCE)
    return found.set_index(["item", "measured"])["verdict"]


TEST_ITEM = ("alexnet, true_labels", "test_accuracy")  # 76.07 % in the paper


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        ((0.77, np.nan, np.nan), "matched"),  # within 0.02, one seed
        ((0.79, 0.78, 0.80), "not matched"),  # farther, and not in the interval
        ((0.79, 0.20, 0.99), "not matched"),  # an interval that holds everything proves nothing
        ((np.nan, np.nan, np.nan), "not matched"),  # every run diverged
    ],
)
def test_a_number_is_matched_within_the_tolerance(ours, expected):
    summary = table(train_accuracy=(1.0, 1.0, 1.0), test_accuracy=ours)
    assert verdicts(summary)[TEST_ITEM] == expected


def test_parameters_match_only_when_equal():
    summary = table(train_accuracy=(1.0, 1.0, 1.0), test_accuracy=(0.76, 0.75, 0.77))
    assert verdicts(summary)[("alexnet, true_labels", "parameters")] == "matched"
    summary.loc[summary["quantity"] == "parameters", "mean"] += 1
    assert verdicts(summary)[("alexnet, true_labels", "parameters")] == "not matched"


def test_what_no_run_stands_for_is_not_run_and_every_number_has_a_row():
    found = verdicts(table(train_accuracy=(1.0, 1.0, 1.0), test_accuracy=(0.76, 0.75, 0.77)))
    assert len(found) == 19 * 3
    assert (found == "not run").sum() == 18 * 3
    assert found[("inception, random_labels", "test_accuracy")] == "not run"


@pytest.mark.parametrize(
    ("name", "kind", "count"), [("fig1a", "learning_curves", 46), ("fig1b", "noise_sweep", 33),
                                ("fig1c", "noise_sweep", 33)]
)  # fmt: skip
def test_every_number_of_the_figures_is_on_record(name, kind, count):
    paper = pd.read_csv(PAPER / f"{name}.csv")
    keys = scorecard.KEYS[kind]
    empty = pd.DataFrame(columns=[*keys, "quantity", "mean", "lower", "upper", "runs"])
    found = scorecard.numbers(name, kind, empty, paper, TOLERANCE, "online_loss")
    assert len(found) == count == found["item"].nunique()
    assert set(found["verdict"]) == {"not run"}


def test_a_time_that_is_only_a_lower_bound_matches_nothing():
    summary = pd.DataFrame(
        [("alexnet", 1.0, "relative_time_to_fit", 3, 1.548, np.nan, np.nan, 2)],
        columns=["network", "label_noise", "quantity", "runs", "mean", "lower", "upper", "not_fitted"],
    )
    paper = pd.read_csv(PAPER / "fig1b.csv")
    found = scorecard.numbers("fig1b", "noise_sweep", summary, paper, TOLERANCE).set_index("item")
    entry = found.loc["alexnet, p = 1"]
    assert entry["verdict"] == "not matched"
    assert "lower bound" in entry["rule"]


def test_figure_1a_is_scored_by_the_loss_that_it_draws():
    paper = pd.read_csv(PAPER / "fig1a.csv").head(1)
    summary = pd.DataFrame(
        [
            ("true_labels", 1, "train_loss", 3, 0.85, 0.8, 0.9),
            ("true_labels", 1, "online_loss", 3, 1.5, 1, 2),
        ],
        columns=["condition", "epoch", "quantity", "runs", "mean", "lower", "upper"],
    )
    for quantity, expected in (("train_loss", "matched"), ("online_loss", "not matched")):
        found = scorecard.numbers("fig1a", "learning_curves", summary, paper, TOLERANCE, quantity)
        assert found["measured"].tolist() == [quantity]
        assert found["verdict"].tolist() == [expected]


def sweep(quantity, means, not_fitted=0):
    levels = np.linspace(0, 1, len(means))
    frame = pd.DataFrame({"label_noise": levels, "mean": means, "lower": means, "upper": means})
    return frame.assign(network="mlp", quantity=quantity, runs=3, not_fitted=not_fitted, chance=0.9)


def claim_verdicts(kind, summary, quantity=None):
    return claims("x", kind, summary, quantity, 0.99).set_index("item")["verdict"].to_dict()


def test_growth_is_a_rank_correlation():
    grows = claim_verdicts("noise_sweep", sweep("test_error", [0.1, 0.3, 0.5, 0.7, 0.9]), "test_error")
    assert set(grows.values()) == {"matched"}
    jumps = claim_verdicts("noise_sweep", sweep("test_error", [0.1, 0.7, 0.3, 0.2, 0.5]), "test_error")
    assert jumps["mlp: test error grows with p"] == "not matched"
    one_swap = sweep("relative_time_to_fit", [1.0, 1.2, 1.4, 1.9, 1.8])
    assert claim_verdicts("noise_sweep", one_swap, "relative_time_to_fit") == {
        "mlp: time to fit grows with p": "matched",
        "mlp: random labels are fitted, only slower": "matched",
    }


def test_random_labels_that_are_not_fitted_or_not_at_chance_are_not_matched():
    late = claim_verdicts(
        "noise_sweep", sweep("relative_time_to_fit", [1.0, 2.0, 3.0], not_fitted=1), "relative_time_to_fit"
    )
    assert late["mlp: random labels are fitted, only slower"] == "not matched"
    leaking = sweep("test_error", [0.1, 0.5, 0.8]).assign(lower=0.5, upper=1.0)
    leak = claim_verdicts("noise_sweep", leaking, "test_error")
    assert leak["mlp: test error at chance for p = 1"] == "not matched"


def test_claims_of_a_table_without_their_rows_are_not_run():
    summary = table(train_accuracy=(0.5, 0.4, 0.6), test_accuracy=(0.4, 0.3, 0.5))
    found = claim_verdicts("accuracy_table", summary)
    assert found["alexnet fits true_labels"] == "not matched"
    assert found["alexnet fits random_labels"] == "not run"
    assert found["alexnet: random labels leave test accuracy at chance"] == "not run"
    assert found["alexnet generalises without explicit regularisation"] == "not run"


def test_diverged_runs_match_no_claim():
    found = claim_verdicts("accuracy_table", table(train_accuracy=(math.nan,) * 3))
    assert found["alexnet fits true_labels"] == "not matched"


def test_a_curve_that_never_fits_is_slower_than_none():
    def curve(condition, accuracies):
        count = len(accuracies)
        frame = pd.DataFrame({"epoch": range(1, count + 1), "mean": accuracies})
        return frame.assign(
            condition=condition, network="mlp", quantity="train_accuracy", lower=0, upper=1, runs=3
        )

    slower = pd.concat([curve("true_labels", [0.5, 1, 1]), curve("random_labels", [0.2, 0.5, 1])])
    assert set(claim_verdicts("learning_curves", slower).values()) == {"matched"}
    never = pd.concat([curve("true_labels", [0.5, 1, 1]), curve("random_labels", [0.2, 0.5, 0.6])])
    found = claim_verdicts("learning_curves", never)
    assert found["mlp: random labels take longer than true ones"] == "not matched"
    assert found["mlp fits random_labels"] == "not matched"
