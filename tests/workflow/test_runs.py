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
import yaml

from trees import HERE, copy_project, labels_folder, run_folder

RUN = run_folder()


def test_the_results_tree_is_as_documented(finished):
    assert {path.name for path in finished.results.iterdir()} == {
        "data", "runs", "figures", "tables", "logs", "benchmarks", "scorecard.csv", "scorecard.html",
        "scorecard.json", "provenance.html",
    }  # fmt: skip
    figures = {path.name for path in (finished.results / "figures").iterdir()}
    assert figures == {f"fig1{x}.{form}" for x in "abc" for form in ("pdf", "png", "csv", "json")}
    tables = {path.name for path in (finished.results / "tables").iterdir()}
    forms = ("html", "tex", "csv", "summary.csv", "summary.json")
    assert tables == {f"table1.{form}" for form in forms}
    assert (finished.results / "figures/fig1a.png").read_bytes().startswith(b"\x89PNG")
    assert (finished.results / "figures/fig1a.pdf").read_bytes().startswith(b"%PDF")


def test_a_result_says_what_made_it(finished):
    result = json.loads((finished.results / RUN / "run.json").read_text())
    assert result["spec"]["recipe"]["learning_rate"] == 0.01
    assert result["spec"]["recipe"]["epochs"] == 2
    assert result["parameters"] == 49 * 51 + 51 + 51 * 10 + 10
    assert result["verdict"] == "finished"
    assert len(result["code"]) == len(result["stamp"]) == 16
    assert result["device"] == "cpu"
    assert {"torch", "numpy", "python"} <= set(result["versions"])
    with open(finished.results / RUN / "history.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[1]["test_accuracy"]) == result["final"]["test_accuracy"]
    assert float(rows[1]["learning_rate"]) == pytest.approx(0.01 * 0.95)


def test_corrupted_labels_are_stored_with_their_hash_and_seed(finished):
    manifest = finished.results / labels_folder(0.5, 1) / "manifest.json"
    content = json.loads(manifest.read_text())
    assert content["spec"]["seed"] == 1
    assert content["spec"]["label_noise"] == 0.5
    assert {len(array["sha256"]) for array in content["arrays"].values()} == {64}


def test_the_same_run_again_is_the_same_bytes(tree):
    history = tree.results / RUN / "history.csv"
    before = history.read_bytes()
    tree.snakemake("--force", f"results/small/{RUN}/run.json")
    assert history.read_bytes() == before


def test_every_picture_and_number_is_the_same_when_made_again(tree):
    made = [p for kind in ("figures", "tables") for p in (tree.results / kind).iterdir()]
    before = {path: path.read_bytes() for path in [*made, tree.results / "scorecard.html"]}
    tree.snakemake("--forcerun", *(f"summarise_{name}" for name in ("fig1a", "fig1b", "fig1c", "table1")))
    assert {path: path.read_bytes() for path in before} == before


def test_a_damaged_array_stops_the_run_and_the_named_command_mends_it(tree):
    array = tree.results / labels_folder() / "train.npy"
    content = array.read_bytes()
    flipped = content[:-1] + bytes([content[-1] ^ 1])
    target = f"results/small/{run_folder(noise=1)}/run.json"
    for damaged, word in (
        (content[:-9], "truncated or altered"),
        (flipped, "truncated or altered"),
        (None, "missing"),
    ):
        array.unlink()
        if damaged is not None:
            array.write_bytes(damaged)
        failed = tree.snakemake("--force", target, check=False)
        assert failed.returncode == 1
        assert word in failed.stdout
        assert f"{labels_folder()}/train.npy" in failed.stdout
        assert "Traceback" not in failed.stdout
        tree.mend(failed.stdout)
        assert array.read_bytes() == content
    tree.snakemake("--force", target)


def test_a_result_of_another_configuration_is_refused_even_without_snakemakes_records(tree):
    shutil.rmtree(tree.folder / ".snakemake")
    tree.configure("epochs: 2}", "epochs: 2, learning_rate: 0.5}")
    tree.show_only("fig1b")
    tree.put("seeds", value=[0])
    refused = tree.snakemake(check=False)
    assert refused.returncode == 1
    assert "3 finished results were made by other settings or other code" in refused.stdout
    assert "snakemake --configfile config/small.yaml --forcerun train --cores 1" in refused.stdout
    # Two networks at three levels of noise; the settings of one have changed.
    assert tree.mend(refused.stdout).count(": kept") == 3
    assert json.loads((tree.results / RUN / "run.json").read_text())["spec"]["recipe"]["learning_rate"] == 0.5


def test_a_summary_reads_no_run_of_another_configuration(tree):
    # As after a run that was copied here from elsewhere.
    other = RUN.replace("seed-0", "seed-1")
    for name in ("run.json", "history.csv"):
        shutil.copy(tree.results / other / name, tree.results / RUN / name)
    failed = tree.snakemake("--forcerun", "summarise_fig1c", check=False)
    assert failed.returncode == 1
    assert "made by another specification or other code" in failed.stdout
    assert f"--force results/small/{RUN}/run.json" in failed.stdout


def test_an_altered_history_is_refused(tree):
    history = tree.results / RUN / "history.csv"
    history.write_text(history.read_text().replace("0.", "0.9", 1))
    failed = tree.snakemake("--forcerun", "summarise_fig1c", check=False)
    assert failed.returncode == 1
    assert "history.csv: missing, truncated or altered" in failed.stdout


def test_a_damaged_summary_is_not_drawn(tree):
    summary = tree.results / "figures/fig1b.csv"
    content = summary.read_text()
    other = (tree.results / "figures/fig1c.csv").read_text()
    for damaged in (content[:300], other, content.replace("0.", "0.1", 1)):
        summary.write_text(damaged)
        failed = tree.snakemake("fig1b", check=False)
        assert failed.returncode == 1
        assert "figures/fig1b.csv: missing, truncated or altered" in failed.stdout
    tree.mend(failed.stdout)
    assert summary.read_text() == content
    tree.snakemake("fig1b")


def test_a_slip_in_the_code_loses_no_finished_run(tree):
    before = {path: path.read_bytes() for path in tree.results.rglob("run.json")}
    tree.edit("src/rethinking/training.py", "history: list[Epoch] = []", "history: list[Epoch] = [][0]")
    assert tree.snakemake("fig1c", check=False).returncode == 1
    tree.edit("src/rethinking/training.py", "history: list[Epoch] = [][0]", "history: list[Epoch] = []")
    assert tree.snakemake("fig1c").stdout.count(": kept") == 4
    assert {path: path.read_bytes() for path in before} == before
    assert tree.planned("fig1c") == Counter()


def test_a_retraining_that_failed_is_planned_again_and_loses_nothing(tree):
    run = f"results/small/{RUN}/run.json"
    before = (tree.folder / run).read_bytes()
    labels = tree.results / "data/digits/labels/noise-0/train.npy"
    content = labels.read_bytes()
    labels.write_bytes(b"damaged")
    tree.configure("epochs: 2}", "epochs: 2, learning_rate: 0.5}")
    assert tree.snakemake(run, check=False).returncode == 1
    labels.write_bytes(content)
    assert tree.planned(run) == Counter(train=1)
    tree.configure("epochs: 2, learning_rate: 0.5}", "epochs: 2}")
    assert ": kept" in tree.snakemake(run).stdout
    assert (tree.folder / run).read_bytes() == before


def test_a_damaged_manifest_loses_no_finished_run(tree):
    before = {path: path.read_bytes() for path in tree.results.rglob("run.json")}
    manifest = tree.results / "data/digits/images/true/manifest.json"
    manifest.write_text(manifest.read_text()[:50])
    failed = tree.snakemake("fig1c", check=False)
    assert failed.returncode == 1
    assert "truncated or altered" in failed.stdout
    tree.mend(failed.stdout)
    tree.snakemake("fig1c")
    assert {path: path.read_bytes() for path in before} == before


def test_an_altered_result_is_refused(tree):
    result = tree.results / RUN / "run.json"
    result.write_text(result.read_text().replace('"parameters": 3', '"parameters": 4'))
    failed = tree.snakemake("--forcerun", "summarise_fig1c", check=False)
    assert failed.returncode == 1
    assert "run.json: altered since it was made" in failed.stdout


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
    result = json.loads((tree.results / RUN / "run.json").read_text())
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
        tree.snakemake(f"results/small/{RUN}/run.json")

    return made_once("long_run", make)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_asked_to_end_goes_on_to_the_result_of_the_undisturbed_run(long_run, tmp_path, number):
    stopped = long_run.copied(tmp_path / "stopped")
    target = f"results/small/{RUN}/run.json"
    log = stopped.results / "logs" / f"{RUN}.log"
    shutil.rmtree(stopped.results / RUN)
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
    assert (stopped.results / RUN / "checkpoint.pt").exists()
    stopped.snakemake("--unlock", "--quiet", check=False)
    done = stopped.snakemake(target)
    assert "going on from" in done.stdout
    assert not (stopped.results / RUN / "checkpoint.pt").exists()
    results = []
    for tree in (stopped, long_run):
        result = json.loads((tree.results / RUN / "run.json").read_text())
        # What was measured on the way differs, and with it the hash over the whole; nothing else does.
        assert result.pop("sha256")
        assert 0 < result.pop("measured")["epochs"] <= 400
        results.append(((tree.results / RUN / "history.csv").read_bytes(), result))
    assert results[0] == results[1]


@pytest.mark.parametrize("config", ["config.yaml", "config/demo.yaml"])
def test_dry_runs_of_the_shipped_configurations(fresh, config):
    extra = [] if config == "config.yaml" else ["--configfile", config]
    done = fresh.snakemake("all", "data", "--dry-run", *extra, small=False)
    which = "seed 0" if config == "config.yaml" else "all seeds"
    assert f"Training inception on gaussian images, label noise 0, regularisers none, {which}" in done.stdout
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
        "plot": "noise_sweep", "quantity": "test_error", "networks": ["inception"], "label_noise": [0.0, 1.0],
    }  # fmt: skip
    tree.put("figures", "mine", value=mine)
    assert tree.planned("mine") == Counter(["summarise_mine", "mine"])
    tree.snakemake("mine")
    assert (tree.results / "figures/mine.png").stat().st_size > 5000


def test_a_network_of_ones_own_is_a_function_in_the_source_folder(tree):
    (tree.folder / "src/mine.py").write_text(
        "from torch import nn\n\n\ndef net(image_shape, classes, width=1.0):\n"
        "    inputs = image_shape[0] * image_shape[1] * image_shape[2]\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, classes))\n"
    )
    config = yaml.safe_load((tree.folder / "config/small.yaml").read_text())
    config["networks"]["linear"] = {
        "factory": "mine:net", "arguments": {}, "width": 1.0, "learning_rate": 0.01, "weight_decay": 0.1,
        "epochs": 2,
    }  # fmt: skip
    config["figures"]["fig1c"]["networks"].append("linear")
    config["seeds"] = [0]
    (tree.folder / "config/small.yaml").write_text(yaml.safe_dump(config))
    assert tree.planned("fig1c") == Counter(train=2, summarise_fig1c=1, fig1c=1)
    tree.snakemake("fig1c")
    tree.edit("src/mine.py", "nn.Flatten(), ", "nn.Flatten(), nn.Identity(), ")
    runs = tree.plan("fig1c").runs
    assert len(runs) == 2
    assert all("/linear/" in run for run in runs)
