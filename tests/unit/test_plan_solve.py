"""Where a solve goes, by the sizes of what it really allocates."""

import re
import tracemalloc

import numpy as np
import pytest

from rethinking.classification import one_hot
from rethinking.kernels.cholesky import factorise
from rethinking.kernels.kernels import Gaussian, Points
from rethinking.kernels.panels import panel_starts, panel_width, panels_bytes
from rethinking.kernels.plan import PLACES, SPARE, SolvePlan, TooLarge, plan_solve
from rethinking.kernels.systems import solve

GB = 10**9
AMPLE = dict.fromkeys(PLACES, 10**15)


def plan(n=20_000, dtype=np.float64, place="memory", features=784, targets=11):
    return SolvePlan(n, features, targets, np.dtype(dtype), place)


def just_enough(size):
    """The fewest free bytes of which ``size`` may be taken."""
    return int(np.ceil(size / (1 - SPARE))) + 1


@pytest.mark.parametrize("n", [1, 256, 257, 700, 1500])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_panels_take_what_is_planned(n, dtype):
    points = np.random.default_rng(0).standard_normal((n, 5))
    factor = factorise(Points(points, Gaussian(2.0), dtype), 0.1)
    assert sum(panel.nbytes for panel in factor.panels) == plan(n, dtype).panels_bytes
    assert plan(n, dtype).panels_bytes == panels_bytes(n, dtype)


@pytest.mark.parametrize("n", [2000, 10_000, 60_000])
def test_panels_are_half_the_matrix_and_a_little_more(n):
    half = n * (n + 1) // 2 * 8
    assert half < plan(n).panels_bytes < 1.15 * half
    assert plan(n).panels_bytes == 2 * plan(n, np.float32).panels_bytes


def test_the_memory_is_that_of_the_panels_and_what_is_beside_them():
    n, width = 20_000, panel_width(20_000)
    held = plan(n)
    assert held.memory_bytes == held.work_bytes + held.panels_bytes
    # Tiles of points with the two columns more, one of predictions, and vectors.
    assert held.work_bytes >= 8 * ((1024 + width) * 786 + 2048**2 + n * 12)
    assert held.work_bytes < 0.2 * held.panels_bytes
    on_disk = plan(n, place="disk")
    assert on_disk.memory_bytes == on_disk.work_bytes == held.work_bytes + 8 * n * width


@pytest.mark.parametrize("features", [5, 400])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_solve_takes_no_more_than_planned(features, dtype):
    points = np.random.default_rng(0).standard_normal((1500, features)).astype(np.float32)
    gram = Points(points, Gaussian(1 / features), dtype)
    tracemalloc.start()
    try:
        solve(gram, one_hot(np.arange(1500) % 10, 10), 1.0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    planned = plan(1500, dtype, features=features)
    assert planned.panels_bytes < peak <= planned.memory_bytes


def test_products_are_counted():
    assert plan(3000).factor_products == 9e9
    assert plan(3000, features=98).gram_products == 9e8


@pytest.mark.parametrize("places", [PLACES, PLACES[1:], PLACES[::-1], ("memory",)])
def test_the_first_place_that_fits_is_taken(places):
    found = plan_solve(20_000, 784, 11, np.float32, {place: AMPLE[place] for place in places})
    assert found == plan(dtype=np.float32, place=places[0])


@pytest.mark.parametrize(
    ("free", "expected"),
    [
        ({"GPU": 1 * GB, "memory": 8 * GB, "disk": 8 * GB}, "memory"),
        ({"GPU": 8 * GB, "memory": 1 * GB, "disk": 8 * GB}, "GPU"),
        ({"GPU": 1 * GB, "memory": 1 * GB, "disk": 8 * GB}, "disk"),
        ({"GPU": 0, "memory": 8 * GB}, "memory"),
    ],
)
def test_places_that_are_too_small_are_passed_over(free, expected):
    # 1.7 GB of panels and a little more.
    assert plan_solve(20_000, 784, 11, np.float64, free).place == expected


@pytest.mark.parametrize("place", ["GPU", "memory"])
def test_a_place_is_taken_with_just_enough_and_not_with_less(place):
    needed = just_enough(plan(place=place).memory_bytes)
    assert plan_solve(20_000, 784, 11, np.float64, {place: needed}).place == place
    with pytest.raises(TooLarge):
        plan_solve(20_000, 784, 11, np.float64, {place: needed - 3})


def test_a_disk_needs_room_for_the_panels_and_memory_for_one():
    on_disk = plan(place="disk")
    memory, disk = just_enough(on_disk.work_bytes), just_enough(on_disk.panels_bytes)
    assert memory < 0.4 * disk
    for more in (0, 10 * GB):
        found = plan_solve(20_000, 784, 11, np.float64, {"memory": memory, "disk": disk + more})
        assert found.place == "disk"
    for free in (
        {"memory": memory - 3, "disk": disk},
        {"memory": memory, "disk": disk - 3},
        {"disk": disk},
    ):
        with pytest.raises(TooLarge):
            plan_solve(20_000, 784, 11, np.float64, free)


def test_one_panel_is_the_largest():
    n = 20_000
    starts = panel_starts(n)
    assert plan(n, place="disk").work_bytes - plan(n).work_bytes == 8 * n * (starts[1] - starts[0])


FREE = {
    "memory": {"memory": 4 * GB},
    "GPU and memory": {"GPU": 16 * GB, "memory": 4 * GB},
    "disk": {"memory": 60 * GB, "disk": 100 * GB},
    "little": {"memory": 50_000_000},
}


def named(message):
    """The sizes that would fit, as (place, dtype, n)."""
    for place, double, single in re.findall(
        r"(\w+) \([\d.]+ GB free\): n = (\d+) in float64, (\d+) in float32", message
    ):
        yield place, np.float64, int(double)
        yield place, np.float32, int(single)


@pytest.mark.parametrize("free", FREE)
@pytest.mark.parametrize("features", [0, 784])
def test_sizes_that_are_said_to_fit_do_and_larger_ones_do_not(free, features):
    free = FREE[free]
    with pytest.raises(TooLarge) as refusal:
        plan_solve(900_000, features, 11, np.float32, free)
    found = list(named(str(refusal.value)))
    assert {place for place, _, _ in found} == set(free)
    for place, dtype, n in found:
        only = {place: free[place]} | ({"memory": free["memory"]} if place == "disk" else {})
        order = dict(sorted(only.items(), key=lambda each: each[0] != place))
        assert plan_solve(n, features, 11, dtype, order).place == place
        with pytest.raises(TooLarge):
            plan_solve(n + n // 50, features, 11, dtype, order)


def test_a_refusal_says_what_was_asked_for():
    with pytest.raises(TooLarge) as refusal:
        plan_solve(100_000, 784, 11, np.float64, {"GPU": 16 * GB, "memory": 4 * GB})
    needed = plan(100_000).memory_bytes / 1e9
    assert f"n = 100000 in float64 takes {needed:.1f} GB and fits nowhere" in str(refusal.value)
    assert "GPU (16.0 GB free): n = " in str(refusal.value)
    assert "memory (4.0 GB free): n = " in str(refusal.value)


def test_nothing_fits_into_nothing():
    with pytest.raises(TooLarge, match=r"memory \(0\.0 GB free\): n = 0 in float64, 0 in float32"):
        plan_solve(10, 5, 3, np.float64, {"memory": 0})


@pytest.mark.parametrize(
    ("place", "words"),
    [("GPU", "the GPU's memory"), ("memory", "panels in memory"), ("disk", "files, read as they are needed")],
)
def test_a_plan_tells_its_sizes(place, words):
    found = plan(60_000, np.float32, place)
    text = str(found)
    assert text.startswith("60000 × 60000 in float32, 784 features, 11 right-hand sides:")
    assert words in text
    assert f"{found.panels_bytes / 1e9:.2f} GB of panels" in text
    assert f"{found.work_bytes / 1e9:.2f} GB besides" in text
    # 60 000²·786 and 60 000³/3.
    assert "2.83 TFLOP for the kernel matrix, 72.00 for the factorisation" in text


def test_sizes_on_disk_are_those_that_leave_memory_for_one_panel():
    free = {"memory": GB, "disk": 1000 * GB}
    with pytest.raises(TooLarge) as refusal:
        plan_solve(1_000_000, 0, 11, np.float64, free)
    for place, dtype, n in named(str(refusal.value)):
        assert plan_solve(n, 0, 11, dtype, free).place == place
