"""Intervals by hand, times to fit, and what is said where a run did not fit or diverged."""

import numpy as np
import pandas as pd
import pytest

from rethinking import statistics
from rethinking.exhibits.accuracy_table.drawing import table_rows
from rethinking.exhibits.accuracy_table.summary import summarise as accuracy_table
from rethinking.exhibits.learning_curves.summary import summarise as learning_curves
from rethinking.exhibits.noise_sweep.summary import summarise as noise_sweep


def history(accuracies, seed, noise=0.0, network="mlp", condition="true_labels", verdict="finished", **more):
    count = len(accuracies)
    return pd.DataFrame(
        {
            "epoch": range(1, count + 1),
            "step": range(5, 5 * count + 1, 5),
            "online_loss": 1.0,
            "online_accuracy": 0.4,
            "train_loss": np.linspace(2, 1, count),
            "train_accuracy": accuracies,
            "test_loss": 1.0,
            "test_accuracy": 0.4,
            "corrupted_test_accuracy": 0.3,
            "condition": condition,
            "network": network,
            "random_crop": False,
            "augmentation": False,
            "weight_decay": False,
            "label_noise": noise,
            "seed": seed,
            "parameters": 123,
            "classes": 10,
            "verdict": verdict,
        }
        | more
    )


def test_the_interval_is_students():
    # t(0.975, 2) = 4.302653 and the sample deviation of 1, 2, 6 is √7.
    mean, lower, upper = statistics.mean_interval(np.array([1.0, 2.0, 6.0]), 0.95)
    half = 4.302652729911275 * 7**0.5 / 3**0.5
    assert (mean, lower, upper) == pytest.approx((3.0, 3 - half, 3 + half))


def test_one_run_has_no_interval_and_none_no_mean():
    assert statistics.mean_interval(np.array([2.0]), 0.95) == pytest.approx(
        (2.0, np.nan, np.nan), nan_ok=True
    )
    assert np.isnan(statistics.mean_interval(np.array([]), 0.95)).all()


@pytest.mark.parametrize(
    ("accuracies", "expected"), [([0.5, 0.99, 0.9, 1.0], 2), ([1.0], 1), ([0.5, 0.98], np.nan)]
)
def test_a_run_fits_at_the_first_epoch_that_reaches_the_threshold(accuracies, expected):
    assert statistics.epochs_to_fit(accuracies, 0.99) == pytest.approx(expected, nan_ok=True)


def row(summary, **keys):
    found = summary[(summary[list(keys)] == pd.Series(keys)).all(axis=1)]
    assert len(found) == 1
    return found.iloc[0]


def test_relative_times_are_paired_by_seed():
    histories = pd.concat(
        [
            history([0.5, 1.0], 0),
            history([0.5, 0.5, 0.5, 1.0], 1),
            history([0.1] * 5 + [1.0], 0, noise=1.0, condition="random_labels"),
            history([0.1] * 7 + [1.0], 1, noise=1.0, condition="random_labels"),
        ],
        ignore_index=True,
    )
    summary = noise_sweep(histories, 0.99, 0.95)
    relative = row(summary, label_noise=1.0, quantity="relative_time_to_fit")
    assert relative["mean"] == pytest.approx((6 / 2 + 8 / 4) / 2)
    assert relative["runs"] == 2
    assert row(summary, label_noise=1.0, quantity="epochs_to_fit")["mean"] == pytest.approx(7)
    error = row(summary, label_noise=0.0, quantity="test_error")
    assert error["mean"] == pytest.approx(0.6)
    assert error["chance"] == pytest.approx(0.9)


def test_a_run_that_never_fits_gives_a_lower_bound_and_no_interval():
    histories = pd.concat(
        [
            history([0.5, 1.0], 0),
            history([0.5, 1.0], 1),
            history([0.1] * 5 + [1.0], 0, noise=1.0),
            history([0.1] * 8, 1, noise=1.0),
        ],
        ignore_index=True,
    )
    relative = row(noise_sweep(histories, 0.99, 0.95), label_noise=1.0, quantity="relative_time_to_fit")
    assert relative["not_fitted"] == 1
    assert relative["mean"] == pytest.approx((3 + 4) / 2)
    assert np.isnan(relative["upper"])


def test_without_a_fit_at_noise_0_there_is_no_relative_time():
    histories = pd.concat([history([0.5] * 3, 0), history([1.0], 0, noise=1.0)], ignore_index=True)
    relative = row(noise_sweep(histories, 0.99, 0.95), label_noise=1.0, quantity="relative_time_to_fit")
    assert np.isnan(relative["mean"])
    assert tuple(relative[["runs", "planned", "failed"]]) == (0, 1, 1)


def test_without_a_run_at_noise_0_no_relative_time_has_failed():
    summary = noise_sweep(history([1.0], 0, noise=1.0), 0.99, 0.95)
    relative = row(summary, quantity="relative_time_to_fit")
    assert np.isnan(relative["mean"])
    assert tuple(relative[["runs", "planned", "failed"]]) == (0, 1, 0)


def test_a_run_fails_where_its_seed_failed_at_noise_0():
    histories = pd.concat(
        [
            history([1.0], 0),
            history([0.5], 1),
            history([0.5, 1.0], 0, noise=1.0),
            history([0.5, 1.0], 1, noise=1.0),
        ],
        ignore_index=True,
    )
    summary = noise_sweep(histories, 0.99, 0.95)
    failed = {quantity: rows["failed"].tolist() for quantity, rows in summary.groupby("quantity")}
    errors = {"test_error": [1, 0], "corrupted_test_error": [1, 0]}
    assert failed == {"epochs_to_fit": [1, 0], "relative_time_to_fit": [1, 1], **errors}


def test_a_run_that_fitted_and_then_lost_it_has_failed():
    summary = noise_sweep(history([1.0, 0.4], 0), 0.99, 0.95)
    assert summary["failed"].tolist() == [1, 1, 1, 1]
    assert row(summary, quantity="epochs_to_fit")["mean"] == 1


def test_values_that_are_not_finite_have_failed_and_are_in_no_mean():
    frame = pd.DataFrame({"key": "a", "value": [1.0, np.inf, np.nan, 3.0]})
    (found,) = statistics.summary_of(frame, ["key"], "value", 0.95).to_dict("records")
    assert (found["mean"], found["runs"], found["planned"], found["failed"]) == (2.0, 2, 4, 2)


def test_epochs_to_fit_stand_at_the_end_of_a_learning_curve():
    histories = pd.concat([history([0.5, 1.0], 0), history([0.5, 0.6, 0.7, 0.8], 1)], ignore_index=True)
    found = row(learning_curves(histories, 0.99, 0.95), quantity="epochs_to_fit")
    assert tuple(found[["epoch", "step", "mean", "runs", "planned", "failed"]]) == (4, 20, 2, 1, 2, 1)


def test_the_binomial_interval_is_wilsons():
    # Newcombe (1998), table I: 81 of 263, and 0 of 20.
    assert statistics.binomial_interval(81 / 263, 263, 0.95) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert statistics.binomial_interval(0.0, 20, 0.95) == pytest.approx((0.0, 0.1611), abs=1e-4)
    lower, upper = statistics.binomial_interval(0.5, 10**8, 0.95)
    assert upper - lower == pytest.approx(2 * 1.959964 * 0.5 / 1e4, rel=1e-6)


def test_a_run_that_stopped_keeps_its_last_values():
    histories = pd.concat([history([0.5, 1.0], 0), history([0.5, 0.6, 0.7, 0.8], 1)], ignore_index=True)
    curves = learning_curves(histories, 0.99, 0.95)
    last = row(curves, epoch=4, quantity="train_accuracy")
    assert last["mean"] == pytest.approx((1.0 + 0.8) / 2)
    assert last["step"] == 20
    assert last["runs"] == 2


def test_conditions_are_not_mixed():
    histories = pd.concat([history([0.2], 0), history([0.8], 0, condition="gaussian")], ignore_index=True)
    curves = learning_curves(histories, 0.99, 0.95)
    assert row(curves, condition="gaussian", quantity="train_accuracy")["mean"] == pytest.approx(0.8)


def test_diverged_runs_are_counted_and_left_out_of_the_mean():
    histories = pd.concat(
        [
            history([0.1], 0, verdict="diverged at epoch 1, learning rate 0.1"),
            history([0.5, 0.7], 1),
            history([0.5, 0.9], 2),
        ],
        ignore_index=True,
    )
    table = accuracy_table(histories, 0.8, 0.95)
    train = row(table, quantity="train_accuracy")
    assert train["mean"] == pytest.approx(0.8)
    assert tuple(train[["runs", "planned", "failed"]]) == (2, 3, 2)
    assert tuple(train[["diverged", "not_fitted"]]) == (1, 1)
    assert tuple(row(table, quantity="parameters")[["mean", "failed"]]) == (123, 0)
    assert row(table, quantity="test_accuracy")["chance"] == pytest.approx(0.1)


def test_a_table_has_a_row_a_row_with_the_papers_numbers_beside():
    histories = pd.concat([history([0.5, 0.7], 1), history([0.5, 0.9], 2)], ignore_index=True)
    summary = accuracy_table(histories, 0.8, 0.95)
    paper = pd.DataFrame(
        [("mlp", "true_labels", False, False, 123, 1.0, 0.5)],
        columns=["network", "condition", "random_crop", "weight_decay",
                 "parameters", "train_accuracy", "test_accuracy"],
    )  # fmt: skip
    (found,) = table_rows(summary, paper).to_dict("records")
    assert found["train_accuracy"] == pytest.approx(0.8)
    assert found["train_accuracy_upper"] > 0.8 > found["train_accuracy_lower"]
    assert (found["runs"], found["diverged"], found["not_fitted"]) == (2, 0, 1)
    assert found["paper_test_accuracy"] == 0.5
    assert len(table_rows(summary, paper.assign(network="other"))) == 1
