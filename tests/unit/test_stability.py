"""Stability: closed forms of kernel regression against refitting, and networks that are trained again."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rethinking.class_probabilities import class_probabilities
from rethinking.datasets.arrays import DataError
from rethinking.exhibits.stability.summary import sentences, summarise
from rethinking.experiments import stability_of_kernel, stability_of_network
from rethinking.experiments.replacements import draw
from rethinking.kernels.cholesky import NotPositiveDefinite
from rethinking.kernels.kernels import Gaussian, Points
from rethinking.learner import Learner
from rethinking.recipe import Recipe
from rethinking.stability import (
    KernelRegression,
    bounded_cross_entropy,
    changed_classes,
    inverse_diagonal,
    loss_change,
    total_variation,
    zero_one_loss,
)

GAMMA = 0.3


def problem(n, seed=0, k=3):
    generator = np.random.default_rng(seed)
    return generator.standard_normal((n, 4)), generator.standard_normal((n, k))


def fitted(points, targets, ridge):
    return KernelRegression.fitted(Points(points, Gaussian(GAMMA)), targets, ridge)


def matrix(left, right):
    return np.exp(-GAMMA * np.square(left[:, None] - right[None]).sum(axis=2))


def refitted(points, targets, ridge, at):
    """The slow reference: the system is solved anew."""
    weights = np.linalg.solve(matrix(points, points) + ridge * np.eye(len(points)), targets)
    return matrix(at, points) @ weights


@given(st.integers(2, 25), st.sampled_from([0.0, 1e-3, 0.5]), st.integers(0, 1000))
def test_leave_one_out_is_that_of_refitting(n, ridge, seed):
    points, targets = problem(n, seed)
    found = fitted(points, targets, ridge).leave_one_out()
    for i in range(n):
        rest = np.arange(n) != i
        expected = refitted(points[rest], targets[rest], ridge, points[[i]])[0]
        np.testing.assert_allclose(found.predictions[i], expected, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(found.residuals, targets - found.predictions, rtol=1e-12, atol=1e-12)


def test_the_diagonal_of_the_inverse_spans_panels():
    points, targets = problem(70)
    regression = fitted(points, targets, 0.1)
    inverse = np.linalg.inv(matrix(points, points) + 0.1 * np.eye(70))
    np.testing.assert_allclose(inverse_diagonal(regression.factor), np.diag(inverse), rtol=1e-10)


@given(st.integers(3, 20), st.sampled_from([0.0, 1e-2]), st.integers(0, 1000))
def test_movements_are_those_of_refitting(n, ridge, seed):
    points, targets = problem(n + 2, seed)
    at = problem(6, seed + 1)[0]
    regression = fitted(points[:n], targets[:n], ridge)
    before = regression.predictions(at)
    np.testing.assert_allclose(before, refitted(points[:n], targets[:n], ridge, at), rtol=1e-7, atol=1e-7)
    positions = np.array([0, n - 1])
    without = regression.movement_without(positions, at)
    replaced = regression.movement_replaced(positions, points[n:], targets[n:], at)
    for which, i in enumerate(positions):
        rest = np.arange(n) != i
        expected = refitted(points[:n][rest], targets[:n][rest], ridge, at)
        np.testing.assert_allclose(before + without[which], expected, rtol=1e-6, atol=1e-6)
        others, labels = points[:n].copy(), targets[:n].copy()
        others[i], labels[i] = points[n + which], targets[n + which]
        expected = refitted(others, labels, ridge, at)
        np.testing.assert_allclose(before + replaced[which], expected, rtol=1e-6, atol=1e-6)


def test_an_incoming_copy_without_ridge_is_refused_and_with_ridge_is_not():
    points, targets = problem(8)
    with pytest.raises(NotPositiveDefinite, match="incoming point 0 is a copy of another point"):
        fitted(points, targets, 0.0).movement_replaced(np.array([0]), points[[3]], targets[[3]], points)
    moved = fitted(points, targets, 0.1).movement_replaced(np.array([0]), points[[3]], targets[[3]], points)
    assert np.isfinite(moved).all()


@pytest.mark.parametrize("positions", [[], [8], [-1], [0.5]])
def test_positions_that_are_none_are_refused(positions):
    points, targets = problem(8)
    with pytest.raises(ValueError, match="expected positions"):
        fitted(points, targets, 0.0).movement_without(np.array(positions), points)


def test_losses_and_distances_are_those_worked_out_by_hand():
    before = np.array([[0.9, 0.1], [0.4, 0.6]])
    after = np.array([[0.2, 0.8], [0.4, 0.6]])
    labels = np.array([0, 0])
    assert list(zero_one_loss(before, labels)) == [0, 1]
    assert total_variation(before, after) == pytest.approx(0.35)
    assert changed_classes(before, after) == 0.5
    assert loss_change(zero_one_loss, before, after, labels) == (0.5, 1.0)
    halves = np.full((2, 2), 0.5)
    assert list(bounded_cross_entropy(halves, labels)) == [1, 1]
    assert bounded_cross_entropy(np.array([[0.0, 1.0], [1.0, 0.0]]), labels).tolist() == [1, 0]
    with pytest.raises(ValueError, match="did a training diverge"):
        total_variation(before, np.full((2, 2), np.nan))
    with pytest.raises(ValueError, match="expected the outputs"):
        changed_classes(before, after[:1])


def test_class_probabilities_are_the_softmax_in_evaluation_mode():
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Dropout(0.5), torch.nn.Linear(4, 3)).train()
    images = torch.randn(7, 1, 2, 2)
    found = class_probabilities(network, images, batch_size=3)
    expected = network.eval()(images).softmax(dim=1).detach().numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5)


# --- the experiments ------------------------------------------------------------------------------


def clusters(seed=0, count=120):
    """Images of three classes that one can tell apart."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 3, count)
    images = generator.integers(0, 60, (count, 4, 4, 1)) + 80 * (labels[:, None, None, None] == [0, 1, 2][1])
    images[labels == 2, :2] += 120
    images = images.astype(np.uint8)
    half = count // 2
    return {"train": images[:half], "test": images[half:]}, {"train": labels[:half], "test": labels[half:]}


def kernel_rows(**changed):
    settings = {"examples": 40, "replacements": 4, "gamma": 0.5, "ridge": 1e-3} | changed
    return pd.DataFrame(stability_of_kernel.run(*clusters(), classes=3, seed=0, **settings))


def test_a_kernel_is_moved_more_with_random_labels_and_the_gap_is_larger():
    by_labels = kernel_rows().groupby("labels").mean(numeric_only=True)
    assert by_labels.loc["random_labels", "gap"] > by_labels.loc["true_labels", "gap"] + 0.2
    assert by_labels.loc["random_labels", "changed"] > by_labels.loc["true_labels", "changed"]


def learner(**changed):
    start = {
        "factory": "rethinking.networks.mlp:mlp",
        "arguments": {"hidden_layers": 1, "width": 0.1},
        "initialisation": "he_normal",
    }
    return Learner(start, Recipe(epochs=8, learning_rate=0.05, crop=4, batch_size=16, **changed))


def test_training_again_on_the_same_examples_moves_nothing_and_another_example_does():
    rows = stability_of_network.run(
        *clusters(), classes=3, seed=0, examples=40, replacements=2, learner=learner()
    )
    frame = pd.DataFrame(rows)
    assert len(frame) == 2 * (2 + 2)
    nothing = frame[frame["change"] == "nothing"]
    assert (nothing[["total_variation", "zero_one_largest"]] == 0).all(axis=None)
    moved = frame[frame["change"] != "nothing"]
    assert (moved["total_variation"] > 0).all()
    one = frame[frame["change"] == "one example"].groupby("labels")["total_variation"].mean()
    other = frame[frame["change"] == "seed"].set_index("labels")["total_variation"]
    assert (one < other.loc[one.index]).all()


def test_a_diverged_training_has_no_numbers():
    wild = learner()._replace(recipe=Recipe(epochs=2, learning_rate=1e20, crop=4, batch_size=16))
    rows = stability_of_network.run(*clusters(), classes=3, seed=0, examples=40, replacements=1, learner=wild)
    assert all(row["gap"] is None and row["changed"] is None for row in rows)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"examples": 58}, "examples: 58, and 4 others .* expected at most 60 together"),
        ({"examples": 3}, "replacements: 4; expected 1 to 3"),
    ],
)
def test_samples_that_cannot_be_drawn_are_named(changed, expected):
    with pytest.raises(DataError, match=expected):
        kernel_rows(**changed)


def test_a_single_class_is_named():
    with pytest.raises(DataError, match="the data set has 1 class; expected two or more"):
        draw({"train": np.zeros(9, int), "test": np.zeros(2, int)}, 1, 0, 4, 1)


def test_random_labels_are_uniform_and_true_ones_are_the_data_sets():
    labels = {"train": np.arange(3000) % 3, "test": np.zeros(10, int)}
    sample = draw(labels, 3, 0, 100, 5)
    assert not set(sample.examples) & set(sample.incoming)
    np.testing.assert_array_equal(sample.labels["true_labels"]["train"], labels["train"])
    drawn = sample.labels["random_labels"]["train"]
    assert np.bincount(drawn, minlength=3) / 3000 == pytest.approx([1 / 3] * 3, abs=0.03)
    assert np.mean(drawn == labels["train"]) == pytest.approx(1 / 3, abs=0.03)


def test_a_seed_counts_as_one_value_and_fails_where_it_did_not_fit():
    rows = pd.concat([kernel_rows().assign(seed=seed, network=None) for seed in (0, 1)])
    rows.loc[(rows["seed"] == 1) & (rows["labels"] == "random_labels"), "train_error"] = 0.5
    table = summarise(rows, 0.99, 0.95).set_index(["labels", "quantity"])
    changed = table.loc[("true_labels", "changed")]
    assert changed["planned"] == 2
    assert changed["failed"] == 0
    assert table.loc[("random_labels", "changed"), "failed"] == 1
    assert table.loc[("true_labels", "scores"), "mean"] == pytest.approx(
        rows[rows["labels"] == "true_labels"].groupby("seed")["scores"].max().mean()
    )
    (told,) = sentences(table.reset_index())
    assert told.startswith("kernel: with true labels, one example changes the class of")
