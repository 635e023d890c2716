"""Numbers of systems, descents and interpolants by hand, and what is said of systems without a solution."""

import numpy as np
import pandas as pd
import pytest

from rethinking.exhibits.interpolants.summary import summarise as interpolants
from rethinking.exhibits.minimum_norm.summary import summarise as descents
from rethinking.exhibits.ridge_path.summary import summarise as ridge_path
from rethinking.exhibits.system_table.drawing import system_rows
from rethinking.exhibits.system_table.summary import QUANTITIES
from rethinking.exhibits.system_table.summary import summarise as system_table
from rethinking.system_statistics import KEYS

T = 12.706204736174698  # Student's t(0.975, 1): of two values the interval is mean ± T·|a - b|/2


def solve(test_error, system="mnist", ridge="none", seed=0, classes=10, **more):
    found = {
        "system": system,
        "dataset": "digits",
        "features": "pixels",
        "kernel": "gaussian",
        "ridge": ridge,
        "seed": seed,
        "classes": classes,
        "test_error": test_error,
        "train_error": 0.0,
        "norm": 100.0,
        "norm_of_signs": 200.0,
        "ridge_value": 0.0,
        "gamma": 0.02,
        "residual": 1e-12,
        "condition_number": 1e6,
        "examples": 1000,
        "seconds": 2.0,
        "peak_memory_bytes": 10**9,
    }
    return found | more


def unsolved(**more):
    missing = dict.fromkeys(("train_error", "norm", "norm_of_signs", "residual", "condition_number"))
    return solve(None, **missing, **more)


def summary(*rows, confidence=0.95):
    return system_table(pd.DataFrame(rows), confidence)


def row(frame, **keys):
    found = frame[(frame[list(keys)] == pd.Series(keys)).all(axis=1)]
    assert len(found) == 1
    return found.iloc[0]


def numbers(found):
    return tuple(found[["runs", "mean", "lower", "upper"]])


def test_each_system_and_ridge_has_every_quantity():
    found = summary(solve(0.1), solve(0.2, ridge=0.5), solve(0.3, system="cifar"), solve(0.4, ridge="chosen"))
    assert list(found.columns) == [
        *KEYS,
        "quantity",
        "runs",
        "mean",
        "lower",
        "upper",
        "planned",
        "failed",
        "chance",
    ]
    assert len(found) == 4 * len(QUANTITIES)
    errors = found[found["quantity"] == "test_error"]
    assert list(errors["mean"]) == [0.1, 0.2, 0.3, 0.4]
    assert list(errors["ridge"]) == ["none", 0.5, "none", "chosen"]


def test_a_ridge_path_has_the_same_numbers_of_the_two_quantities_that_it_draws():
    rows = pd.DataFrame([solve(0.1), solve(0.2, seed=1), solve(0.3, ridge=0.5, ridge_value=0.5)])
    table, path = system_table(rows, 0.95), ridge_path(rows, 0.95)
    drawn = table["quantity"].isin(["test_error", "ridge_value"])
    pd.testing.assert_frame_equal(path, table[drawn].reset_index(drop=True))


def test_intervals_are_over_seeds():
    found = summary(solve(0.10, norm=3.0, examples=7), solve(0.14, seed=1, norm=5.0, examples=7))
    half = T * 0.02
    error = row(found, quantity="test_error")
    assert numbers(error) == pytest.approx((2, 0.12, 0.12 - half, 0.12 + half))
    assert numbers(row(found, quantity="norm")) == pytest.approx((2, 4.0, 4 - T, 4 + T))
    assert numbers(row(found, quantity="examples")) == (2, 7.0, 7.0, 7.0)


def test_the_confidence_is_that_of_the_interval():
    # t(0.75, 1) is 1.
    error = row(summary(solve(0.10), solve(0.14, seed=1), confidence=0.5), quantity="test_error")
    assert (error["lower"], error["upper"]) == pytest.approx((0.10, 0.14))


def test_a_system_solved_once_has_no_interval():
    error = row(summary(solve(0.1)), quantity="test_error")
    assert numbers(error) == pytest.approx((1, 0.1, np.nan, np.nan), nan_ok=True)
    assert error["failed"] == 0


def test_chance_is_that_of_the_systems_classes_and_only_of_test_errors():
    found = summary(solve(0.1), solve(0.2, system="small", classes=4))
    assert row(found, system="mnist", quantity="test_error")["chance"] == pytest.approx(0.9)
    assert row(found, system="small", quantity="test_error")["chance"] == 0.75
    assert found.loc[found["quantity"] != "test_error", "chance"].isna().all()


def test_systems_that_were_not_solved_are_counted_and_not_averaged():
    found = summary(
        solve(0.1),
        unsolved(seed=1),
        solve(0.3, seed=2),
        unsolved(ridge=0.5),
        unsolved(ridge=0.5, seed=1),
    )
    half = T * 0.1
    error = row(found, ridge="none", quantity="test_error")
    assert numbers(error) == pytest.approx((2, 0.2, 0.2 - half, 0.2 + half))
    failed = row(found, ridge=0.5, quantity="test_error")
    assert numbers(failed) == pytest.approx((0, np.nan, np.nan, np.nan), nan_ok=True)
    # What a failed solve took is known.
    assert row(found, ridge=0.5, quantity="seconds")["mean"] == 2.0
    assert dict(zip(found["ridge"], found["failed"], strict=True)) == {"none": 1, 0.5: 2}
    assert (found.loc[found["ridge"] == "none", "failed"] == 1).all()


def test_a_kernel_without_gamma_has_none():
    found = summary(solve(0.1, kernel="linear", gamma=None))
    assert row(found, quantity="gamma")["runs"] == 0
    assert np.isnan(row(found, quantity="gamma")["mean"])


def test_a_row_of_the_table_has_all_of_a_system():
    found = summary(
        solve(0.10, ridge="chosen", ridge_value=1.0),
        solve(0.14, ridge="chosen", ridge_value=3.0, seed=1),
        unsolved(ridge="chosen", ridge_value=2.0, seed=2),
        unsolved(),
    )
    table = system_rows(found)
    assert list(table["ridge"]) == ["chosen", "none"]
    first, second = table.to_dict("records")
    assert (first["runs"], first["not_solved"]) == (2, 1)
    assert (second["runs"], second["not_solved"]) == (0, 1)
    assert first["test_error"] == pytest.approx(0.12)
    assert first["test_error_lower"] == pytest.approx(0.12 - T * 0.02)
    assert first["test_error_upper"] == pytest.approx(0.12 + T * 0.02)
    assert first["ridge_value"] == pytest.approx(2.0)
    assert (first["norm"], first["norm_of_signs"]) == (100.0, 200.0)
    assert np.isnan(second["test_error"])
    assert second["seconds"] == 2.0
    with_ends = ("test_error", "train_error", "norm", "norm_of_signs")
    ends = {f"{name}_{end}" for name in with_ends for end in ("lower", "upper")}
    assert set(table.columns) == {*KEYS, "runs", "not_solved", *QUANTITIES, *ends}


def test_the_papers_numbers_stand_beside_ours():
    found = summary(solve(0.1), solve(0.2, ridge=0.5), solve(0.3, system="cifar"))
    paper = pd.DataFrame(
        [("mnist", "none", 0.012, 220.0), ("cifar", "none", 0.46, np.nan), ("other", "none", 0.5, 1.0)],
        columns=["system", "ridge", "test_error", "norm"],
    )
    table = system_rows(found, paper)
    assert list(table["test_error"]) == [0.1, 0.2, 0.3]
    assert list(table["paper_test_error"].fillna(-1)) == [0.012, -1, 0.46]
    assert list(table["paper_norm"].fillna(-1)) == [220.0, -1, -1]
    assert list(table["norm"]) == [100.0] * 3


def descent(distance, seed, step=1, start="zero", outside_distance=1e-16):
    return {
        "start": start,
        "optimiser": "gradient descent",
        "step": step,
        "distance": distance,
        "residual": 0.1,
        "outside_distance": outside_distance,
        "seed": seed,
    }


def test_distances_have_geometric_means():
    rows = pd.DataFrame([descent(1e-2, 0), descent(1e-4, 1), descent(0.5, 0, step=2)])
    found = descents(rows, 0.5)
    # At confidence 0.5 the interval of two values has them as its ends.
    distance = row(found, quantity="distance", step=1)
    assert numbers(distance) == pytest.approx((2, 1e-3, 1e-4, 1e-2))
    assert row(found, quantity="distance", step=2)["mean"] == pytest.approx(0.5)
    assert numbers(row(found, quantity="residual", step=1)) == pytest.approx((2, 0.1, 0.1, 0.1))
    wider = row(descents(rows, 0.95), quantity="distance", step=1)
    assert (wider["lower"], wider["upper"]) == pytest.approx((10 ** (-3 - T), 10 ** (-3 + T)))


def test_a_distance_of_0_has_no_logarithm_and_no_warning(recwarn):
    rows = pd.DataFrame([descent(1e-2, 0, outside_distance=0.0), descent(1e-2, 1, outside_distance=0.0)])
    outside = row(descents(rows, 0.95), quantity="outside_distance")
    assert numbers(outside) == pytest.approx((0, np.nan, np.nan, np.nan), nan_ok=True)
    assert not recwarn.list


def test_starts_and_optimisers_are_apart():
    rows = pd.DataFrame([descent(1e-2, 0), descent(1e-4, 0, start="outside the span")])
    found = descents(rows, 0.95)
    assert len(found) == 6
    assert row(found, quantity="distance", start="zero")["mean"] == pytest.approx(1e-2)
    assert row(found, quantity="distance", start="outside the span")["mean"] == pytest.approx(1e-4)


def test_interpolants_have_errors_norms_and_chance():
    rows = pd.DataFrame(
        [(name, 0.0, error, 10.0, 0.75) for name in ("first", "second") for error in (0.1, 0.3)],
        columns=["interpolant", "train_error", "test_error", "norm", "chance"],
    )
    found = interpolants(rows, 0.5)
    assert len(found) == 6
    for name in ("first", "second"):
        error = row(found, interpolant=name, quantity="test_error")
        assert numbers(error) == pytest.approx((2, 0.2, 0.1, 0.3))
        assert error["chance"] == 0.75
        assert numbers(row(found, interpolant=name, quantity="norm")) == (2, 10.0, 10.0, 10.0)
        assert np.isnan(row(found, interpolant=name, quantity="norm")["chance"])
        assert row(found, interpolant=name, quantity="train_error")["mean"] == 0.0
