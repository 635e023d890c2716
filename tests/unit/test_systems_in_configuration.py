"""Kernel systems of a configuration: their kernels, ridges, choices and seeds."""

import re

import pytest

from paper_configuration import HERE, PAPER, check, problems, with_value
from pipeline.planning.kernels import ridge_text
from pipeline.planning.plan import Plan

SYSTEM = PAPER["systems"]["mnist_pixels"]
LINEAR = {"dataset": "mnist", "features": "pixels", "kernel": "linear", "ridge": [0.1]}


@pytest.mark.parametrize(("ridge", "text"), [
    (0.0, "none"), ("none", "none"), ("chosen", "chosen"), (1.0, "1"), (10.0, "10"), (1e-6, "0.000001"),
    (0.1 + 0.2, "0.30000000000000004"), (1e-15, "0.000000000000001"), (2.5e17, "250000000000000000"),
])  # fmt: skip
def test_ridges_in_paths_are_plain_decimals(ridge, text):
    assert ridge_text(ridge) == text
    assert re.fullmatch(r"none|chosen|[0-9]+(\.[0-9]+)?", text)
    assert ridge in (0.0, text) or float(text) == ridge


def test_whole_numbers_and_decimals_are_the_same_system():
    def solve(number):
        system = {**SYSTEM, "gamma": [number], "ridge": [number]}
        plan = Plan(with_value(("systems", "mnist_pixels"), system), HERE)
        return [repr(plan.kernels.system("mnist_pixels", ridge).spec) for ridge in ("none", "chosen")]

    assert solve(1) == solve(1.0) != solve(1.5)


def test_a_linear_kernel_has_no_gamma():
    config = with_value(("systems", "mine"), LINEAR)
    config["tables"]["table3"]["rows"] = [{"system": "mine", "ridge": ridge} for ridge in ("none", "chosen")]
    plan = Plan(config, HERE)
    assert plan.kernels.system("mine", "none").spec["gamma"] is None
    assert plan.kernels.selection("mine").spec["gamma"] is None
    assert "selection" not in plan.kernels.system("mine", "none").inputs
    assert "selection" in plan.kernels.system("mine", "chosen").inputs


def test_a_system_that_an_overlay_sets_to_null_is_not_there():
    config = with_value(("systems", "mnist_pixels"), None)
    assert problems(config)[0].startswith("figures.fig_ridge.systems[0]: no system 'mnist_pixels'")
    config["figures"]["fig_ridge"]["systems"].remove("mnist_pixels")
    config["tables"]["table3"]["rows"] = [{"system": "mnist_gabor", "ridge": "none"}]
    assert "mnist_pixels" not in check(config)["systems"]


def test_a_gamma_is_chosen_where_there_are_several_and_for_the_best_ridge():
    config = with_value(("systems", "several"), {**SYSTEM, "gamma": [0.1, 0.2]})
    kernels = Plan(config, HERE).kernels
    for ridge in ("none", 0.1, "chosen"):
        assert "selection" in kernels.system("several", ridge).inputs
        assert ("selection" in kernels.system("mnist_pixels", ridge).inputs) == (ridge == "chosen")
    several, one = (kernels.system(name, "none").spec for name in ("several", "mnist_pixels"))
    assert (several["gamma"], one["gamma"]) == (None, SYSTEM["gamma"][0])


def test_only_systems_of_drawn_features_are_solved_for_every_seed():
    plan = Plan(with_value(("seeds",), [3, 5]), HERE)
    seeds = {}
    for coordinates, _, seed in plan.results_of("table3"):
        seeds.setdefault(coordinates["features"], []).append(seed)
    assert set(seeds["pixels"]) == set(seeds["gabor"]) == {3}
    assert set(seeds["random_patches"]) == {3, 5}
    assert [seed for _, _, seed in plan.results_of("interpolants")] == [3, 5]


def test_every_number_of_table_3_has_a_row_that_stands_for_it():
    import csv

    with open(HERE / "paper" / "table3.csv") as file:
        printed = [(row["system"], row["ridge"]) for row in csv.DictReader(file)]
    ours = [(row["system"], row["ridge"]) for row in PAPER["tables"]["table3"]["rows"]]
    assert len(printed) > 4
    assert set(printed) <= set(ours)
