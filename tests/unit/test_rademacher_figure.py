"""Rademacher complexity: experiments, figure, and the wrong results that make its claim fall."""

import math
from itertools import product
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from honest_results import FIT, claims, function, summarised
from rethinking.classification import one_hot
from rethinking.datasets.arrays import DataError
from rethinking.datasets.digits import read
from rethinking.exhibits.rademacher import kind
from rethinking.exhibits.rademacher.summary import sentences
from rethinking.exhibits.requests import Experiment
from rethinking.experiments import kernel_ball as kernel_experiment
from rethinking.experiments import random_signs as network_experiment
from rethinking.experiments.points import draw_examples
from rethinking.learner import Learner
from rethinking.rademacher import random_signs
from rethinking.recipe import Recipe
from rethinking.scorecard import MATCHED, NOT_MATCHED
from rethinking.seeds import numpy_generator
from rethinking.verdicts import Yardstick


def generator(seed=0):
    return numpy_generator(seed, "signs")


def all_signs(count):
    return np.array(list(product((-1, 1), repeat=count)))


def gaussian_matrix(points, gamma):
    return np.exp(-gamma * np.square(points[:, None] - points[None]).sum(axis=2))


# --- experiments ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits():
    found = read()
    points = {"train": found.train_images, "test": found.test_images}
    return points, {"train": found.train_labels, "test": found.test_labels}


def test_kernel_rows_against_dense_matrices(digits):
    points, labels = digits
    rows = pd.DataFrame(kernel_experiment.run(*digits, seed=3, sizes=[40, 60], draws=2, gamma=0.2))
    counts = rows.groupby(["examples", "labels"]).size().to_dict()
    assert counts == {(n, kind): count for n in (40, 60) for kind, count in (("true", 10), ("random", 2))}
    drawn = draw_examples(len(labels["train"]), 60, 3)
    train, test = (
        images.reshape(len(images), -1) / 255 for images in (points["train"][drawn], points["test"])
    )
    matrix = gaussian_matrix(train, 0.2)
    values = np.exp(-0.2 * np.square(test[:, None] - train[None]).sum(axis=2))
    random = random_signs(2, 60, numpy_generator(3, "signs"))[1]
    for which, draw, signs in (
        ("true", 7, 2 * one_hot(labels["train"][drawn], 10)[:, 7] - 1),
        ("random", 1, random),
    ):
        row = rows[(rows["examples"] == 60) & (rows["labels"] == which) & (rows["draw"] == draw)].iloc[0]
        weights = np.linalg.solve(matrix, signs)
        scores = values @ weights
        assert row["norm"] == pytest.approx(math.sqrt(signs @ weights), rel=1e-6)
        assert row["bound"] == pytest.approx(row["norm"] / math.sqrt(60), rel=1e-6)
        # Fitted margins are 1, so that the training loss is 0.
        losses = [np.clip(1 - sign * scores, 0, 1) for sign in (1, -1)]
        if which == "true":
            is_seven = labels["test"] == 7
            expected = np.where(is_seven, *losses).mean()
            error = np.mean((scores > 0) != is_seven)
        else:
            expected, error = np.mean(losses), 0.5
        assert row["gap"] == pytest.approx(expected, abs=1e-6)
        assert row["error_gap"] == pytest.approx(error, abs=1e-9)
    # A mean over 1,000 draws of signs lies within 3 % of the exact value, and that below the bound.
    assert (rows["complexity"] / rows["bound"]).between(0.85, 1.03).all()
    assert (rows["gap"] <= 2 * rows["complexity"]).all()
    assert (rows["gap"] >= rows["error_gap"] - 1e-9).all()


def test_too_many_examples_and_a_single_class_are_told(digits):
    points, labels = digits
    train = len(labels["train"])
    with pytest.raises(DataError, match=f"{train + 1} of a training set of {train}"):
        kernel_experiment.run(*digits, seed=0, sizes=[10, train + 1], draws=1, gamma=0.2)
    with pytest.raises(DataError, match=f"{train + 1} of a training set of {train}"):
        network_experiment.run(points, seed=0, examples=train + 1, draws=1, learner=None)
    single = labels | {"train": np.zeros_like(labels["train"])}
    with pytest.raises(DataError, match="1 class; expected 2 or more"):
        kernel_experiment.run(points, single, seed=0, sizes=[10], draws=1, gamma=0.2)


class Scripted:
    """A learner whose runs end as they are told, and which remembers what it was given."""

    def __init__(self, *ends):
        self.ends, self.given = list(ends), []

    def fit(self, train, test, classes, seed):
        self.given.append((train.images.numpy(), train.labels.numpy(), classes, seed))
        accuracy, verdict = self.ends[len(self.given) - 1]
        last = SimpleNamespace(train_accuracy=accuracy, epoch=4)
        return SimpleNamespace(training=SimpleNamespace(history=[last], verdict=verdict))


def test_a_network_is_given_the_same_images_with_other_labels_each_time(digits):
    learner = Scripted((1.0, "fitted"), (0.75, "finished"), (0.5, "diverged at epoch 4, learning rate 1"))
    rows = network_experiment.run(digits[0], seed=5, examples=30, draws=3, learner=learner)
    assert [row["complexity"] for row in rows] == [1.0, 0.5, None]
    assert [row["train_accuracy"] for row in rows] == [1.0, 0.75, None]
    assert [(row["draw"], row["examples"], row["epochs"], row["labels"]) for row in rows] == [
        (draw, 30, 4, "random") for draw in range(3)
    ]
    images, labels, classes, seeds = zip(*learner.given, strict=True)
    stored = digits[0]["train"][draw_examples(len(digits[0]["train"]), 30, 5)]
    for image in images:
        np.testing.assert_array_equal(image.transpose(0, 2, 3, 1), stored)
    np.testing.assert_array_equal(2 * np.array(labels) - 1, random_signs(3, 30, numpy_generator(5, "signs")))
    assert (set(classes), set(seeds)) == ({2}, {5})


def test_a_small_network_reaches_1_on_a_few_digits(digits):
    start = {"factory": "rethinking.networks.mlp:mlp", "arguments": {}, "initialisation": "he_normal"}
    start["arguments"] = {"hidden_layers": 1}
    recipe = Recipe(epochs=60, learning_rate=0.1, crop=7, batch_size=10, stop_after_fit=1)
    rows = network_experiment.run(digits[0], seed=0, examples=20, draws=2, learner=Learner(start, recipe))
    assert [row["complexity"] for row in rows] == [1.0, 1.0]


def test_fewer_examples_are_among_more():
    assert set(draw_examples(100, 10, 4)) < set(draw_examples(100, 50, 4))
    assert set(draw_examples(100, 10, 4)) != set(draw_examples(100, 10, 5))


# --- the figure ----------------------------------------------------------------------------------------

OPTIONS = {"dataset": None, "networks": ["mlp_1x512", "alexnet"], "sizes": [20_000, 100, 1000]}
OPTIONS |= {"draws": 3, "features": "pixels", "gamma": 0.2}


def test_the_figure_asks_for_every_network_and_size_and_once_for_kernels():
    asked = kind.requests(OPTIONS)
    assert [(each.network, each.options["examples"]) for each in asked[:-1]] == [
        (network, size) for network in ("mlp_1x512", "alexnet") for size in (100, 1000, 20_000)
    ]
    settings = {"sizes": [100, 1000], "draws": 3, "gamma": 0.2}  # 20,000 are too many for a small system
    assert asked[-1] == Experiment("kernel_ball", None, "pixels", settings)
    assert kind.problems(OPTIONS) == []
    (problem,) = kind.problems(OPTIONS | {"sizes": [20_000, 30_000]})
    assert "20,000 is the smallest" in problem


def results(seeds=3, draws=2):
    """What networks and kernels say where all random labels are fitted and true ones generalise."""
    rows = []
    for seed, size in product(range(seeds), (100, 1000)):
        about = {"seed": seed, "examples": size}
        for network, draw in product(("alexnet", "mlp_1x512"), range(draws)):
            more = {"network": network, "labels": "random", "draw": draw, "epochs": 20, "verdict": "finished"}
            rows.append(about | more | {"train_accuracy": 1.0, "complexity": 1.0})
        for labels, norm in (("true", 0.4), ("random", 2.0)):
            for draw in range(draws):
                more = {"labels": labels, "draw": draw, "norm": norm * size**0.5}
                more |= {"complexity": 0.98 * norm, "bound": norm + 0.01 * seed}
                rows.append(about | more | {"gap": norm / 4, "error_gap": norm / 8})
    return pd.DataFrame(rows)


def changed(value, **where):
    """One draw of a network ends with another train accuracy."""

    def change(rows):
        chosen = np.logical_and.reduce([rows[column] == wanted for column, wanted in where.items()])
        assert chosen.any()
        rows.loc[chosen, "train_accuracy"] = value
        rows.loc[chosen, "complexity"] = np.nan if value is None else 2 * value - 1

    return change


def verdict_of(rows):
    found = claims("fig", "rademacher", summarised("rademacher", rows), Yardstick(FIT, 0.95, {}))
    return dict(zip(found["item"].str.partition(":")[0], found["verdict"], strict=True))


LAST = {"network": "alexnet", "examples": 1000}


@pytest.mark.parametrize("seeds", [1, 3])
def test_networks_that_fit_have_a_trivial_complexity(seeds):
    assert verdict_of(results(seeds)) == {"alexnet": MATCHED, "mlp_1x512": MATCHED}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (changed(0.5, **LAST), NOT_MATCHED),  # guesses
        (changed(0.8, **LAST), NOT_MATCHED),
        (changed(FIT - 0.001, seed=1, draw=1, **LAST), NOT_MATCHED),  # a single draw of six
        (changed(None, seed=1, draw=1, **LAST), NOT_MATCHED),  # diverged
        (changed(None, **LAST), NOT_MATCHED),
        (changed(FIT, **LAST), MATCHED),
        # The claim is about the most examples.
        (changed(0.5, network="alexnet", examples=100), MATCHED),
    ],
)
def test_a_network_that_does_not_fit_makes_the_claim_fall(change, expected):
    rows = results()
    change(rows)
    assert verdict_of(rows) == {"alexnet": expected, "mlp_1x512": MATCHED}


def cell(summary, quantity, network=None, labels="random", examples=1000):
    of_network = summary["network"].isna() if network is None else summary["network"] == network
    rows = summary[of_network & (summary["labels"] == labels) & (summary["examples"] == examples)]
    (found,) = rows[rows["quantity"] == quantity].to_dict("records")
    return found


def test_draws_of_a_seed_are_one_value_and_the_interval_is_over_seeds():
    rows = results()
    changed(0.96, seed=2, draw=0, **LAST)(rows)
    found = cell(summarised("rademacher", rows), "complexity", "alexnet")
    # Seeds have 1, 1 and (0.92 + 1)/2; t of two degrees of freedom is 4.3027.
    half = 4.302653 * np.std([1, 1, 0.96], ddof=1) / math.sqrt(3)
    assert (found["runs"], found["planned"], found["failed"]) == (3, 3, 1)
    assert found["mean"] == pytest.approx(2.96 / 3)
    assert found["upper"] - found["mean"] == pytest.approx(half, rel=1e-5)


def test_bounds_are_in_units_of_the_gap():
    summary = summarised("rademacher", results())
    assert cell(summary, "gap_bound", "mlp_1x512")["mean"] == 1
    assert cell(summary, "gap_bound", labels="true")["mean"] == pytest.approx(2 * 0.41)
    assert cell(summary, "gap_bound", labels="random")["mean"] == pytest.approx(2 * 2.01)
    told = " ".join(sentences(summary))
    assert "mlp_1x512 reaches 1 on 1,000 examples" in told
    assert (
        "interpolant of true labels of 1,000 examples: its gap is 0.1, and the bound of it 0.82, below 1."
        in told
    )
    assert (
        "interpolant of random labels of 1,000 examples: its gap is 0.5, and the bound of it 4, vacuous."
        in told
    )


@pytest.mark.parametrize(
    ("change", "crosses"),
    [(lambda rows: None, []), (changed(0.9, **LAST), [0.8]), (changed(None, **LAST), ["edge"])],
)
def test_the_drawing_marks_what_did_not_fit(change, crosses):
    rows = results()
    change(rows)
    told = OPTIONS | {"seeds": 3, "confidence": 0.95, "dataset": "digits", "fit": FIT, "widths": {}}
    told.pop("sizes")
    drawn = function("rademacher", "draw")(summarised("rademacher", rows), **told)
    (axes,) = drawn.axes
    low, high = axes.get_ylim()
    assert low < 0.1
    assert high > 4.02
    lines = [line for line in axes.lines if line.get_marker() == "x"]
    assert [y for line in lines for y in line.get_ydata()] == pytest.approx(
        [low if cross == "edge" else cross for cross in crosses]
    )
    texts = [text.get_text() for text in drawn.legends[0].get_texts()]
    assert any(text.startswith("not every run") for text in texts) == bool(crosses)
