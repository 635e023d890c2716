"""`make check`: which results on disk are stale, altered or missing."""

import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from pipeline.storage import artefacts
from trees import labels_folder, run_folder

RUN = run_folder()
LABELS = labels_folder()


def counted(done):
    """Results looked at, stale, altered and missing; the summary is the last line."""
    pattern = r"(\d+) results looked at: (\d+) stale, (\d+) altered, (\d+) missing"
    return tuple(map(int, re.fullmatch(pattern, done.stdout.splitlines()[-1]).groups()))


def test_what_was_just_made_is_current_and_all_of_it_is_looked_at(finished):
    done = finished.check()
    assert done.returncode == 0
    stamped = [path for path in finished.results.rglob("*.json") if '"stamp"' in path.read_text()]
    assert counted(done) == (len(stamped), 0, 0, 0)
    assert "pictures and pages, which carry no stamp: 0 missing" in done.stdout
    assert "not looked at" not in done.stdout


def flip(path):
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[:100])


@pytest.mark.parametrize(
    ("path", "damage"),
    [
        (f"{LABELS}/changed.npy", flip),
        (f"{LABELS}/train.npy", os.unlink),
        (f"{LABELS}/manifest.json", cut),
        (f"{RUN}/history.csv", flip),
        ("figures/fig1c.csv", flip),
        ("tables/table1.summary.json", lambda path: path.write_text("[]")),
        ("data/digits/dataset.json", lambda path: path.write_text(path.read_text().replace("1", "2", 1))),
        (f"{RUN}/run.json", lambda path: path.write_text(path.read_text().replace("finished", "diverged"))),
    ],
)
def test_what_was_altered_is_named_with_a_command_that_mends_it(tree, path, damage):
    damage(tree.results / path)
    done = tree.check()
    assert done.returncode == 1
    assert counted(done)[1:] == (0, 1, 0)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith(f"results/small/{path}: ")]
    command = line.partition("Remake it with ")[2]
    assert command.startswith("snakemake --configfile config/small.yaml --cores 1 --force results/small/")
    if path.endswith("changed.npy"):
        subprocess.run([sys.executable, "-m", *command.split()], cwd=tree.folder, check=True)
        assert tree.check().returncode == 0


def test_a_changed_setting_is_named_with_the_results_that_it_made(tree):
    tree.configure("epochs: 2}", "epochs: 3}")
    done = tree.check()
    assert done.returncode == 1
    # Six runs, and the summaries of fig1b, fig1c and table1.
    assert counted(done)[1:] == (9, 0, 0)
    assert f"results/small/{RUN}/run.json: made with another recipe.epochs\n" in done.stdout
    assert "  --forcerun summarise_fig1b summarise_fig1c summarise_table1 train\n" in done.stdout


def test_an_edited_corruption_is_named_as_other_code(tree):
    tree.edit("src/rethinking/corruptions.py", "< label_noise", "<= label_noise")
    done = tree.check()
    assert f"results/small/{LABELS}/manifest.json: made with other code\n" in done.stdout
    assert f"{RUN}/run.json" not in done.stdout
    assert f"{run_folder(noise=1)}/run.json: made with another labels_stamp\n" in done.stdout


def test_a_run_on_other_data_than_are_there_now_is_stale(tree):
    """The same settings and the same code, as with a folder of one's own images that has changed."""
    manifest = tree.results / LABELS / "manifest.json"
    content = json.loads(manifest.read_text())
    arrays = {name: np.load(manifest.with_name(f"{name}.npy")) for name in content["arrays"]}
    arrays["train"] = arrays["train"][::-1]
    artefacts.save(manifest, arrays.items(), content["spec"], content["code"])
    done = tree.check()
    run = f"results/small/{run_folder(noise=1)}/run.json"
    assert f"{run}: made with other data (labels)\n" in done.stdout
    # Inception and the MLP on these labels.
    assert counted(done)[1:] == (2, 0, 0)


def test_what_is_missing_is_told_and_is_no_failure(tree):
    shutil.rmtree(tree.results / "runs/digits/gaussian")
    (tree.results / "figures/fig1a.pdf").unlink()
    done = tree.check()
    assert done.returncode == 0
    assert counted(done)[1:] == (0, 0, 2)
    first = run_folder("gaussian", network="inception")
    assert f"results/small/{first}/run.json: missing, and 1 more" in done.stdout
    assert "results/small/figures/fig1a.pdf: missing\n" in done.stdout


def test_results_that_nothing_asks_for_are_counted_and_left_alone(tree):
    tree.configure("seeds: [0, 1]", "seeds: [0]")
    done = tree.check()
    assert "seed-1/manifest.json: not looked at, no figure or table asks for it, nor for " in done.stdout
    assert not re.search("seed-1/.*: made with", done.stdout)


def test_configuration_files_are_merged_as_snakemake_merges_them(tree):
    (tree.folder / "config/more.yaml").write_text("networks: {mlp_1x512: {learning_rate: 0.5}}\n")
    files = ["config/small.yaml", "config/more.yaml"]
    done = tree.check(*files)
    stale = set(re.findall(r"^(\S+/run\.json): made with another recipe\.learning_rate$", done.stdout, re.M))
    planned = tree.plan("--configfile", *files).runs
    assert stale == {f"results/small/{run}/run.json" for run in planned} != set()


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("config/nothing.yaml", "CONFIG names config/nothing.yaml, which is not here"),
        ("config/odd.yaml", "unknown key 'sedes'"),
        ("config/twice.yaml", "config/twice.yaml, line 2: the key 'seeds' stands in line 1 already"),
    ],
)
def test_a_mistake_in_the_configuration_is_said(fresh, file, message):
    (fresh.folder / "config/odd.yaml").write_text("sedes: [1]\n")
    (fresh.folder / "config/twice.yaml").write_text("seeds: [1]\nseeds: [2]\n")
    done = fresh.check(file)
    assert done.returncode == 1
    assert message in done.stdout
    assert "Traceback" not in done.stdout
    if file != "config/nothing.yaml":
        assert message in fresh.snakemake("--dry-run", "--configfile", file, check=False, small=False).stdout
