"""One job that trains a network with all seeds: each run is still a result of its own."""

import json

import pytest

RUNS = "runs/digits/true/noise-1/mlp_1x512/none"


@pytest.fixture
def together(fresh):
    """A tree where nothing has run yet, and one job trains all seeds."""
    fresh.configure("execution: {gpu: 0,", "execution: {gpu: 0, seeds_together: true,")
    return fresh


def run_of(tree, seed: int) -> tuple[bytes, str]:
    folder = tree.results / RUNS / f"seed-{seed}"
    return (folder / "history.csv").read_bytes(), json.loads((folder / "run.json").read_text())[
        "weights_sha256"
    ]


def log_of(tree) -> str:
    return (tree.results / "logs" / RUNS / "seeds.log").read_text()


def test_the_runs_are_those_of_single_jobs(together, finished):
    assert together.planned("fig1c")["train"] == 2
    together.snakemake("fig1c")
    for seed in (0, 1):
        assert run_of(together, seed) == run_of(finished, seed)


def test_what_is_finished_when_another_seed_fails_is_kept(together, finished):
    labels = together.results / "data/digits/labels/noise-1/seed-1"
    together.snakemake(
        *(f"results/small/data/digits/labels/noise-1/seed-{seed}/manifest.json" for seed in (0, 1))
    )
    (labels / "train.npy").write_bytes(b"damaged")
    failed = together.snakemake(f"results/small/{RUNS}/seed-0/run.json", check=False)
    assert failed.returncode != 0
    together.mend(failed.stdout)
    together.snakemake(f"results/small/{RUNS}/seed-0/run.json")
    assert "seed-0/run.json is there" in log_of(together)
    assert "seed-1/run.json is there" not in log_of(together)
    for seed in (0, 1):
        assert run_of(together, seed) == run_of(finished, seed)


def test_a_seed_more_trains_that_seed_alone(together):
    together.snakemake(f"results/small/{RUNS}/seed-0/run.json")
    together.configure("seeds: [0, 1]", "seeds: [0, 1, 2]")
    before = run_of(together, 0)
    together.snakemake(f"results/small/{RUNS}/seed-2/run.json")
    said = log_of(together)
    assert all(f"seed-{seed}/run.json is there" in said for seed in (0, 1))
    assert "seed-2/run.json is there" not in said
    assert run_of(together, 0) == before


def test_a_finished_run_that_a_failing_job_deleted_is_taken_back(together):
    """The executor for SLURM deletes all outputs of a job that fails, those of earlier jobs included."""
    target = f"results/small/{RUNS}/seed-0/run.json"
    together.snakemake(target)
    before = run_of(together, 0)
    for name in ("run.json", "history.csv"):
        (together.results / RUNS / "seed-0" / name).unlink()
    together.snakemake(target)
    assert "seed-0/run.json is there" in log_of(together)
    assert run_of(together, 0) == before
