"""One job that trains a network with all seeds: each run is still a result of its own."""

import json

import pytest

from trees import Tree, copy_project, labels_place, run_place


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


RUN = run_place(noise=1)  # on random labels


def run_of(tree, seed: int) -> tuple[bytes, str]:
    folder = tree.result(RUN, seed)
    return (folder / "history.csv").read_bytes(), json.loads((folder / "run.json").read_text())[
        "weights_sha256"
    ]


def log_of(tree) -> str:
    return tree.log(RUN, "all").read_text()


def kept(tree, seed: int) -> bool:
    """Whether the last job found the run of a seed finished."""
    return f"seed-{seed}/run.json is there and whole: kept" in log_of(tree)


def test_the_runs_are_those_of_single_jobs(trained, finished):
    for seed in (0, 1):
        assert run_of(trained, seed) == run_of(finished, seed)


def test_what_is_finished_when_another_seed_fails_is_kept(tmp_path, finished):
    tree = together(tmp_path / "tree")
    labels = [(labels_place(), seed) for seed in (0, 1)]
    tree.snakemake(*tree.receipts(*labels))
    (tree.result(*labels[1]) / "train.npy").write_bytes(b"damaged")
    receipt = tree.receipt(RUN, 0)
    failed = tree.snakemake(receipt, check=False)
    assert failed.returncode != 0
    assert (tree.result(RUN, 0) / "run.json").exists()
    tree.mend(failed.stdout)
    tree.snakemake(receipt)
    assert kept(tree, 0)
    assert not kept(tree, 1)
    for seed in (0, 1):
        assert run_of(tree, seed) == run_of(finished, seed)


def test_a_seed_more_trains_that_seed_alone(trained, tmp_path):
    tree = trained.copied(tmp_path / "tree")
    tree.configure("seeds: [0, 1]", "seeds: [0, 1, 2]")
    assert tree.planned("fig1c")["train"] == 2
    tree.snakemake(tree.receipt(RUN, 2))
    assert kept(tree, 0)
    assert kept(tree, 1)
    assert not kept(tree, 2)
    assert run_of(tree, 0) == run_of(trained, 0)


def test_an_added_seed_that_fails_loses_no_other(trained, tmp_path):
    tree = trained.copied(tmp_path / "tree")
    tree.configure("seeds: [0, 1]", "seeds: [0, 1, 2]")
    tree.snakemake(tree.receipt(labels_place(), 2))
    (tree.result(labels_place(), 2) / "train.npy").write_bytes(b"damaged")
    assert tree.snakemake("fig1c", check=False).returncode != 0
    for seed in (0, 1):
        assert run_of(tree, seed) == run_of(trained, seed)
    # Without the seed again, everything is there: what Snakemake lost of receipts is written again.
    tree.configure("seeds: [0, 1, 2]", "seeds: [0, 1]")
    tree.snakemake("fig1c")
    assert run_of(tree, 0) == run_of(trained, 0)
    assert tree.planned("fig1c") == {}


def test_receipts_that_a_failing_job_deleted_are_written_again(trained, tmp_path):
    """The executor for SLURM deletes all outputs of a job that fails, those of earlier jobs included."""
    tree = trained.copied(tmp_path / "tree")
    (tree.result(RUN, 0) / "receipt.json").unlink()
    tree.snakemake(tree.receipt(RUN, 0))
    assert kept(tree, 0)
    assert kept(tree, 1)
    assert run_of(tree, 0) == run_of(trained, 0)
