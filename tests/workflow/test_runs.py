"""The workflow for real: outputs, bad inputs, damaged artefacts, interruptions."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from trees import HERE, copy_project, labels_place, run_place

RUN = run_place()


def test_the_results_tree_is_as_documented(finished):
    assert {path.name for path in finished.results.iterdir()} == {
        "data", "runs", "summaries", "figures", "tables", "logs", "benchmarks", "scorecard", "scorecard.csv",
        "scorecard.html", "provenance", "provenance.html",
    }  # fmt: skip
    figures = {path.name for path in (finished.results / "figures").iterdir() if path.is_file()}
    assert figures == {f"fig1{x}.{form}" for x in "abc" for form in ("pdf", "png", "csv")}
    tables = {path.name for path in (finished.results / "tables").iterdir() if path.is_file()}
    assert tables == {f"table1.{form}" for form in ("html", "tex", "csv")}
    assert (finished.results / "figures/fig1a.png").read_bytes().startswith(b"\x89PNG")
    assert (finished.results / "figures/fig1a.pdf").read_bytes().startswith(b"%PDF")
    run = finished.result(RUN, 0)
    assert {path.name for path in run.iterdir()} == {"run.json", "history.csv", "receipt.json"}


def test_a_result_says_what_made_it(finished):
    folder = finished.result(RUN, 0)
    result = json.loads((folder / "run.json").read_text())
    assert result["spec"]["recipe"]["learning_rate"] == 0.01
    assert result["spec"]["recipe"]["epochs"] == 2
    assert result["spec"]["recipe"]["update_options"]["momentum"] == 0.9
    assert result["parameters"] == 49 * 51 + 51 + 51 * 10 + 10
    assert result["verdict"] == "finished"
    assert result["stamp"] == folder.parent.name
    assert result["seed"] == 0
    assert len(result["code"]) == len(result["stamp"]) == 16
    assert result["device"] == "cpu"
    assert {"torch", "numpy", "python"} <= set(result["versions"])
    with open(folder / "history.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[1]["test_accuracy"]) == result["final"]["test_accuracy"]
    assert float(rows[1]["learning_rate"]) == pytest.approx(0.01 * 0.95)


def test_a_page_is_a_copy_of_a_result(finished):
    for place in ("figures/fig1a", "tables/table1"):
        result = finished.result(place)
        kept = {path.read_bytes() for path in result.iterdir()}
        pages = list(finished.results.glob(f"{place}.*"))
        assert len(pages) == 3
        assert all(path.read_bytes() in kept for path in pages)
        assert [path.name for path in (finished.results / place / "pages").iterdir()] == [result.name]


def test_corrupted_labels_are_stored_with_their_hash_and_seed(finished):
    content = json.loads((finished.result(labels_place(0.5), 1) / "manifest.json").read_text())
    assert content["seed"] == 1
    assert content["spec"]["label_noise"] == 0.5
    assert {len(array["sha256"]) for array in content["arrays"].values()} == {64}


def test_the_same_run_again_is_the_same_bytes(tree):
    folder = tree.result(RUN, 0)
    history = (folder / "history.csv").read_bytes()
    shutil.rmtree(folder)
    tree.snakemake(str((folder / "receipt.json").relative_to(tree.folder)))
    assert (folder / "history.csv").read_bytes() == history


def test_every_picture_and_number_is_the_same_when_made_again(tree):
    made = [p for kind in ("figures", "tables") for p in (tree.results / kind).iterdir() if p.is_file()]
    before = {path: path.read_bytes() for path in [*made, tree.results / "scorecard.html"]}
    for folder in ("figures", "tables", "summaries", "scorecard"):
        shutil.rmtree(tree.results / folder)
    tree.snakemake()
    assert {path: path.read_bytes() for path in before} == before


def receipt_of(tree, folder):
    """What Snakemake is asked for to make a result that is there."""
    return str((folder / "receipt.json").relative_to(tree.folder))


def test_a_damaged_array_stops_the_run_and_the_named_command_mends_it(tree):
    run, array = tree.result(run_place(noise=1), 0), tree.result(labels_place(), 0) / "train.npy"
    content = array.read_bytes()
    flipped = content[:-1] + bytes([content[-1] ^ 1])
    for damaged, word in (
        (content[:-9], "truncated or altered"),
        (flipped, "truncated or altered"),
        (None, "missing"),
    ):
        shutil.rmtree(run, ignore_errors=True)
        array.unlink()
        if damaged is not None:
            array.write_bytes(damaged)
        failed = tree.snakemake(receipt_of(tree, run), check=False)
        assert failed.returncode == 1
        assert word in failed.stdout
        assert str(array.relative_to(tree.folder)) in failed.stdout
        assert "Traceback" not in failed.stdout
        tree.mend(failed.stdout)
        assert array.read_bytes() == content
    tree.snakemake(receipt_of(tree, run))


def test_a_summary_reads_no_run_of_another_configuration(tree):
    # As after a run that was copied here from elsewhere.
    first, other = tree.result(RUN, 0), tree.result(RUN, 1)
    for name in ("run.json", "history.csv"):
        shutil.copy(other / name, first / name)
    shutil.rmtree(tree.results / "summaries/fig1c")
    failed = tree.snakemake(tree.receipt("summaries/fig1c"), check=False)
    assert failed.returncode == 1
    assert "made by another specification or other code" in failed.stdout
    assert f"--force {receipt_of(tree, first)}" in failed.stdout


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("history.csv", "0.", "0.9", "history.csv: missing, truncated or altered"),
        ("run.json", '"parameters": 3', '"parameters": 4', "run.json: altered since it was made"),
    ],
)
def test_an_altered_run_is_refused_and_made_again_by_the_named_command(tree, name, old, new, problem):
    path = tree.result(RUN, 0) / name
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new, 1))
    shutil.rmtree(tree.results / "summaries/fig1c")
    summary = tree.receipt("summaries/fig1c")
    failed = tree.snakemake(summary, check=False)
    assert failed.returncode == 1
    assert problem in failed.stdout
    tree.mend(failed.stdout)
    tree.snakemake(summary)
    assert path.read_text() == content or name == "run.json"


def test_a_damaged_summary_is_not_drawn(tree):
    summary = tree.result("summaries/fig1b") / "summary.csv"
    content = summary.read_text()
    other = (tree.result("summaries/fig1c") / "summary.csv").read_text()
    for damaged in (content[:300], other, content.replace("0.", "0.1", 1)):
        shutil.rmtree(tree.results / "figures/fig1b", ignore_errors=True)
        summary.write_text(damaged)
        failed = tree.snakemake("fig1b", check=False)
        assert failed.returncode == 1
        assert f"{summary.relative_to(tree.folder)}: missing, truncated or altered" in failed.stdout
    tree.mend(failed.stdout)
    assert summary.read_text() == content
    tree.snakemake("fig1b")


def runs_of(tree):
    return {path: path.read_bytes() for path in tree.results.glob("runs/**/*.*") if path.is_file()}


def test_a_slip_in_the_code_loses_no_finished_run(tree):
    before = runs_of(tree)
    tree.edit("src/rethinking/training.py", "history: list[Epoch] = []", "history: list[Epoch] = [][0]")
    assert tree.snakemake("fig1c", check=False).returncode == 1
    tree.edit("src/rethinking/training.py", "history: list[Epoch] = [][0]", "history: list[Epoch] = []")
    # Its page alone was removed, because it showed another result than that of the code with the slip.
    assert tree.planned("fig1c") == Counter(["fig1c"])
    assert {path: content for path, content in runs_of(tree).items() if path in before} == before


def test_a_training_that_failed_is_planned_again_and_loses_nothing(tree):
    before = runs_of(tree)
    labels = tree.result(labels_place(0)) / "train.npy"
    content = labels.read_bytes()
    labels.write_bytes(b"damaged")
    tree.configure("epochs: 2}", "epochs: 2, learning_rate: 0.5}")
    receipt = tree.receipt(RUN, 0)
    assert tree.snakemake(receipt, check=False).returncode == 1
    labels.write_bytes(content)
    assert tree.planned(receipt) == Counter(train=1)
    tree.configure("epochs: 2, learning_rate: 0.5}", "epochs: 2}")
    assert tree.planned(tree.receipt(RUN, 0)) == Counter()
    assert {path: content for path, content in runs_of(tree).items() if path in before} == before


def test_code_that_is_edited_while_a_job_waits_makes_nothing_under_the_stamp_of_before(fresh):
    """The job before the run edits the module of the network, after the run was planned."""
    fresh.edit(
        "workflow/scripts/prepare.py",
        "with logged(",
        "from pathlib import Path\n"
        "edited = Path('src/rethinking/networks/mlp.py')\n"
        "edited.write_text(edited.read_text().replace('scaled(512, width)', 'scaled(500, width)'))\n\n"
        "with logged(",
    )
    receipt = fresh.receipt(RUN, 0)
    failed = fresh.snakemake(receipt, check=False)
    assert failed.returncode == 1
    assert "mlp.py changed after this job was planned" in failed.stdout
    assert "Nothing is written; give the same command again" in failed.stdout
    assert "Traceback" not in failed.stdout
    assert not list(fresh.results.rglob("run.json"))
    # The command that named the result of before names nothing any more; the run of now is another.
    assert fresh.receipt(RUN, 0) != receipt
    fresh.snakemake(fresh.receipt(RUN, 0))
    assert json.loads((fresh.result(RUN, 0) / "run.json").read_text())["parameters"] == 49 * 50 + 50 + 510


def test_a_damaged_manifest_loses_no_finished_run(tree):
    before = runs_of(tree)
    manifest = tree.result("data/digits/images/true") / "manifest.json"
    manifest.write_text(manifest.read_text()[:50])
    tree.configure("epochs: 2}", "epochs: 3}")
    receipt = tree.receipt(RUN, 0)
    failed = tree.snakemake(receipt, check=False)
    assert failed.returncode == 1
    assert "truncated or altered" in failed.stdout
    tree.mend(failed.stdout)
    tree.snakemake(receipt)
    assert {path: content for path, content in runs_of(tree).items() if path in before} == before


def test_the_commands_of_the_readme_can_be_given(fresh):
    readme = (HERE / "README.md").read_text()
    shell = [line for block in re.findall(r"```sh\n(.*?)```", readme, re.S) for line in block.splitlines()]
    examples = re.findall(r"```yaml\n(# (\w+\.yaml)\n.*?)```", readme, re.S)
    assert len(examples) == readme.count("```yaml")
    for example, name in examples:
        (fresh.folder / name).write_text(example)
    commands = [line.split("#")[0].split() for line in shell if line.startswith("snakemake")]
    commands += [command.split() for command in re.findall(r"`(snakemake [^`]+)`", readme)]
    # What submits is not in this environment; tests/slurm has the same calls.
    commands = [command for command in commands if "profiles/slurm" not in command]
    assert len(commands) >= 6
    for command in {" ".join(command): command for command in commands}.values():
        done = subprocess.run(
            [sys.executable, "-m", *command, "--dry-run"],
            cwd=fresh.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (command, done.stdout + done.stderr)


def test_a_run_that_diverges_is_a_result(tree):
    tree.configure(
        "mlp_1x512: {width: 0.1, epochs: 2}", "mlp_1x512: {width: 0.1, epochs: 2, learning_rate: 1.0e+30}"
    )
    tree.show_only("table1")
    tree.snakemake()
    result = json.loads((tree.result(RUN, 0) / "run.json").read_text())
    assert result["verdict"] == "diverged at epoch 1, learning rate 1e+30"
    assert result["final"]["train_loss"] is None
    assert "– (2 diverged)" in (tree.results / "tables/table1.html").read_text()
    with open(tree.results / "scorecard.csv") as file:
        verdicts = {row["item"]: row["verdict"] for row in csv.DictReader(file) if row["source"] == "table1"}
    assert verdicts["mlp_1x512 fits random_labels"] == "not matched"


def test_a_killed_workflow_goes_on_and_leaves_no_half_of_anything(fresh):
    fresh.put("seeds", value=[0])
    command = [sys.executable, "-m", "snakemake", "fig1a", "--configfile", "config/small.yaml"]
    command += ["--cores", "2"]
    run = subprocess.Popen(
        command, cwd=fresh.folder, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True
    )
    deadline = time.time() + 120
    while not list(fresh.results.glob("runs/**/run.json")):
        assert time.time() < deadline
        assert run.poll() is None
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    for path in fresh.results.glob("runs/**/run.json"):
        json.loads(path.read_text())
    fresh.snakemake("--unlock")
    fresh.snakemake("fig1a")
    assert fresh.planned("fig1a") == Counter()


@pytest.fixture(scope="module")
def long_run(made_once):
    """A run that is long enough to be stopped in the middle, undisturbed."""

    def make(folder):
        tree = copy_project(folder)
        tree.configure("mlp_1x512: {width: 0.1, epochs: 2}", "mlp_1x512: {width: 0.1, epochs: 400}")
        tree.snakemake(tree.receipt(RUN, 0))

    return made_once("long_run", make)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_asked_to_end_goes_on_to_the_result_of_the_undisturbed_run(long_run, tmp_path, number):
    stopped = long_run.copied(tmp_path / "stopped")
    folder, log = stopped.result(RUN, 0), stopped.log(RUN, 0)
    target = receipt_of(stopped, folder)
    shutil.rmtree(folder)
    log.unlink()
    run = subprocess.Popen(
        [sys.executable, "-m", "snakemake", target, "--configfile", "config/small.yaml", "--cores", "1"],
        cwd=stopped.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    deadline = time.time() + 120
    while not (log.exists() and "epoch  20 of 400" in log.read_text()):
        assert time.time() < deadline
        time.sleep(0.01)
    os.killpg(run.pid, number)
    output = run.communicate(timeout=60)[0]
    assert run.returncode != 0
    assert f"ended by {number.name} in epoch" in output
    assert "its state is kept and the same command goes on from there" in output
    assert (folder / "checkpoint.pt").exists()
    stopped.snakemake("--unlock", "--quiet", check=False)
    done = stopped.snakemake(target)
    assert "going on from" in done.stdout
    assert not (folder / "checkpoint.pt").exists()
    results = []
    for tree in (stopped, long_run):
        made = tree.result(RUN, 0)
        result = json.loads((made / "run.json").read_text())
        # What was measured on the way differs, and with it the hash over the whole; nothing else does.
        assert result.pop("sha256")
        assert 0 < result.pop("measured")["epochs"] <= 400
        results.append(((made / "history.csv").read_bytes(), result))
    assert results[0] == results[1]


@pytest.mark.parametrize("config", ["config.yaml", "config/demo.yaml"])
def test_dry_runs_of_the_shipped_configurations(fresh, config):
    extra = [] if config == "config.yaml" else ["--configfile", config]
    done = fresh.snakemake("all", "data", "--dry-run", *extra, small=False)
    which = "seed 0" if config == "config.yaml" else "all seeds"
    said = f"on gaussian images, random_labels with probability 0.0, regularisers none, {which}"
    assert f"Training inception {said}" in done.stdout
    # A job without a message is shown as its rule, with all files.
    assert not re.search(r"^(local)?rule \w+:", done.stdout, re.M)
    assert not (fresh.folder / "results").exists()


def test_a_mistake_in_the_configuration_stops_before_any_job(fresh):
    fresh.configure("seeds: [0, 1]", "seeds: []\nlearnig_rate: 3")
    failed = fresh.snakemake(check=False)
    assert failed.returncode == 1
    assert "seeds: is empty; expected at least 1" in failed.stdout
    assert "unknown key 'learnig_rate'" in failed.stdout
    assert "Traceback" not in failed.stdout
    assert not (fresh.folder / "results").exists()


def test_a_figure_of_ones_own_is_an_entry_of_the_configuration(tree):
    mine = {
        "kind": "noise_sweep", "quantity": "test_error", "networks": ["inception"], "label_noise": [0.0, 1.0],
    }  # fmt: skip
    tree.put("figures", "mine", value=mine)
    assert tree.planned("mine") == Counter(["summarise_mine", "mine"])
    tree.snakemake("mine")
    assert (tree.results / "figures/mine.png").stat().st_size > 5000


def test_a_kind_that_nobody_knows_is_named_with_the_nearest(fresh):
    fresh.put("figures", "fig1b", "kind", value="noise_sweeps")
    failed = fresh.snakemake("--dry-run", check=False)
    assert "'noise_sweeps' is not possible; did you mean 'noise_sweep'?" in failed.stdout
    assert "Traceback" not in failed.stdout
