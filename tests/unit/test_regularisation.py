"""Table 4, figure 2b, weight decay by coefficient, and figure 1c under both readings of test error."""

import numpy as np
import pandas as pd
import pytest

from honest_results import FIT, PAPER, claims, function, honest, run
from rethinking.baseline import Baseline
from rethinking.claims import claimed_rows
from rethinking.exhibits.regularised_random_labels.drawing import table_rows, text_rows
from rethinking.exhibits.requests import Training
from rethinking.exhibits.test_error_readings.summary import summarise as summarise_readings
from rethinking.exhibits.weight_decay_path.kind import requests
from rethinking.verdicts import Yardstick

YARDSTICK = Yardstick(FIT, 0.95, {"data": Baseline(0.5, 0.6, 10_000)})
TABLE4 = "regularised_random_labels"


def regularised(*runs, confidence=0.95):
    """The summary of table 4 for runs: (network, regulariser, train accuracy, accuracy over the epoch)."""
    parts = []
    for seed, (network, regulariser, train, online) in enumerate(runs):
        used = {regulariser: True} if regulariser else {}
        more = {"network": network, "condition": "random_labels", "label_noise": 1.0, "seed": seed}
        parts.append(run([0.1, train], 0.1, online_accuracy=[0.1, online], **more, **used))
    return function(TABLE4, "summarise")(pd.concat(parts, ignore_index=True), FIT, confidence)


def cell(summary, quantity, **where):
    rows = summary[summary["quantity"] == quantity]
    for key, value in where.items():
        rows = rows[rows[key] == value]
    (row,) = rows.to_dict("records")
    return row


def test_with_crops_or_augmentation_the_accuracy_over_the_epoch_counts():
    summary = regularised(
        ("inception", "weight_decay", 1.0, 0.5),
        ("inception@decay=0.999@epochs=200", "random_crop", 0.5, 1.0),
        ("inception", "augmentation", 1.0, 0.5),
    )
    counted = {
        row["settings"]: row["mean"]
        for row in summary[summary["quantity"] == "counted_accuracy"].to_dict("records")
    }
    assert counted == {"none": 0.5, "decay=0.999@epochs=200": 1.0}, (
        "of two rows with one key the last is shown"
    )
    assert cell(summary, "counted_accuracy", weight_decay=True)["mean"] == 1.0
    assert cell(summary, "counted_accuracy", random_crop=True) | {"quantity": ""} == {
        **{"network": "inception", "settings": "decay=0.999@epochs=200"},
        **{"random_crop": True, "augmentation": False, "weight_decay": False},
        **{"quantity": "", "runs": 1, "mean": 1.0, "planned": 1, "failed": 0, "diverged": 0},
        **{key: pytest.approx(np.nan, nan_ok=True) for key in ("lower", "upper", "chance")},
    }
    assert cell(summary, "fitted", augmentation=True)["mean"] == 0.0


def test_failing_to_converge_is_a_row_like_any_other():
    summary = regularised(("alexnet", "weight_decay", 0.11, 0.11), ("alexnet", "weight_decay", 0.999, 0.99))
    assert cell(summary, "fitted")["mean"] == 0.5
    assert cell(summary, "counted_accuracy")["failed"] == 1
    paper = pd.read_csv(PAPER / "table4.csv")
    given = {"name": "table4", "dataset": "data", "seeds": 2, "confidence": 0.95, "fit": FIT, "widths": {}}
    texts = function(TABLE4, "render")(summary, paper, **given)
    assert "not all (1 of 2)" in texts["html"]
    assert "<td>failed to converge</td>" in texts["html"], "the paper's cell"
    none = regularised(("alexnet", "weight_decay", 0.11, 0.11))
    assert "failed to converge (0 of 1)" in function(TABLE4, "render")(none, paper, **given)["html"]
    assert claims("t", TABLE4, none, YARDSTICK)["verdict"].tolist() == ["matched"]
    assert claims("t", TABLE4, summary, YARDSTICK)["verdict"].tolist() == ["not matched"]


@pytest.mark.parametrize("diverged", [0, 1, 2])
def test_diverging_is_not_what_failing_to_converge_means(diverged):
    more = {"condition": "random_labels", "network": "alexnet", "weight_decay": True, "label_noise": 1.0}
    runs = [
        run([0.1, 0.11], 0.1, seed=seed, **more).assign(
            verdict="diverged at epoch 2" if seed < diverged else "finished"
        )
        for seed in range(2)
    ]
    summary = function(TABLE4, "summarise")(pd.concat(runs, ignore_index=True), FIT, 0.95)
    assert claims("t", TABLE4, summary, YARDSTICK)["verdict"].tolist() == [
        "matched" if not diverged else "not matched"
    ]


def test_alexnet_with_settings_of_ones_own_gets_no_verdict_in_the_papers_name():
    summary = regularised(("alexnet@weight_decay=0.03", "weight_decay", 0.1, 0.1))
    assert claims("t", TABLE4, summary, YARDSTICK)["kind"].tolist() == ["own claim"]


def test_the_papers_networks_are_found_by_their_whole_names():
    """A row that another factory stands behind has the paper's name and settings of its own."""
    summary = regularised(
        ("inception@decay=0.999@epochs=200", "random_crop", 1.0, 1.0),
        ("inception@factory=own:own", "augmentation", 1.0, 1.0),
    )
    kept = claimed_rows(summary, {"network": ["inception@decay=0.999@epochs=200"]})
    assert set(kept["settings"]) == {"decay=0.999@epochs=200"}
    plain = regularised(("inception", "weight_decay", 1.0, 1.0))
    assert len(claimed_rows(plain, {"network": ["inception"]})) == len(plain)


def test_on_corrupted_test_labels_figure_1c_has_consequences_only():
    """A test error that is the same at every p grows with p once test labels are corrupted."""
    sweep = honest().sweep
    noise = sweep["label_noise"]
    sweep["test_accuracy"], sweep["corrupted_test_accuracy"] = 0.7, (1 - noise) * 0.7 + noise / 10
    summary = function("noise_sweep", "summarise")(sweep, FIT, 0.95)
    found = {
        quantity: claims("fig1c", "noise_sweep", summary, YARDSTICK, {"quantity": quantity})
        for quantity in ("test_error", "corrupted_test_error")
    }
    assert set(found["test_error"]["verdict"]) == {"not matched"}
    assert set(found["corrupted_test_error"]["kind"]) == {"consequence"}
    assert found["corrupted_test_error"]["item"].str.contains("on corrupted test labels").all()


def test_a_gain_of_one_seed_has_the_interval_of_the_test_set():
    more = {"condition": "true_labels", "seed": 0}
    runs = pd.concat(
        run([1.0], accuracy, network=network, **more)
        for network, accuracy in (("inception", 0.53), ("inception_no_bn", 0.50))
    )
    summary = function("accuracy_curves", "summarise")(runs, ["inception", "inception_no_bn"], FIT, 0.95)
    for examples, verdict in ((10_000, "matched"), (300, "not matched")):
        yardstick = Yardstick(FIT, 0.95, {"data": Baseline(0.5, 0.6, examples)})
        found = claims("fig2b", "accuracy_curves", summary, yardstick)
        row = found[found["item"].str.startswith("BatchNorm")].iloc[0]
        assert (row["verdict"], row["interval"]) == (verdict, "test set")


def test_a_run_that_diverged_has_no_part_in_a_curve():
    more = {"condition": "true_labels", "network": "inception"}
    runs = [
        run([1.0, 1.0], 0.8, seed=0, **more),
        run([0.1, 0.1], 0.1, seed=1, **more).assign(verdict="diverged at epoch 2, learning rate 0.1"),
    ]
    summary = function("accuracy_curves", "summarise")(
        pd.concat(runs, ignore_index=True), ["inception"], FIT, 0.95
    )
    last = summary[(summary["quantity"] == "test_accuracy") & (summary["epoch"] == 2)].iloc[0]
    assert (last["mean"], last["runs"], last["failed"]) == (0.8, 1, 1)


def test_a_line_that_fits_again_beyond_a_failure_fits_up_to_the_failure():
    line = pd.DataFrame(
        {
            **{
                "network": "mlp",
                "decayed": "all",
                "coefficient": [0.0, 0.01, 0.1],
                "quantity": "train_accuracy",
            },
            **{"failed": [0, 2, 0], "planned": 2},
        }
    )
    assert function("weight_decay_path", "sentences")(line) == [
        "mlp, decay on all: fits its labels with coefficients up to 0, with 0.01 no run does."
    ]


def test_two_readings_that_can_hardly_be_told_apart_match_neither():
    sweep = honest().sweep
    sweep["corrupted_test_accuracy"] = sweep["test_accuracy"] + 0.001
    assert set(readings(sweep).values()) == {"not matched"}


def test_of_two_levels_no_reading_can_be_told():
    sweep = honest().sweep
    assert readings(sweep[sweep["label_noise"].isin([0.0, 0.5, 1.0])]) == {}


def test_a_row_with_a_width_of_its_own_has_no_other_width():
    """The width of a network is that of its entry only where the row does not set another."""
    summary = regularised(
        ("mlp_1x512", "weight_decay", 1.0, 1.0), ("mlp_1x512@width=1.0", "random_crop", 1.0, 1.0)
    )
    rows = text_rows(table_rows(summary), {"mlp_1x512": 0.5})
    assert rows["model"].tolist() == ["MLP 1×512 (width ×0.5)", "MLP 1×512 (width 1.0)"]


def test_a_summary_that_was_written_and_read_has_the_same_claims():
    """Where nothing is set for a row, its settings are a word: an empty cell would be a missing one."""
    summary = regularised(
        ("mlp_1x512", "weight_decay", 1.0, 1.0), ("inception@epochs=3", "random_crop", 1.0, 1.0)
    )
    again = pd.read_csv(
        pd.io.common.StringIO(summary.to_csv(index=False)), keep_default_na=False, na_values=[""]
    )
    for table in (summary, again):
        found = claims("t", TABLE4, table, YARDSTICK)
        assert found["item"].tolist() == [
            "mlp_1x512, random labels with weight decay: are fitted",
            "inception (epochs 3), random labels with random crops: are fitted",
        ]


LINES = [{"network": "mlp", "decayed": "weights"}, {"network": "mlp", "decayed": "hidden_linear"}]
OPTIONS = {"lines": LINES, "coefficients": [0.01, 0.0], "condition": "random_labels"}


def test_a_path_asks_for_each_run_once():
    decayed = [
        Training(f"mlp@weight_decay=0.01@decayed={which}", "random_labels", None, ("weight_decay",))
        for which in ("weights", "hidden_linear")
    ]
    assert requests(OPTIONS) == [Training("mlp", "random_labels"), *decayed]


def test_without_weight_decay_all_lines_of_a_network_have_the_same_point():
    more = {"condition": "random_labels", "label_noise": 1.0, "seed": 0}
    runs = [
        run([1.0], 0.1, network="mlp", **more),
        run([0.5], 0.1, network="mlp@weight_decay=0.01@decayed=weights", weight_decay=True, **more),
        run(
            [0.9], 0.1, network="mlp@weight_decay=0.01@decayed=hidden_linear", weight_decay=True, **more
        ).assign(verdict="diverged at epoch 1, learning rate 0.1"),
    ]
    frame = pd.concat(runs, ignore_index=True)
    summary = function("weight_decay_path", "summarise")(frame, fit=FIT, confidence=0.95, **OPTIONS)
    accuracy = summary[summary["quantity"] == "train_accuracy"].set_index(["decayed", "coefficient"])["mean"]
    assert accuracy["weights", 0.0] == accuracy["hidden_linear", 0.0] == 1.0
    assert accuracy["weights", 0.01] == 0.5
    assert np.isnan(accuracy["hidden_linear", 0.01]), "a run that diverged has no accuracy"
    said = function("weight_decay_path", "sentences")(summary)
    assert said == [
        "mlp, decay on weights: fits its labels with coefficients up to 0, with 0.01 no run does.",
        "mlp, decay on hidden linear: fits its labels with coefficients up to 0, with 0.01 no run does.",
    ]


def test_the_best_accuracy_so_far_is_that_of_each_run():
    """The best of the mean over seeds would be lower than the mean of each seed's best."""
    more = {"condition": "true_labels", "network": "inception"}
    runs = [run([1.0] * 3, [0.5, 0.8, 0.6], seed=0, **more), run([1.0] * 3, [0.7, 0.5, 0.6], seed=1, **more)]
    summary = function("accuracy_curves", "summarise")(
        pd.concat(runs, ignore_index=True), ["inception"], FIT, 0.95
    )
    best = summary[summary["quantity"] == "best_test_accuracy"]["mean"].tolist()
    assert best == pytest.approx([0.6, 0.75, 0.75])
    assert cell(summary, "early_stopping_gain")["mean"] == pytest.approx(0.15)


def test_the_gain_of_batch_norm_is_paired_by_seed():
    """With and without it the last accuracies are paired by seed, also where one of them stopped earlier."""
    more = {"condition": "true_labels"}
    runs = [
        run([1.0] * epochs, base + gain + 0.1 * seed, network=network, seed=seed, **more)
        for network, gain, epochs in (("inception", 0.03, 2), ("inception_no_bn", 0.0, 5))
        for seed, base in ((0, 0.5), (1, 0.6))
    ]
    both = ["inception", "inception_no_bn"]
    summary = function("accuracy_curves", "summarise")(pd.concat(runs, ignore_index=True), both, FIT, 0.95)
    gain = cell(summary, "gain_over_inception_no_bn")
    assert gain["mean"] == pytest.approx(0.03)
    assert gain["upper"] - gain["lower"] == pytest.approx(0.0, abs=1e-9), "the seeds' own scatter cancels"


def readings(sweep):
    """The verdicts on both readings, by network and reading."""
    summary = summarise_readings(sweep, FIT, 0.95)
    options = {"paper": {"cifar10": "paper/fig1c.csv"}}
    found = claims("fig1c_readings", "test_error_readings", summary, YARDSTICK, options)
    return {
        (item.partition(":")[0], item.rpartition("about ")[2]): verdict
        for item, verdict in zip(found["item"], found["verdict"], strict=True)
    }


NETWORKS = ("inception", "alexnet", "mlp_1x512")


@pytest.mark.parametrize("reading", ["true test labels", "corrupted test labels"])
def test_the_reading_that_the_curve_is_of_is_matched_and_the_other_is_not(reading):
    sweep = honest().sweep
    if reading == "corrupted test labels":
        noise, error = sweep["label_noise"], 1 - sweep["test_accuracy"]
        # The paper's curve is now that of corrupted labels: (1 - p) a + p / 10 of them are right.
        sweep["corrupted_test_accuracy"] = 1 - error
        sweep["test_accuracy"] = ((1 - error - noise / 10) / (1 - noise).clip(lower=0.05)).clip(0, 1)
    found = readings(sweep)
    assert {network for network, _ in found} == set(NETWORKS)
    assert all((verdict == "matched") == (of == reading) for (_, of), verdict in found.items())


def test_a_curve_far_from_both_readings_matches_neither():
    sweep = honest().sweep
    sweep.loc[sweep["label_noise"].between(0.05, 0.95), ["test_accuracy", "corrupted_test_accuracy"]] = 0.1
    assert set(readings(sweep).values()) == {"not matched"}


def test_the_mismatch_of_the_papers_own_figure_at_p_0_is_allowed():
    """Our AlexNet is better at p = 0 than figure 1c, as the paper's table 1 is, and later by as much."""
    sweep = honest().sweep
    rows = sweep["network"] == "alexnet"
    sweep.loc[rows, "test_accuracy"] += 0.06
    sweep.loc[rows & (sweep["label_noise"] > 0), "corrupted_test_accuracy"] -= 0.2
    assert readings(sweep)["alexnet", "true test labels"] == "matched"
    sweep.loc[rows & (sweep["label_noise"] == 0), "test_accuracy"] -= 0.06
    assert readings(sweep)["alexnet", "true test labels"] == "not matched"


def test_without_the_papers_curve_there_is_no_reading_to_match():
    summary = summarise_readings(honest().sweep, FIT, 0.95)
    assert claims("x", "test_error_readings", summary, YARDSTICK, {}).empty
