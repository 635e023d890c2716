"""Plugins' tables of weight norms and of a probe: what they ask for is made, and finished runs stay."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from measured import LEARNED, NORMS, RUNS, with_plugins
from pipeline.planning.stamps import canonical
from trees import Tree, copy_project


def content(tree: Tree, pattern: str) -> dict[Path, bytes]:
    """The bytes of every file that fits, with its time of modification."""
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(tree.results.glob(pattern))}


def configure(tree: Tree, text: str) -> None:
    (tree.folder / "config" / "small.yaml").write_text(text)


@pytest.fixture(scope="module")
def finished_runs(tmp_path_factory) -> Tree:
    """Runs that have finished without weights."""
    tree = with_plugins(copy_project(tmp_path_factory.mktemp("measured"), RUNS))
    tree.snakemake()
    return tree


def test_a_measurement_and_a_probe_are_added_to_finished_runs_and_taken_away_again(finished_runs):
    tree = finished_runs
    runs, histories = content(tree, "runs/**/run.json"), content(tree, "runs/**/history.csv")
    assert len(runs) == len(histories) == 4
    assert not content(tree, "weights/**/*")

    configure(tree, NORMS)
    planned = tree.planned()
    # Each job of two runs gives their weights; the figure that shows these runs is looked at again and kept.
    assert planned["train"] == planned["measure"] == 2
    assert planned["summarise_norms"] == planned["norms"] == 1
    assert not any(rule.startswith(("prepare", "corrupt", "describe")) for rule in planned)
    figure = content(tree, "summaries/fig1c/**/summary.csv")
    tree.snakemake()
    assert content(tree, "runs/**/run.json") == runs
    assert content(tree, "runs/**/history.csv") == histories
    assert content(tree, "summaries/fig1c/**/summary.csv") == figure
    assert not tree.planned()

    weights = [json.loads(text) for _, text in content(tree, "weights/**/weights.json").values()]
    trained = [json.loads(text) for _, text in runs.values()]
    assert [each["same_as_run"] for each in weights] == [True] * 4
    assert sorted(each["weights_sha256"] for each in weights) == sorted(
        each["weights_sha256"] for each in trained
    )
    table = pd.read_csv(tree.results / "tables" / "norms.csv")
    assert set(table["condition"]) == {"true_labels", "random_labels"}
    assert (table["norm"] > 0).all()
    assert len(table) == 4
    measured = next(iter(content(tree, "measurements/**/measurement.json").values()))
    assert [row["depth"] for row in json.loads(measured[1])["rows"]] == [1, 2]

    configure(tree, RUNS)
    planned = tree.planned()
    assert not planned["train"]
    assert not planned["measure"]
    configure(tree, NORMS)
    assert not tree.planned()["train"]

    configure(tree, LEARNED)
    planned = tree.planned()
    assert planned["train"] == 1
    assert not planned["measure"]
    tree.snakemake()
    assert content(tree, "runs/**/run.json") == runs
    traces = sorted(tree.results.glob("traces/learned/**/trace.json"))
    assert len(traces) == 2
    for trace in traces:
        assert json.loads(trace.read_text())["same_as_run"] is True
        assert np.load(trace.with_name("step.npy")).tolist() == [0, 3, 7, 14]
        assert np.load(trace.with_name("correct.npy")).shape == (4, 20)
    assert list(pd.read_csv(tree.results / "tables" / "learned.csv")) == ["seed", "step", "right"]
    assert tree.snakemake("--forceall", check=False).returncode == 0
    assert content(tree, "runs/**/run.json") == runs


def test_weights_that_are_lost_are_made_again_and_those_that_differ_are_told(tmp_path):
    tree = with_plugins(copy_project(tmp_path / "tree", NORMS))
    tree.snakemake()
    runs = content(tree, "runs/**/run.json")
    for path in (*content(tree, "weights/**/*.safetensors"), *content(tree, "runs/**/receipt*.json")):
        path.unlink()
    # The history of one run is that of another machine now: as far as this one can tell, it is whole.
    path, (_, text) = next(iter(runs.items()))
    altered = json.loads(text)
    altered["weights_sha256"] = "0" * 64
    del altered["sha256"]
    seal(path, altered)
    # Without force nothing would be trained: the weights are measured already.
    output = tree.snakemake("--forcerun", "train").stdout
    assert output.count("training again for") == 4
    assert output.count("training again has not led to exactly the same weights") == 1
    same = [json.loads(text)["same_as_run"] for _, text in content(tree, "weights/**/weights.json").values()]
    assert sorted(same) == [False, True, True, True]
    assert json.loads(path.read_text())["weights_sha256"] == "0" * 64


def seal(path: Path, result: dict) -> None:
    """Write a result with the hash of its content, as a job does."""
    result["sha256"] = hashlib.sha256(canonical(result).encode()).hexdigest()
    path.write_text(json.dumps(result))
