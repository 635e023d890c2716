"""Experiments of the theory through the workflow: from a configuration to the numbers that figures show."""

from collections import Counter

import pandas as pd
import pytest
import yaml

from small import only
from trees import copy_project

THEORY = only("""
results: results/small
dataset: digits
seeds: [0, 1]
networks:
  mlp_1x512: {width: 0.1, epochs: 3}
execution: {gpu: 0, threads: 1, precision: float32, keep_weights: none, seeds_together: true}
figures:
  fig_expressivity:
    {claims: paper, sizes: [20, null], depths: [2, 5], networks: [mlp_1x512, alexnet], trained: [mlp_1x512]}
  fig_rademacher: {networks: [mlp_1x512], sizes: [20, 50], draws: 1, gamma: 0.2}
  fig_stability: {networks: [mlp_1x512], examples: 50, replacements: 2, gamma: 0.2}
  fig_double_descent: {dataset: digits, gamma: 0.2, examples: 40, feature_counts: [10, 40, 200]}
  fig_width: {width_factors: [0.02, 0.1]}
tables:
""")


@pytest.fixture(scope="session")
def theory(tmp_path_factory):
    """A tree with every figure of the theory."""
    tree = copy_project(tmp_path_factory.mktemp("theory"), THEORY)
    tree.snakemake("fig_expressivity", "fig_double_descent", "fig_width", "fig_rademacher", "fig_stability")
    return tree


def numbers(tree, figure):
    return pd.read_csv(tree.results / f"figures/{figure}.csv")


def test_constructed_networks_fit_every_label_of_the_data_set(theory):
    table = numbers(theory, "fig_expressivity").set_index(["network", "quantity"])
    fitted = table.loc[("constructed", "train_accuracy")]
    assert sorted(fitted["examples"].unique()) == [20, 700]
    assert (fitted["mean"] == 1).all()
    assert table.loc[("mlp_1x512", "parameters"), "mean"] == 49 * 51 + 51 + 510 + 10
    assert table.loc[("mlp_1x512", "epochs"), "mean"] == 3
    assert ("alexnet", "epochs") not in table.index


def test_the_claims_of_theorem_1_are_consequences_on_the_scorecard(theory):
    theory.snakemake("scorecard")
    score = pd.read_csv(theory.results / "scorecard.csv")
    rows = score[score["source"] == "fig_expressivity"]
    assert len(rows) == 2
    assert set(rows["verdict"]) == {"matched"}


def test_random_features_peak_where_they_are_as_many_as_examples(theory):
    table = numbers(theory, "fig_double_descent")
    norms = table[(table["quantity"] == "norm") & (table["label_noise"] == 0)].set_index("feature_count")
    assert norms["mean"].idxmax() == 40


def test_an_experiment_is_made_again_where_its_network_changed_and_nowhere_else(theory):
    path = theory.folder / "config/small.yaml"
    config = yaml.safe_load(path.read_text())
    config["networks"]["mlp_1x512"]["learning_rate"] = 0.02
    path.write_text(yaml.safe_dump(config))
    planned = theory.planned("fig_expressivity", "fig_double_descent")
    path.write_text(THEORY)
    assert planned == Counter(train_experiment=1, summarise_fig_expressivity=1, fig_expressivity=1)
