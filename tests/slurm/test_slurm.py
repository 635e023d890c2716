"""The workflow on a real Slurm: jobs that end, fail, are cancelled, requeued and timed out."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from submitted import SlurmTree, job_number, wait_for
from trees import HERE as ROOT
from trees import TRACKED, Tree

HERE = Path(__file__).parent

RUN = "runs/digits/true/noise-0/spy/none/seed-0"
TARGET = f"results/small/{RUN}/run.json"


def made(tree, run: str = RUN) -> tuple:
    """What a run has found; what it was measured at on the way differs."""
    folder = tree.results / run
    result = json.loads((folder / "run.json").read_text())
    return (folder / "history.csv").read_bytes(), result["weights_sha256"], result["final"]


def last(cluster, epochs: int) -> None:
    """Let runs have so many epochs, of 0.07 seconds each or more."""
    config = yaml.safe_load((cluster.folder / "config/small.yaml").read_text())
    config["networks"]["spy"]["epochs"] = epochs
    (cluster.folder / "config/small.yaml").write_text(yaml.safe_dump(config))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The run of the tests below, made by this machine without a cluster."""
    tree = None

    def of(cluster) -> tuple:
        nonlocal tree
        if tree is None:
            tree = Tree(tmp_path_factory.mktemp("local") / "tree")
            shutil.copytree(
                cluster.folder, tree.folder, ignore=shutil.ignore_patterns("results", ".snakemake")
            )
            tree.snakemake(TARGET)
        return made(tree)

    return of


def test_four_jobs_have_four_gpus_and_small_jobs_do_not_wait_in_the_queue(cluster, undisturbed):
    done = cluster.submit("fig1c")
    assert made(cluster) == undisturbed(cluster)
    assert done.stdout.count("has been submitted") == 4  # training; all else is local
    spans = [json.loads(path.read_text()) for path in cluster.folder.glob("gpu-*.json")]
    assert len(spans) == 4
    for one in spans:
        assert one["gpus"] in set("0123")
        for other in spans:
            together = one["from"] < other["to"] and other["from"] < one["to"]
            assert one is other or not together or one["gpus"] != other["gpus"]
    assert len({span["gpus"] for span in spans}) == 4
    assert cluster.submit("fig1c").stdout.count("Nothing to be done") == 1


def test_a_job_that_fails_shows_its_log_and_the_named_command_mends_it(cluster, undisturbed):
    array = cluster.results / "data/digits/labels/noise-0/train.npy"
    cluster.submit("results/small/data/digits/images/true/manifest.json")
    array.write_bytes(b"damaged")
    failed = cluster.submit(TARGET, "--retries", "0", check=False)
    assert failed.returncode != 0
    assert "noise-0/train.npy: truncated or altered since it was made" in failed.stdout
    assert cluster.mend(failed.stdout)
    cluster.submit(TARGET)
    assert made(cluster) == undisturbed(cluster)


def test_a_finished_run_survives_a_job_that_fails_before_it_begins(cluster):
    cluster.submit(TARGET)
    before = made(cluster)
    cluster.edit("workflow/scripts/train.py", "import csv\n", "import csv\nimport no_such_module\n")
    failed = cluster.submit(TARGET, "--forcerun", "train", "--retries", "0", check=False)
    assert failed.returncode != 0
    assert "Error in rule train" in failed.stdout
    cluster.edit("workflow/scripts/train.py", "import no_such_module\n", "")
    cluster.submit(TARGET)
    log = (cluster.results / "logs" / f"{RUN}.log").read_text()
    assert "run.json is there" in log
    assert "epoch" not in log
    assert made(cluster) == before


@pytest.mark.parametrize("how", ["scancel", "scontrol requeue"])
def test_a_job_that_is_taken_away_goes_on_from_its_checkpoint(cluster, undisturbed, how):
    run = cluster.start(TARGET)
    log = cluster.results / "logs" / f"{RUN}.log"
    wait_for("epoch  20 of 200", log)
    subprocess.run([*how.split(), job_number()], check=True)
    output = run.communicate(timeout=300)[0]
    assert run.returncode == 0, output
    assert "going on from" in log.read_text()
    assert made(cluster) == undisturbed(cluster)
    epochs = json.loads((cluster.folder / TARGET).read_text())["measured"]["epochs"]
    assert 0 < epochs <= 181
    assert not (cluster.results / RUN / "checkpoint.pt").exists()


def test_a_job_that_runs_out_of_time_is_given_more_and_goes_on(cluster):
    last(cluster, 1000)
    done = cluster.submit(TARGET, "--set-resources", "train:runtime=2*attempt-1")
    log = (cluster.results / "logs" / f"{RUN}.log").read_text()
    assert "going on from" in log
    assert "epoch 1000 of 1000" in log
    assert done.stdout.count("has been submitted") == 2


def test_a_controller_that_is_restarted_is_not_noticed(cluster, slurm, undisturbed):
    run = cluster.start(TARGET)
    wait_for("epoch  20 of 200", cluster.results / "logs" / f"{RUN}.log")
    controller = int((slurm / "run/slurmctld.process").read_text().split()[0])
    os.kill(controller, signal.SIGKILL)
    time.sleep(5)
    subprocess.run([HERE / "start-local-slurm", slurm], check=True, timeout=120, stdout=subprocess.DEVNULL)
    output = run.communicate(timeout=300)[0]
    assert run.returncode == 0, output
    assert made(cluster) == undisturbed(cluster)


def test_after_snakemake_was_killed_its_jobs_are_named_and_nothing_is_made_twice(cluster):
    last(cluster, 600)  # long enough to be found by the second call
    run = cluster.start(TARGET)
    log = cluster.results / "logs" / f"{RUN}.log"
    wait_for("epoch  20 of 600", log)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    number = job_number()
    cluster.snakemake("--unlock")
    refused = cluster.submit(TARGET, check=False)
    assert refused.returncode != 0
    assert f"scancel {number}" in refused.stdout
    assert "has been submitted" not in refused.stdout
    subprocess.run(["scancel", number], check=True)
    wait_for("its state is kept", log)
    while subprocess.run(["squeue", "-h", "-o", "%A"], capture_output=True).stdout.strip():
        time.sleep(0.5)
    cluster.submit(TARGET)
    assert "going on from" in log.read_text()
    assert "epoch 600 of 600" in log.read_text()


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ("slurm_partition=gpuu", "Invalid partition name specified"),
        ("slurm_account=nobody", "root has no account nobody, but"),
        ("gpu_model=h300", "Requested node configuration is not available"),
        ("mem_mb=99999999", "not available"),
        ("slurm_partiton=main", "no resource is called slurm_partiton: did you mean slurm_partition?"),
    ],
)
def test_what_no_node_can_give_is_said_before_anything_is_computed(cluster, ask, said):
    refused = cluster.submit(TARGET, "--set-resources", f"train:{ask}", check=False)
    assert refused.returncode != 0
    assert said.lower() in refused.stdout.lower()
    assert "Traceback" not in refused.stdout
    assert not cluster.results.joinpath("data").exists()


def test_a_controller_that_does_not_answer(cluster, slurm):
    controller = int((slurm / "run/slurmctld.process").read_text().split()[0])
    os.kill(controller, signal.SIGKILL)
    try:
        refused = cluster.submit(TARGET, check=False)
    finally:
        subprocess.run(
            [HERE / "start-local-slurm", slurm], check=True, timeout=120, stdout=subprocess.DEVNULL
        )
    assert refused.returncode != 0
    assert "SLURM's controller does not answer" in refused.stdout
    assert not cluster.results.joinpath("data").exists()


def test_the_demo_is_the_same_bytes_as_on_this_machine(slurm, submitter, tmp_path):
    here = ROOT / "results/demo"
    if not (here / "scorecard.csv").exists():
        pytest.skip("the demo has not been run here: make demo")
    tree = SlurmTree(tmp_path / "demo")
    tree.folder.mkdir()
    for name in TRACKED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, tree.folder / name)
    shutil.copy2(tree.folder / "config/demo.yaml", tree.folder / "config/small.yaml")
    tree.python = submitter
    tree.submit()
    there = tree.folder / "results/demo"

    def files(folder: Path, pattern: str) -> dict[str, list[bytes]]:
        """The lines of each file but those of what a job measured of itself."""
        measured = (b",seconds,", b",peak_memory_bytes,")
        return {
            str(path.relative_to(folder)): [
                line for line in path.read_bytes().splitlines() if not any(name in line for name in measured)
            ]
            for path in folder.rglob(pattern)
        }

    for pattern in ("history.csv", "figures/*.csv", "figures/*.png", "table1.html", "scorecard.csv"):
        assert files(there, pattern)
        assert files(there, pattern) == files(here, pattern)
