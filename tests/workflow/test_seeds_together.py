"""One job that trains a network with all seeds: each run is still a result of its own."""

import json

import pytest

from trees import Tree, copy_project, labels_folder, run_folder


def together(folder) -> Tree:
    """A tree where nothing has run yet, and one job trains all seeds."""
    tree = copy_project(folder)
    tree.configure("execution: {gpu: 0,", "execution: {gpu: 0, seeds_together: true,")
    return tree


@pytest.fixture(scope="module")
def trained(made_once):
    """The runs of figure 1c; tests must not change them."""

    def make(folder):
        tree = together(folder)
        assert tree.planned("fig1c")["train"] == 2
        tree.snakemake("fig1c")

    return made_once("together", make)


def result(seed: int) -> str:
    """A run on random labels, from the tree's folder."""
    return f"results/small/{run_folder(noise=1, seed=seed)}/run.json"


def run_of(tree, seed: int) -> tuple[bytes, str]:
    made = tree.folder / result(seed)
    return made.with_name("history.csv").read_bytes(), json.loads(made.read_text())["weights_sha256"]


def log_of(tree) -> str:
    return (tree.results / "logs" / run_folder(noise=1)).with_name("seeds.log").read_text()


def test_the_runs_are_those_of_single_jobs(trained, finished):
    for seed in (0, 1):
        assert run_of(trained, seed) == run_of(finished, seed)


def test_what_is_finished_when_another_seed_fails_is_kept(tmp_path, finished):
    tree = together(tmp_path / "tree")
    labels = [f"results/small/{labels_folder(seed=seed)}" for seed in (0, 1)]
    tree.snakemake(*(f"{folder}/manifest.json" for folder in labels))
    (tree.folder / labels[1] / "train.npy").write_bytes(b"damaged")
    failed = tree.snakemake(result(0), check=False)
    assert failed.returncode != 0
    tree.mend(failed.stdout)
    tree.snakemake(result(0))
    assert "seed-0/run.json is there" in log_of(tree)
    assert "seed-1/run.json is there" not in log_of(tree)
    for seed in (0, 1):
        assert run_of(tree, seed) == run_of(finished, seed)


def test_a_seed_more_trains_that_seed_alone(trained, tmp_path):
    tree = trained.copied(tmp_path / "tree")
    tree.configure("seeds: [0, 1]", "seeds: [0, 1, 2]")
    tree.snakemake(result(2))
    said = log_of(tree)
    assert all(f"seed-{seed}/run.json is there" in said for seed in (0, 1))
    assert "seed-2/run.json is there" not in said
    assert run_of(tree, 0) == run_of(trained, 0)


def test_a_finished_run_that_a_failing_job_deleted_is_taken_back(trained, tmp_path):
    """The executor for SLURM deletes all outputs of a job that fails, those of earlier jobs included."""
    tree = trained.copied(tmp_path / "tree")
    for name in ("run.json", "history.csv"):
        (tree.folder / result(0)).with_name(name).unlink()
    tree.snakemake(result(0))
    assert "seed-0/run.json is there" in log_of(tree)
    assert run_of(tree, 0) == run_of(trained, 0)
