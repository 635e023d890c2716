"""Theorem 1 and its corollary: constructed networks fit any labels, with as many weights as they say."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rethinking.datasets.arrays import DataError
from rethinking.exhibits.expressivity.claims import claims
from rethinking.exhibits.expressivity.summary import summarise
from rethinking.experiments import expressivity, fitting_by_training
from rethinking.expressivity.architecture import intervals_of, weights_needed
from rethinking.expressivity.network import InterpolatingNetwork, exact_network
from rethinking.expressivity.projection import directions, first_of_equal, separate
from rethinking.expressivity.triangular import condition_number, gaps_of, smallest_eigenvalue, solve
from rethinking.learner import Learner
from rethinking.recipe import Recipe
from rethinking.scorecard import MATCHED, NOT_MATCHED


def generator(seed=0):
    return np.random.default_rng(seed)


def matrix(values):
    """A of Theorem 1, entry by entry."""
    gaps = gaps_of(values)
    thresholds = np.concatenate([[values[0] - gaps[0]], values[:-1]])
    return np.maximum(values[:, None] - thresholds, 0)


increasing = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=12, unique=True).map(np.sort)


@given(increasing)
def test_the_system_is_lower_triangular_and_solved_in_linear_time(values):
    if len(values) > 1 and np.diff(values).min() < 1e-3:
        return
    gaps, a = gaps_of(values), matrix(values)
    np.testing.assert_array_equal(a, np.tril(a))
    targets = generator().standard_normal((len(values), 3))
    np.testing.assert_allclose(solve(gaps, targets), np.linalg.solve(a, targets), rtol=1e-6, atol=1e-6)
    eigenvalues = np.linalg.eigvals(a)
    assert smallest_eigenvalue(gaps) == pytest.approx(eigenvalues.real.min(), rel=1e-9)  # Lemma 1
    assert condition_number(gaps) == pytest.approx(np.linalg.cond(a, np.inf), rel=1e-6)


def test_projections_that_do_not_increase_are_refused():
    for values in ([], [1.0, 1.0], [2.0, 1.0]):
        with pytest.raises(ValueError, match="expected one or more increasing projections"):
            gaps_of(np.array(values))


@given(
    st.integers(1, 40), st.integers(1, 6), st.integers(1, 4), st.integers(2, 12), st.integers(0, 2**32 - 1)
)
def test_any_labels_on_any_points_are_fitted_with_the_weights_of_the_theorem(n, d, c, depth, seed):
    points = generator(seed).standard_normal((n, d))
    targets = generator(seed + 1).standard_normal((n, c))
    depth = min(depth, n + 2)
    network = exact_network(points, targets, generator(seed), depth)
    with torch.no_grad():
        outputs = network(torch.from_numpy(points)).numpy()
        one_by_one = network.relu_by_relu(torch.from_numpy(points)).numpy()
    np.testing.assert_allclose(outputs, targets, atol=1e-6)
    np.testing.assert_allclose(one_by_one, targets, atol=1e-6)
    count = sum(parameter.numel() for parameter in network.parameters())
    assert count == weights_needed(n, d, c, depth)
    if depth == 2:
        assert count == (1 + c) * n + d
        if c == 1:
            assert count == 2 * n + d
    assert count <= (3 + c) * n + d  # O(n + d): at most two ends for each of at most n intervals
    assert network.width <= 3 * n / depth + 2 + 3 + 2 * c


def layered(network):
    """The same function as an ordinary network: weights and biases, with a ReLU after all but the last."""
    d, c, depth = len(network.direction), network.weights.shape[1], network.depth
    a, b, w = (p.detach() for p in (network.direction, network.thresholds, network.weights))
    if depth == 2:
        return [(a.expand(len(b), d), -b), (w.T, torch.zeros(c))]
    lower, upper = network.intervals.detach()
    far = lower.min() - 1e3  # a place left of all projections, so that a ReLU keeps x - far
    # Units of every hidden layer: x - far, both ends' ReLUs, the sum's two signs, the interval's ReLUs.
    layers = [
        (torch.stack([a, a, a]), torch.stack([-far, -lower[0], -upper[0]])),
    ]
    units = 3
    for interval, (start, end) in enumerate(zip(network.bounds, network.bounds[1:], strict=False)):
        before, count = units, end - start
        last = interval == len(lower) - 1
        following = min(interval + 1, len(lower) - 1)
        weight, bias = (
            torch.zeros(3 + 2 * c + count, before).double(),
            torch.zeros(3 + 2 * c + count).double(),
        )
        weight[:3, 0] = 1
        bias[1:3] = far - torch.stack([lower[following], upper[following]])
        if interval:
            previous = network.weights[network.bounds[interval - 1] : start].detach()
            for sign, row in ((1, 3), (-1, 3 + c)):
                weight[row : row + c, 3 : 3 + c] = sign * torch.eye(c)
                weight[row : row + c, 3 + c : 3 + 2 * c] = -sign * torch.eye(c)
                weight[row : row + c, 3 + 2 * c :] = sign * previous.T
        weight[3 + 2 * c :, 1], weight[3 + 2 * c :, 2] = 1, -1
        bias[3 + 2 * c :] = -b[start:end]
        layers.append((weight, bias))
        units = len(bias)
        if last:
            weight = torch.zeros(c, units).double()
            weight[:, 3 : 3 + c], weight[:, 3 + c : 3 + 2 * c] = torch.eye(c), -torch.eye(c)
            weight[:, 3 + 2 * c :] = w[start:end].T
            layers.append((weight, torch.zeros(c)))
    return layers


@pytest.mark.parametrize("depth", [2, 3, 4, 7])
def test_it_is_an_ordinary_network_of_the_stated_depth_and_width(depth):
    points, targets = generator(1).standard_normal((11, 3)), generator(2).standard_normal((11, 2))
    network = exact_network(points, targets, generator(), depth)
    layers = layered(network)
    assert len(layers) == depth
    hidden = [len(bias) for _, bias in layers[:-1]]
    assert max(hidden) == network.width
    elsewhere = torch.from_numpy(generator(3).standard_normal((50, 3)) * 3)
    with torch.no_grad():
        x = elsewhere
        for index, (weight, bias) in enumerate(layers):
            x = x @ weight.double().T + bias.double()
            x = torch.relu(x) if index < len(layers) - 1 else x
        torch.testing.assert_close(network(elsewhere), x, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("depth", [2, 5])
def test_it_can_be_saved_loaded_and_trained_further(depth):
    points, targets = generator(1).standard_normal((9, 4)), generator(2).standard_normal((9, 2))
    network = exact_network(points, targets, generator(), depth)
    copy = InterpolatingNetwork(4, 2, 9, depth)
    copy.load_state_dict(network.state_dict())
    x = torch.from_numpy(points) + 0.01
    torch.testing.assert_close(copy(x), network(x))
    wanted = torch.zeros(9, 2, dtype=torch.float64)
    gradients = [
        torch.autograd.grad((outputs(x) - wanted).square().sum(), list(network.parameters()))
        for outputs in (network, network.relu_by_relu)
    ]
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-6)
    optimiser = torch.optim.SGD(network.parameters(), lr=1e-6)
    before = (network(x) - wanted).square().sum()
    before.backward()
    optimiser.step()
    assert (network(x) - wanted).square().sum() < before


def test_an_output_does_not_depend_on_the_batch_that_an_image_is_in():
    images = generator().integers(0, 256, (300, 8, 8, 3), dtype=np.uint8)
    network = exact_network(images, np.eye(4)[generator(1).integers(0, 4, 300)], generator(2))
    x = torch.from_numpy(images)
    torch.testing.assert_close(network.project(x[17:18]), network.project(x)[17:18], rtol=0, atol=0)
    shuffled = torch.from_numpy(generator(3).permutation(300))
    torch.testing.assert_close(network.project(x[shuffled]), network.project(x)[shuffled], rtol=0, atol=0)


def test_projections_of_grey_levels_are_exact_sums():
    images = generator().integers(0, 256, (5, 3072), dtype=np.uint8)
    (direction,) = directions(3072, 1, True, generator(1)).T
    exact = [sum(int(v) * int(a * 2**33) for v, a in zip(image, direction, strict=True)) for image in images]
    assert [int(value * 2**33) for value in images.astype(float) @ direction] == exact


def test_equal_points_with_equal_labels_count_once():
    points = np.array([[1.0, 2.0], [0.0, 3.0], [1.0, 2.0], [-0.0, 3.0]])
    assert list(first_of_equal(points)) == [0, 1, 0, 1]
    network = exact_network(points, np.array([1.0, 2.0, 1.0, 2.0]), generator())
    assert len(network.thresholds) == 2
    assert network(torch.from_numpy(points)).squeeze(1).tolist() == pytest.approx([1, 2, 1, 2])


def test_equal_points_with_different_labels_are_named():
    points = np.array([[1.0, 2.0], [0.0, 3.0], [1.0, 2.0]])
    with pytest.raises(ValueError, match="points 0 and 2 are equal and have different targets"):
        exact_network(points, np.array([1.0, 2.0, 3.0]), generator())


def test_nearly_equal_points_are_separated_or_refused_with_the_smallest_gap():
    near = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1e-9]])
    network = exact_network(near, np.array([0.0, 1.0, -1.0]), generator())
    assert network(torch.from_numpy(near)).squeeze(1).tolist() == pytest.approx([0, 1, -1], abs=1e-6)
    nearer = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1e-18]])
    with pytest.raises(ValueError, match=r"no direction of 128 separates the 3 points: the smallest gap .*e"):
        separate(nearer, generator())


def test_points_that_the_first_candidates_do_not_separate_are_tried_again():
    class Parallel:
        """Draws directions that see the first coordinate alone, and then others."""

        def __init__(self):
            self.calls = 0

        def uniform(self, low, high, shape):
            self.calls += 1
            drawn = generator(self.calls).uniform(low, high, shape)
            if self.calls == 1:
                drawn[1:] = 0
            return drawn

    draws = Parallel()
    found = separate(np.array([[1, 5], [1, 6], [2, 7]], dtype=np.uint8), draws)
    assert draws.calls == 2
    assert found.smallest_gap > 0


@pytest.mark.parametrize(
    ("points", "targets", "problem"),
    [
        (np.zeros((2, 1)), [np.nan, 1.0], "the targets of point 0 are not finite"),
        (np.array([[0.0], [np.inf]]), [0.0, 1.0], "point 1 holds values that are not finite"),
        (np.zeros((2, 1)), [0.0], r"points have the shape \(2, 1\), targets \(1,\)"),
        (np.zeros((0, 1)), [], "with n of 1 or more"),
        (np.zeros(3), [0.0, 1.0, 2.0], r"points have the shape \(3,\)"),
    ],
)
def test_points_and_targets_that_cannot_be_fitted_are_refused(points, targets, problem):
    with pytest.raises(ValueError, match=problem):
        exact_network(points, np.array(targets), generator())


def test_a_depth_out_of_range_is_refused():
    for depth in (1, 6):
        with pytest.raises(ValueError, match=f"depth is {depth}; expected 2 to 5"):
            intervals_of(3, depth)
    assert intervals_of(1, 3) == [0, 1]


# --- the experiments, their summary and their claims --------------------------------------------


def images_and_labels(seed=0):
    images = generator(seed).integers(0, 256, (60, 6, 6, 1), dtype=np.uint8)
    labels = generator(seed + 1).integers(0, 4, 60)
    return {"train": images, "test": images[:30]}, {"train": labels, "test": labels[:30]}


def test_the_experiment_fits_all_random_labels_and_is_at_chance_elsewhere():
    images = generator(5).integers(0, 256, (2000, 6, 6, 1), dtype=np.uint8)
    points = {"train": images[:40], "test": images}
    labels = {"train": np.zeros(40, int), "test": generator(6).integers(0, 4, 2000)}
    rows = expressivity.run(points, labels, 4, 0, [20, None], [2, 6])
    assert [(row["examples"], row["depth"]) for row in rows] == [(20, 2), (20, 6), (40, 2), (40, 6)]
    for row in rows:
        assert row["train_accuracy"] == 1
        assert row["relative_residual"] < 1e-9
        assert row["error_float64"] < 1e-9 < row["error_float32"]
        assert row["test_accuracy"] == pytest.approx(0.25, abs=0.05)
    assert rows[0]["weights"] == 5 * 20 + 36


def test_the_first_of_equal_images_is_kept():
    points, labels = images_and_labels()
    points["train"][7] = points["train"][3]
    (row,) = expressivity.run(points, labels, 4, 0, [None], [2])
    assert row["examples"] == 59
    with pytest.raises(DataError, match="examples: 60 of the training set; expected at most 59"):
        expressivity.run(points, labels, 4, 0, [60], [2])
    with pytest.raises(DataError, match="depth 62 for 59 examples: depth is 62; expected 2 to 61"):
        expressivity.run(points, labels, 4, 0, [None], [62])


START = {
    "factory": "rethinking.networks.mlp:mlp",
    "arguments": {"hidden_layers": 1},
    "initialisation": "he_normal",
}


def test_training_fits_the_same_labels_or_the_network_is_only_counted():
    points, labels = images_and_labels()
    learner = Learner(START, Recipe(epochs=200, learning_rate=0.05, crop=6, batch_size=16))
    (counted,) = fitting_by_training.run(points, labels, 4, 0, learner, False)
    (trained,) = fitting_by_training.run(points, labels, 4, 0, learner, True)
    assert counted["parameters"] == trained["parameters"] == 36 * 512 + 512 + 512 * 4 + 4
    assert counted["train_accuracy"] is None
    assert trained["train_accuracy"] == 1
    assert trained["epochs"] < 200
    assert trained["seconds"] > 0


COUNTED = {
    **{"network": "mlp", "seed": 0, "parameters": 100},
    **dict.fromkeys(("seconds", "epochs", "train_accuracy", "test_accuracy")),
}


def summary(**changed):
    points, labels = images_and_labels()
    rows = []
    for seed in (0, 1):
        rows += [{**row, "seed": seed} for row in expressivity.run(points, labels, 4, seed, [30, 60], [2, 8])]
    frame = pd.DataFrame(rows)
    for column, value in changed.items():
        frame.loc[frame.index[-1], column] = value
    frame = pd.concat([frame, pd.DataFrame([COUNTED])])
    return summarise(frame, 0.95)


def test_the_claims_stand_for_what_was_constructed_and_fall_for_what_was_not():
    assert [claim.verdict for claim in claims(summary())] == [MATCHED] * 2
    assert all(claim.consequence for claim in claims(summary()))
    for changed in ({"train_accuracy": 0.99}, {"relative_residual": 1e-3}, {"weights": 10_000}):
        assert [claim.verdict for claim in claims(summary(**changed))] == [MATCHED, NOT_MATCHED], changed


def test_the_summary_counts_networks_and_knows_the_shape_of_the_data():
    table = summary()
    counted = table[table["network"] == "mlp"]
    assert list(counted["quantity"]) == ["parameters"]
    weights = table[(table["quantity"] == "weights") & (table["depth"] == 2)].set_index("examples")["mean"]
    assert weights.to_dict() == {30: 5 * 30 + 36, 60: 5 * 60 + 36}
    assert set(table.loc[table["network"] == "constructed", "inputs"]) == {36}
