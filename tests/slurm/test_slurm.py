"""The workflow on a real Slurm: jobs that end, fail, are cancelled, requeued and timed out."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from submitted import PLACE, one_by_one, wait_for

from trees import Tree

HERE = Path(__file__).parent

COMPARED = (
    *("runs/**/history.csv", "weights/**/weights.safetensors"),
    *("figures/*.csv", "figures/*.png", "tables/table1.*", "scorecard.csv"),
)


def made(tree) -> tuple:
    """What a run has found; what it was measured at on the way differs."""
    folder = tree.result(PLACE, 0)
    result = json.loads((folder / "run.json").read_text())
    return (folder / "history.csv").read_bytes(), result["weights_sha256"], result["final"]


def last(cluster, epochs: int) -> None:
    """Let runs have so many epochs, of 0.07 seconds each or more."""
    cluster.put("networks", "spy", "epochs", value=epochs)


@pytest.fixture(scope="module")
def undisturbed(whole) -> tuple:
    """The run of the tests below, made by this machine without a cluster."""
    return made(whole)


def contents(tree: Tree, pattern: str) -> dict[str, list[bytes]]:
    """The lines of each result but those of what a job measured of itself."""
    measured = (b",seconds,", b",peak_memory_bytes,")
    return {
        str(path.relative_to(tree.results)): [
            line for line in path.read_bytes().splitlines() if not any(name in line for name in measured)
        ]
        for path in tree.results.glob(pattern)
    }


@pytest.fixture(scope="module")
def out_of_time(slurm, submitter, tmp_path_factory):
    """A call whose job has a minute, and one attempt more; it runs beside the first test."""
    tree = one_by_one(tmp_path_factory.mktemp("time") / "tree", submitter)
    tree.put("execution", "gpu", value=0)
    last(tree, 1000)
    receipt = tree.spied()
    call = tree.start(str(receipt), "--set-resources", "train:runtime=2*attempt-1")
    yield tree, call, receipt
    call.kill()
    tree.cancel()


def test_everything_is_the_same_bytes_as_on_this_machine(out_of_time, submitter, whole, tmp_path):
    cluster = whole.copied(tmp_path / "cluster")
    cluster.submitter = submitter
    for name in ("results", ".snakemake"):
        shutil.rmtree(cluster.folder / name)
    for path in cluster.folder.glob("gpu-*.json"):
        path.unlink()
    # Four jobs have four GPUs, and small jobs do not wait in the queue.
    done = cluster.submit("fig1c")
    assert done.stdout.count("has been submitted") == 4  # training; all else is local
    spans = [json.loads(path.read_text()) for path in cluster.folder.glob("gpu-*.json")]
    assert len(spans) == 8  # each job trains two seeds
    for one in spans:
        assert one["gpus"] in set("0123")
        for other in spans:
            together = one["from"] < other["to"] and other["from"] < one["to"]
            assert one["job"] == other["job"] or not together or one["gpus"] != other["gpus"]
    assert len({span["gpus"] for span in spans}) == 4
    assert cluster.submit("fig1c").stdout.count("Nothing to be done") == 1
    cluster.submit()
    assert cluster.planned() == Counter()
    for pattern in COMPARED:
        assert contents(whole, pattern)
        assert contents(cluster, pattern) == contents(whole, pattern)


def test_a_job_that_runs_out_of_time_is_given_more_and_goes_on(out_of_time):
    tree, call, receipt = out_of_time
    output = call.communicate(timeout=600)[0]
    assert call.returncode == 0, output
    log = tree.log_of(receipt).read_text()
    assert "going on from" in log
    assert "epoch 1000 of 1000" in log
    assert output.count("has been submitted") == 2


def test_a_job_that_fails_shows_its_log_and_a_finished_run_survives_a_job_that_is_cancelled(
    cluster, undisturbed
):
    labels, target = cluster.receipts(("data/digits/labels/noise-0", None), (PLACE, 0))
    cluster.snakemake(labels)
    (cluster.folder / labels).with_name("train.npy").write_bytes(b"damaged")
    failed = cluster.submit(target, "--retries", "0", check=False)
    assert failed.returncode != 0
    assert "train.npy: truncated or altered since it was made" in failed.stdout
    # The command that is named mends it.
    assert cluster.mend(failed.stdout)
    cluster.submit(target)
    assert made(cluster) == undisturbed
    # Before a job begins, and again after it has failed, its declared outputs are deleted: the receipt.
    call = cluster.start(target, "--force", "--retries", "0")
    subprocess.run(["scancel", cluster.running()], check=True)
    output = call.communicate(timeout=300)[0]
    assert call.returncode != 0, output
    assert "Error in rule train" in output
    assert not (cluster.folder / target).exists()
    assert made(cluster) == undisturbed
    cluster.submit(target)
    log = cluster.log_of(Path(target)).read_text()
    assert "run.json is there and whole: kept" in log
    assert "epoch" not in log
    assert made(cluster) == undisturbed


def test_a_job_that_is_taken_away_goes_on_from_its_checkpoint(cluster, undisturbed):
    target = cluster.spied()
    call, log = cluster.start(str(target)), cluster.log_of(target)
    wait_for("epoch  20 of 100", log)
    first = cluster.running()
    subprocess.run(["scancel", first], check=True)
    wait_for("epoch  60 of 100", log)
    second = cluster.running()
    subprocess.run(["scontrol", "requeue", second], check=True)
    output = call.communicate(timeout=300)[0]
    assert call.returncode == 0, output
    assert first != second  # Snakemake has submitted it again; the requeued one keeps its number
    assert output.count("has been submitted") == 2
    assert "going on from" in log.read_text()
    assert made(cluster) == undisturbed
    folder = cluster.result(PLACE, 0)
    epochs = json.loads((folder / "run.json").read_text())["measured"]["epochs"]
    assert 0 < epochs <= 41
    assert not (folder / "checkpoint.pt").exists()


def test_a_job_whose_code_is_edited_while_it_waits_in_the_queue_makes_nothing(cluster):
    before = cluster.spied()
    # All GPUs are taken by somebody else.
    other = ["sbatch", "--parsable", "--gpus=4", "--output=/dev/null", "--wrap", "sleep 600"]
    number = subprocess.run(other, cwd="/tmp", check=True, capture_output=True, text=True).stdout.strip()
    try:
        call = cluster.start(str(before), "--retries", "0")
        deadline = time.time() + 120
        while not cluster.jobs("-t", "PENDING"):
            assert time.time() < deadline, "no job waits"
            time.sleep(0.2)
        cluster.edit("plugins/spy.py", "nn.Flatten(), ", "nn.Flatten(), nn.Identity(), ")
    finally:
        subprocess.run(["scancel", number], check=True)
    output = call.communicate(timeout=300)[0]
    assert call.returncode != 0, output
    assert not (cluster.folder / before).with_name("run.json").exists()
    logs = cluster.folder.glob(".snakemake/slurm_logs/**/*.log")
    assert "the settings and code of now make no result with this stamp" in "".join(
        path.read_text() for path in logs
    )
    after = cluster.spied()
    assert after != before
    cluster.submit(str(after))
    assert (cluster.folder / after).with_name("run.json").exists()


def test_a_controller_that_is_restarted_is_not_noticed(cluster, slurm, undisturbed):
    target = cluster.spied()
    run = cluster.start(str(target))
    wait_for("epoch  20 of 100", cluster.log_of(target))
    controller = int((slurm / "run/slurmctld.process").read_text().split()[0])
    os.kill(controller, signal.SIGKILL)
    time.sleep(5)
    subprocess.run([HERE / "start-local-slurm", slurm], check=True, timeout=120, stdout=subprocess.DEVNULL)
    output = run.communicate(timeout=300)[0]
    assert run.returncode == 0, output
    assert made(cluster) == undisturbed


def test_after_snakemake_was_killed_its_jobs_are_named_and_nothing_is_made_twice(cluster):
    last(cluster, 400)  # long enough to be found by the second call
    receipt = cluster.spied()
    target, log = str(receipt), cluster.log_of(receipt)
    run = cluster.start(target)
    wait_for("epoch  20 of 400", log)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    number = cluster.running()
    cluster.snakemake("--unlock")
    refused = cluster.submit(target, check=False)
    assert refused.returncode != 0
    assert f"scancel {number}" in refused.stdout
    assert "has been submitted" not in refused.stdout
    subprocess.run(["scancel", number], check=True)
    wait_for("its state is kept", log)
    while cluster.jobs():
        time.sleep(0.5)
    cluster.submit(target)
    assert "going on from" in log.read_text()
    assert "epoch 400 of 400" in log.read_text()


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
    refused = cluster.submit(cluster.receipt(PLACE, 0), "--set-resources", f"train:{ask}", check=False)
    assert refused.returncode != 0
    assert said.lower() in refused.stdout.lower()
    assert "Traceback" not in refused.stdout
    assert not cluster.results.joinpath("data").exists()


def test_a_controller_that_does_not_answer(cluster, slurm):
    controller = int((slurm / "run/slurmctld.process").read_text().split()[0])
    os.kill(controller, signal.SIGKILL)
    try:
        refused = cluster.submit(cluster.receipt(PLACE, 0), check=False)
    finally:
        subprocess.run(
            [HERE / "start-local-slurm", slurm], check=True, timeout=120, stdout=subprocess.DEVNULL
        )
    assert refused.returncode != 0
    assert "SLURM's controller does not answer" in refused.stdout
    assert not cluster.results.joinpath("data").exists()
