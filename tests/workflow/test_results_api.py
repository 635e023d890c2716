"""Finished results in a notebook: frames hold what was written, a run gives its network and data."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from measured import BOTH, RUNS, with_plugins
from trees import Tree, copy_project

HERE = Path(__file__).parents[2]
README = (HERE / "README.md").read_text()
(SHOWN,) = [block for block in re.findall(r"```python\n(.*?)```", README, re.S) if "open_results" in block]


def python(tree, code, check=True):
    """Run code as a notebook in the project's folder would."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tree.folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tree.folder / "src"), *extra_paths()])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 or not check, done.stderr
    return done


def extra_paths():
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> Tree:
    """Four runs with their weights, a measurement and a trace; tests must not change it."""
    tree = with_plugins(copy_project(tmp_path_factory.mktemp("measured"), BOTH))
    tree.snakemake()
    return tree


OPEN = """
from rethinking_results.open import open_results
results = open_results("config/small.yaml")
"""


def test_a_run_that_is_not_there_yet_is_trained_once_with_all_that_is_asked(measured):
    tree = measured
    logs = [path.read_text() for path in tree.results.glob("logs/runs/**/*.log")]
    assert logs
    assert not any("training again" in log for log in logs)
    assert len(list(tree.results.glob("runs/**/run.json"))) == 4
    assert len(list(tree.results.glob("weights/**/weights.safetensors"))) == 4
    assert len(list(tree.results.glob("traces/**/correct.npy"))) == 2


def test_the_lines_of_the_readme_run(measured):
    code = SHOWN.replace("config/demo.yaml", "config/small.yaml")
    assert code != SHOWN
    assert "mlp_1x512" in python(measured, code).stdout


def test_a_network_and_its_data_come_back_as_they_were(measured):
    code = f"""{OPEN}
import os
from rethinking.evaluation import evaluate

os.chdir("/")  # a notebook may go elsewhere
for seed in (0, 1):
    for condition in ("true_labels", "random_labels"):
        run = results.run(network="mlp_1x512", condition=condition, seed=seed)
        network, (train, test) = run.network(), run.data()
        assert not network.training
        last = run.history.iloc[-1]
        for split, name in ((train, "train"), (test, "test")):
            loss, accuracy = evaluate(network, *split)
            assert accuracy == last[f"{{name}}_accuracy"] == run.result["final"][f"{{name}}_accuracy"]
            assert abs(loss - last[f"{{name}}_loss"]) < 1e-6
trace = results.run(condition="random_labels", seed=1).trace("learned")
assert trace["correct"].shape == (4, 20)
print("as they were")
"""
    assert python(measured, code).stdout == "as they were\n"


def test_frames_hold_every_finished_run_and_what_is_left_out_is_not_there(measured):
    code = f"""{OPEN}
runs, histories = results.runs(), results.histories()
print(len(runs), len(histories), len(results.systems()))
print(sorted(set(runs["condition"])), sorted(set(runs["seed"])), set(runs["verdict"]))
print(histories.groupby(["condition", "seed"])["epoch"].max().tolist())
print(list(results.scorecard())[:3])
assert runs["path"].str.startswith("/").all()
"""
    assert python(measured, code).stdout.splitlines() == [
        "4 8 0",
        "['random_labels', 'true_labels'] [0, 1] {'finished'}",
        "[2, 2, 2, 2]",
        "['kind', 'source', 'item']",
    ]


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ('network="mlp"', "no run has network 'mlp'; there are network: mlp_1x512"),
        (
            'network="mlp_1x512", seed=0',
            "2 runs have network 'mlp_1x512', seed 0; there are condition: random_labels, true_labels; "
            "label_noise: 0.0, 1.0",
        ),
        ("net=1", "no coordinate net; known: dataset, condition, images, labels, label_noise, network"),
    ],
)
def test_a_run_that_is_not_told_apart_is_explained(measured, asked, problem):
    done = python(measured, f"{OPEN}\nresults.run({asked})", check=False)
    assert done.returncode == 1
    assert problem in done.stderr


def test_weights_that_were_not_kept_are_explained(measured, tmp_path):
    shutil.copytree(measured.folder, tmp_path / "tree")
    tree = Tree(tmp_path / "tree")
    shutil.rmtree(tree.results / "weights")
    done = python(tree, f"{OPEN}\nresults.run(condition='true_labels', seed=0).network()", check=False)
    assert "Set execution.keep_weights to shown, or to all, and run Snakemake again" in done.stderr


def test_results_that_are_not_there_yet_are_left_out(tmp_path):
    tree = with_plugins(copy_project(tmp_path / "tree", RUNS))
    code = f"{OPEN}\nprint(len(results.runs()), len(results.histories()), len(results.systems()))\n"
    assert python(tree, code).stdout == "0 0 0\n"
    done = python(tree, f"{code}\nresults.run(condition='true_labels', seed=0)", check=False)
    assert "is not finished; make it with snakemake" in done.stderr
