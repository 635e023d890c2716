"""`make check`, `make prune` and `make accept`: what is altered, missing or not asked for, and code that was refactored."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from trees import labels_place, run_place

RUN = run_place()
LABELS = labels_place()


def counted(done):
    """Results looked at, altered and missing; the summary is the last line."""
    pattern = r"(\d+) results looked at: (\d+) altered, (\d+) missing"
    return tuple(map(int, re.fullmatch(pattern, done.stdout.splitlines()[-1]).groups()))


def test_what_was_just_made_is_current_and_all_of_it_is_looked_at(finished):
    done = finished.check()
    assert done.returncode == 0
    receipts = list(finished.results.rglob("receipt.json"))
    assert counted(done) == (len(receipts), 0, 0)
    assert re.search(r"^\d+ pages: 0 files outdated, 0 missing$", done.stdout, re.M)
    assert "not asked for" not in done.stdout


def flip(path):
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[:100])


@pytest.mark.parametrize(
    ("place", "seed", "name", "damage"),
    [
        (LABELS, 0, "changed.npy", flip),
        (LABELS, 0, "train.npy", os.unlink),
        (LABELS, 0, "manifest.json", cut),
        (RUN, 0, "history.csv", flip),
        ("figures/fig1c", None, "summary.csv", flip),
        ("summaries/table1", None, "summary.json", lambda path: path.write_text("[]")),
        (
            "data/digits/description",
            None,
            "dataset.json",
            lambda path: path.write_text(path.read_text().replace("1", "2", 1)),
        ),
        (RUN, 0, "run.json", lambda path: path.write_text(path.read_text().replace("finished", "diverged"))),
    ],
)
def test_what_was_altered_is_named_with_a_command_that_mends_it(tree, place, seed, name, damage):
    path = tree.result(place, seed) / name
    damage(path)
    done = tree.check()
    assert done.returncode == 1
    assert counted(done)[1:] == (1, 0)
    (line,) = [
        line for line in done.stdout.splitlines() if line.startswith(f"{path.relative_to(tree.folder)}: ")
    ]
    command = line.partition("Remake it with ")[2]
    assert command.startswith("snakemake --configfile config/small.yaml --cores 1 --force results/small/")
    if name in ("changed.npy", "summary.json", "history.csv"):
        subprocess.run([sys.executable, "-m", *command.split()], cwd=tree.folder, check=True)
        assert tree.check().returncode == 0


def test_what_changed_settings_have_not_made_yet_is_missing_and_no_failure(tree):
    tree.configure("epochs: 2}", "epochs: 3}")
    done = tree.check()
    # Pages that show something else are one, until Snakemake renews or removes them.
    assert done.returncode == 1
    # Six runs; of fig1b, fig1c and table1 the summary and what is made from it; scorecard and provenance.
    assert counted(done)[1:] == (0, 14)
    assert "shows another result than that of now" in done.stdout
    assert re.search(
        rf"^results/small/{RUN}/\w+/seed-0/run.json: missing, and 1 more seeds$", done.stdout, re.M
    )
    assert "snakemake --configfile config/small.yaml --cores" in done.stdout
    # The runs of before are whole and not asked for.
    assert "not asked for, and 13 more; make prune lists them" in done.stdout


def test_an_edited_corruption_is_missing_with_all_that_it_reaches(tree):
    tree.edit("src/rethinking/corruptions/random_labels.py", "< label_noise", "<= label_noise")
    done = tree.check()
    missing = re.findall(r"^results/small/(\S+)/\w{16}/\S+: missing", done.stdout, re.M)
    assert {LABELS, run_place(noise=1), run_place(noise="0.5", network="inception")} <= set(missing)
    assert RUN not in missing


def test_what_is_missing_is_told_and_is_no_failure(tree):
    shutil.rmtree(tree.results / "runs/digits/gaussian")
    (tree.results / "figures/fig1a.pdf").unlink()
    done = tree.check()
    assert done.returncode == 0
    assert counted(done)[1:] == (0, 2)
    first = run_place("gaussian", network="inception")
    assert re.search(rf"^results/small/{first}/\w+/seed-0/run.json: missing, and 1 more", done.stdout, re.M)
    assert "results/small/figures/fig1a.pdf: missing\n" in done.stdout


def test_configuration_files_are_merged_as_snakemake_merges_them(tree):
    (tree.folder / "config/more.yaml").write_text("networks: {mlp_1x512: {learning_rate: 0.5}}\n")
    files = ["config/small.yaml", "config/more.yaml"]
    done = tree.check(*files)
    missing = set(
        re.findall(r"^results/small/(runs/\S+)/\w{16}/seed-0/run\.json: missing", done.stdout, re.M)
    )
    planned = tree.plan("--configfile", *files).runs
    assert missing == {place for place, _ in planned} != set()


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


# --- prune ----------------------------------------------------------------------------------------------


def test_prune_lists_what_is_not_asked_for_and_removes_it_when_told_to(tree):
    old = tree.result(RUN, 0)
    tree.configure("epochs: 2}", "epochs: 3}")
    target = tree.receipt(RUN, 0)
    tree.snakemake(target)
    new = tree.result(RUN, 0)
    assert new != old
    # A run that is under way, or was stopped: it has no receipt yet.
    unfinished = old.parent.with_name("0123456789abcdef") / "seed-0"
    unfinished.mkdir(parents=True)
    (unfinished / "checkpoint.pt").write_bytes(b"state")
    listed = tree.command("prune")
    assert listed.returncode == 0
    assert re.search(rf"^ +\d+\.\d MiB  {old.relative_to(tree.folder)}$", listed.stdout, re.M)
    # Six runs, the summaries and what is made from them of three figures and tables, two sums of all.
    assert "14 results, " in listed.stdout
    assert "Nothing is removed; make prune REMOVE=yes does" in listed.stdout
    assert old.exists()
    # What another configuration asks for is spared.
    shutil.copy(tree.folder / "config/small.yaml", tree.folder / "config/other.yaml")
    text = (tree.folder / "config/other.yaml").read_text()
    (tree.folder / "config/other.yaml").write_text(text.replace("epochs: 3}", "epochs: 2}"))
    assert "0 results, " in tree.command("prune", "config/small.yaml", "config/other.yaml").stdout
    removed = tree.command("prune", "--remove", "config/small.yaml")
    assert "14 results, " in removed.stdout
    assert not old.parent.exists()
    assert (unfinished / "checkpoint.pt").exists()
    assert (new / "run.json").exists()
    assert tree.planned(target) == {}


def test_prune_spares_what_figures_about_other_data_ask_for(kernels):
    kernels.put("tables", "table3", "rows", value=[{"system": "pixels", "ridge": "none"}])
    listed = kernels.command("prune").stdout
    assert "systems/pixels/ridge-none/" not in listed
    assert "systems/relabelled/ridge-none/" in listed


# --- accept ---------------------------------------------------------------------------------------------


def refactored(tree):
    """An edit of the training loop and of a corruption that changes no number, and every digest."""
    tree.edit("src/rethinking/training.py", "self.steps += 1", "self.steps = self.steps + 1")
    tree.edit("src/rethinking/corruptions/random_labels.py", "ABOUT =", "UNUSED = 1\nABOUT =")


def test_results_of_code_that_was_refactored_are_accepted_and_nothing_is_trained(tree):
    whole = {path: path.read_bytes() for path in tree.results.rglob("run.json")}
    refactored(tree)
    before = tree.planned()
    assert before["train"] == 20
    assert before["corrupt_labels"] == 4
    done = tree.command("accept")
    assert done.returncode == 0, done.stdout
    assert " 0 refused because" in done.stdout
    planned = tree.planned()
    assert not {"train", "corrupt_labels", "corrupt_images"} & {*planned}, planned
    tree.snakemake()
    assert {path: path.read_bytes() for path in tree.results.rglob("run.json")} == whole
    assert tree.check().returncode == 0
    record = json.loads((tree.results / "accepted.json").read_text())
    assert record["stamps"].keys() == record["when"].keys()
    page = (tree.results / "provenance.html").read_text()
    assert "accepted" in page
    # Accepted results are asked for; and another setting is another result, accepted or not.
    assert run_place() not in tree.command("prune").stdout
    tree.configure("epochs: 2}", "epochs: 3}")
    assert tree.planned()["train"] == 6


def test_results_of_other_settings_are_never_accepted(tree):
    refactored(tree)
    tree.configure("epochs: 2}", "epochs: 3}")
    done = tree.command("accept")
    assert re.search(
        rf"^results/small/{RUN}/\w{{16}}: made with other settings: recipe.epochs 2 → 3$", done.stdout, re.M
    )
    planned = tree.plan()
    assert planned.jobs["train"] == 6
    assert all("/mlp_1x512/" in place for place, _ in planned.runs)


def test_damaged_results_are_not_accepted(tree):
    refactored(tree)
    flip(tree.result(RUN, 0) / "history.csv")
    tree.command("accept")
    assert (RUN, 0) in tree.plan().runs


def test_a_record_that_nobody_can_have_written_is_refused(tree):
    (tree.results / "accepted.json").write_text('{"stamps": [1]}')
    refused = tree.snakemake("--dry-run", check=False)
    assert "accepted.json is no record of accepted results; restore or remove it" in refused.stdout
    assert "Traceback" not in refused.stdout
