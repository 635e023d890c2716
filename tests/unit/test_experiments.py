"""Experiments on a few digits: what their rows must say by the theory of section 5."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from rethinking.datasets.arrays import DataError
from rethinking.datasets.digits import read as load_digits
from rethinking.experiments import interpolants, minimum_norm
from rethinking.experiments.points import grey_levels

DESCENT = {"examples": 20, "steps": 1000, "batch_size": 5, "gamma": 0.2}


@cache
def digits():
    found = load_digits()
    points = {"train": found.train_images, "test": found.test_images}
    return points, {"train": found.train_labels, "test": found.test_labels}


def descents(seed=0, **more):
    return pd.DataFrame(minimum_norm.run(*digits(), classes=10, seed=seed, **DESCENT | more))


def test_descent_stays_in_the_span_of_the_data_and_away_from_what_is_outside():
    rows = descents()
    last = rows[rows["step"] == 1000].set_index(["optimiser", "start"])
    assert list(last.index) == [
        ("gradient descent", "zero"),
        ("gradient descent", "inside the span"),
        ("gradient descent", "outside the span"),
        ("SGD, batches of 5", "zero"),
        ("SGD, batches of 5", "outside the span"),
    ]
    outside = last.index.get_level_values("start") == "outside the span"
    assert (last.loc[~outside, "outside_distance"] < 1e-12).all()
    assert (last.loc[outside, "outside_distance"] > 0.5).all()
    assert (last["distance"] > 0.999 * last["outside_distance"]).all()
    first = rows[rows["step"] == 1].set_index(["optimiser", "start"])
    assert (last["distance"] < first["distance"]).all()


def test_each_seed_has_examples_of_its_own_and_always_the_same():
    pd.testing.assert_frame_equal(descents(), descents())
    assert not np.allclose(descents()["residual"], descents(seed=1)["residual"])


def test_too_few_examples_for_what_is_outside_their_span_are_named():
    train = len(digits()[1]["train"])
    with pytest.raises(DataError, match=rf"expected at most {train // 2} of {train} training examples"):
        descents(examples=train // 2 + 1)


def test_interpolants_fit_every_label_and_the_one_of_least_norm_generalises():
    rows = interpolants.run(*digits(), classes=10, seed=0, examples=100, gamma=0.2)
    assert [row["train_error"] for row in rows] == [0, 0, 0]
    assert [row["chance"] for row in rows] == [0.9] * 3
    best, *others = rows
    assert best["interpolant"] == "minimum norm"
    assert all(row["norm"] > best["norm"] and row["test_error"] > best["test_error"] for row in others)
    assert all("name" not in row for row in rows)


def test_grey_levels_of_images_go_from_0_to_1_and_features_stay():
    images = np.full((2, 3, 3, 1), 255, dtype=np.uint8)
    np.testing.assert_array_equal(grey_levels(images), np.ones((2, 9)))
    features = np.full((2, 4), 255.0, dtype=np.float32)
    np.testing.assert_array_equal(grey_levels(features), features)
