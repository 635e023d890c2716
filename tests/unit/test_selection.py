"""Splits by their sizes, errors against plain solves, and the choice among them."""

import numpy as np
import pytest

from rethinking.kernels.kernels import Gaussian, Linear, Points
from rethinking.kernels.selection import Split, best, draw_split, validation_errors

POINTS = np.random.default_rng(0).standard_normal((120, 5))
LABELS = (POINTS[:, 0] > 0.3).astype(int) + (POINTS[:, 1] > 0)
SPLIT = Split(np.arange(0, 120, 2), np.arange(1, 120, 3))
KERNELS = {0.05: Gaussian(0.05), 1.0: Gaussian(1.0), None: Linear()}
RIDGES = [1e-2, 1.0]


def random(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("count", "most", "share", "fitted", "held_out"),
    [
        (100, 50, 0.2, 40, 10),
        (100, 100, 0.2, 80, 20),
        (30, 100, 0.2, 24, 6),
        (100, 51, 0.25, 38, 13),
        (2, 2, 0.5, 1, 1),
    ],
)
def test_a_split_has_the_sizes_that_are_asked_for(count, most, share, fitted, held_out):
    split = draw_split(count, most, share, random())
    assert split.sizes == {"fitted": fitted, "held_out": held_out}
    for part in split:
        assert list(part) == sorted(part)
    both = np.concatenate(split)
    assert len(set(both)) == min(count, most)
    assert set(both) <= set(range(count))


def test_every_example_is_drawn_equally_often():
    times = np.zeros((2, 20))
    for seed in range(2000):
        for part, drawn in zip(times, draw_split(20, 10, 0.3, random(seed)), strict=True):
            part[drawn] += 1
    # 700 and 300 in the mean, with deviations of 21 and 16.
    assert abs(times[0] - 700).max() < 4.5 * 21
    assert abs(times[1] - 300).max() < 4.5 * 16


def test_the_seed_decides():
    first, again, other = (draw_split(100, 50, 0.2, random(seed)) for seed in (1, 1, 2))
    for one, same, another in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one, same)
        assert set(one) != set(another)


@pytest.mark.parametrize(
    ("count", "most", "share"),
    [(100, 50, 0.0), (100, 50, 0.009), (100, 50, 1.0), (1, 50, 0.5), (100, 0, 0.5)],
)
def test_a_split_with_an_empty_part_is_refused(count, most, share):
    with pytest.raises(ValueError, match=f"cannot hold out {share:g} of {min(count, most)} examples"):
        draw_split(count, most, share, random())


def grams(kernel):
    gram = Points(POINTS[SPLIT.fitted], kernel)
    return gram, gram.at(POINTS[SPLIT.held_out])


def plain_error(kernel, ridge):
    x, z = POINTS[SPLIT.fitted], POINTS[SPLIT.held_out]
    if kernel == Linear():
        matrix, across = x @ x.T, z @ x.T
    else:
        matrix, across = (np.exp(-kernel.gamma * ((a[:, None] - x) ** 2).sum(axis=2)) for a in (x, z))
    weights = np.linalg.solve(matrix + ridge * np.eye(len(x)), np.eye(3)[LABELS[SPLIT.fitted]])
    return np.mean((across @ weights).argmax(axis=1) != LABELS[SPLIT.held_out])


def test_errors_are_those_of_plain_solves():
    told = []
    rows = validation_errors(
        grams, LABELS, 3, SPLIT, KERNELS, iter(RIDGES), lambda done, total: told.append((done, total))
    )
    assert [(row["gamma"], row["ridge"]) for row in rows] == [(b, r) for b in KERNELS for r in RIDGES]
    for row in rows:
        assert row["error"] == plain_error(KERNELS[row["gamma"]], row["ridge"])
        assert row["problem"] is None
    assert len({row["error"] for row in rows}) > 3, "equal errors test little"
    assert told == [(count, 6) for count in range(1, 7)]


def test_a_singular_system_is_a_problem_and_no_error():
    singular, solved = validation_errors(grams, LABELS, 3, SPLIT, {None: Linear()}, [0.0, 1e-2])
    assert singular["error"] is None
    assert "60 × 60 kernel matrix with ridge 0 is not positive definite" in singular["problem"]
    assert solved["error"] == plain_error(Linear(), 1e-2)
    assert solved["problem"] is None


def test_the_kernel_is_handed_to_grams_once_for_all_ridges():
    asked = []

    def recorded(kernel):
        asked.append(kernel)
        return grams(kernel)

    validation_errors(recorded, LABELS, 3, SPLIT, KERNELS, RIDGES)
    assert asked == list(KERNELS.values())


def rows(*errors):
    return [{"gamma": number, "error": error} for number, error in enumerate(errors)]


@pytest.mark.parametrize(
    ("errors", "expected"),
    [((0.3, 0.1, 0.2), 1), ((0.3, 0.1, 0.1), 1), ((None, 0.5, 0.5), 1), ((0.2, None, 0.0), 2)],
)
def test_the_best_is_the_first_of_the_smallest_errors(errors, expected):
    assert best(rows(*errors))["gamma"] == expected


def test_without_any_error_nothing_is_best():
    assert best(rows(None, None)) is None
    assert best([]) is None
