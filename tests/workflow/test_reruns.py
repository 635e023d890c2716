"""What is made after which change: exactly what it must, and nothing that was made is lost."""

import os
import re
import shutil
from collections import Counter

import pytest

from trees import run_place

SUMMARIES = Counter(["summarise_fig1a", "summarise_fig1b", "summarise_fig1c", "summarise_table1"])
DRAWINGS = Counter(["fig1a", "fig1b", "fig1c", "table1"])
SUMMED_UP = Counter(["scorecard", "provenance"])
RESULTS = SUMMARIES + DRAWINGS + SUMMED_UP
# With the first seed.
SHEETS = Counter(
    f"contact_sheet_{corruption}"
    for corruption in ("random_labels", "shuffled_pixels", "random_pixels", "gaussian")
)
# fig1a: 5 conditions of inception; fig1b: 3 levels of 2 networks; table1 adds inception with both
# regularisers; everything else is shared. Two seeds.
RUNS = 2 * (5 + 1 + 3 + 1)


def shown_by(*names):
    """The summaries and pictures of some figures or tables, and what sums all of them up."""
    return Counter([f"summarise_{name}" for name in names] + [*names]) + SUMMED_UP


def all_of_network(runs, network):
    return runs and all(f"/{network}/" in place for place, _ in runs)


def content(tree, pattern):
    """The bytes and the time of every file that fits."""
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in tree.results.glob(pattern)}


def test_everything_is_made_once_and_a_run_that_two_figures_need_exists_once(finished):
    assert len(list(finished.results.rglob("run.json"))) == RUNS
    assert finished.planned() == Counter()


def test_asking_twice_does_nothing_the_second_time(tree):
    before = {path: path.stat().st_mtime_ns for path in tree.results.rglob("*") if path.is_file()}
    assert "Nothing to be done" in tree.snakemake().stdout
    after = {path: path.stat().st_mtime_ns for path in tree.results.rglob("*") if path.is_file()}
    assert before == after


def test_comments_and_docstrings_rerun_nothing(tree):
    for path in (
        "src/rethinking/training.py",
        "workflow/scripts/train.py",
        "workflow/pipeline/storage/results.py",
    ):
        tree.edit(path, "import", "# a remark\nimport")
    tree.edit("src/rethinking/corruptions/random_labels.py", '"""', '"""Other words: ')
    tree.edit("src/rethinking/plotting/style.py", "def name(", "def  name(")
    assert tree.planned() == Counter()


def test_touching_every_file_reruns_nothing(tree):
    for path in tree.folder.rglob("*"):
        if path.is_file() and ".snakemake" not in path.parts:
            os.utime(path)
    assert tree.planned() == Counter()


def test_results_without_snakemakes_records_rerun_nothing(finished, fresh):
    shutil.copytree(finished.folder / "results", fresh.folder / "results")
    assert fresh.planned() == Counter()
    assert "Nothing to be done" in fresh.snakemake().stdout
    # Only what depends on a changed setting is made, as with the records.
    fresh.configure("epochs: 2}", "epochs: 3}")
    assert fresh.planned() == Counter(train=6) + shown_by("fig1b", "fig1c", "table1")


def test_results_without_times_and_without_records_are_kept(finished, fresh):
    # Copied in whatever order: all files are new, and Snakemake starts jobs for those that seem older.
    shutil.copytree(finished.folder / "results", fresh.folder / "results", copy_function=shutil.copy)
    before = content(fresh, "**/run.json") | content(fresh, "**/history.csv")
    assert len(before) == 2 * RUNS
    fresh.snakemake()
    assert content(fresh, "**/run.json") | content(fresh, "**/history.csv") == before
    assert fresh.planned() == Counter()


def test_a_changed_value_of_one_network_retrains_that_network(tree):
    tree.configure("mlp_1x512: {width: 0.1, epochs: 2}", "mlp_1x512: {width: 0.1, epochs: 3}")
    jobs, runs = tree.plan()
    assert len(runs) == 6
    assert all_of_network(runs, "mlp_1x512")
    assert jobs == Counter(train=6) + shown_by("fig1b", "fig1c", "table1")


def test_settings_that_are_changed_back_find_their_results_again(tree):
    runs = content(tree, "runs/**/*.json")
    page = (tree.results / "figures/fig1c.csv").read_bytes()
    tree.configure("epochs: 2}", "epochs: 3}")
    tree.snakemake("fig1c")
    assert len(tree.stamped(run_place(), 0)) == 2
    assert (tree.results / "figures/fig1c.csv").read_bytes() != page
    tree.configure("epochs: 3}", "epochs: 2}")
    # Pages of these runs were replaced or removed. All that they show is still there.
    assert tree.planned() == Counter(["fig1b", "fig1c", "table1"]) + SUMMED_UP
    tree.snakemake()
    assert (tree.results / "figures/fig1c.csv").read_bytes() == page
    assert {path: runs[path] for path in runs} == {
        path: seen for path, seen in content(tree, "runs/**/*.json").items() if path in runs
    }
    tree.configure("epochs: 2}", "epochs: 3}")
    assert tree.planned("fig1c") == Counter(["fig1c"])


@pytest.mark.parametrize("records", [True, False], ids=["with records", "without records"])
def test_a_page_that_is_asked_for_alone_is_never_that_of_other_settings(tree, records):
    page = tree.results / "figures/fig1c.csv"
    before = page.read_bytes()
    tree.configure("epochs: 2}", "epochs: 3}")
    if not records:
        shutil.rmtree(tree.folder / ".snakemake")
    # What is planned may be looked at: a dry run removes nothing.
    assert tree.planned()["fig1c"] == 1
    assert page.read_bytes() == before
    tree.snakemake("results/small/figures/fig1c.csv")
    assert page.read_bytes() != before
    assert not (tree.results / "figures/fig1b.csv").exists()  # nor is that of other settings left there
    tree.configure("epochs: 3}", "epochs: 2}")
    tree.snakemake("results/small/figures/fig1c.csv", "results/small/figures/fig1b.csv")
    assert page.read_bytes() == before


def test_a_value_for_all_networks_does_not_retrain_one_that_sets_its_own(tree):
    tree.configure("epochs: 1}", "epochs: 1, batch_size: 100}")
    assert tree.planned() == Counter()
    tree.configure("training: {batch_size: 100}", "training: {batch_size: 50}")
    runs = tree.plan().runs
    assert len(runs) == 6
    assert all_of_network(runs, "mlp_1x512")


def test_a_coefficient_of_weight_decay_retrains_the_runs_that_have_it(tree):
    tree.configure("width: 0.02,", "width: 0.02, weight_decay: 0.001,")
    assert tree.planned() == Counter(train=2) + shown_by("table1")


@pytest.mark.parametrize(("option", "value"), [("momentum", 0.8), ("decay", 0.9), ("epochs", 3)])
def test_an_option_of_the_update_rule_or_the_schedule_retrains(tree, option, value):
    tree.put("networks", "mlp_1x512", option, value=value)
    jobs, runs = tree.plan()
    assert jobs["train"] == 6
    assert all_of_network(runs, "mlp_1x512")


def test_a_grid_trains_a_network_for_each_value(tree):
    tree.put("networks", "mlp_1x512", "learning_rate", value={"grid": [0.01, 0.03]})
    jobs, runs = tree.plan("fig1c")
    assert jobs["train"] == 8
    names = {place.split("/")[4] for place, _ in runs}
    assert names == {"mlp_1x512@learning_rate=0.01", "mlp_1x512@learning_rate=0.03"}


def test_a_new_seed_adds_its_own_runs(tree):
    tree.configure("seeds: [0, 1]", "seeds: [0, 1, 7]")
    jobs, runs = tree.plan()
    assert len(runs) == RUNS // 2
    assert {seed for _, seed in runs} == {7}
    assert jobs == Counter(train=RUNS // 2, corrupt_labels=2, corrupt_images=3) + RESULTS


def test_a_seed_less_redraws_and_trains_nothing(tree):
    tree.configure("seeds: [0, 1]", "seeds: [1]")
    assert tree.planned() == RESULTS + SHEETS


def test_a_new_level_of_noise_adds_its_own_runs(tree):
    tree.configure("label_noise: [0.0, 0.5, 1.0]", "label_noise: [0.0, 0.5, 0.75, 1.0]")
    assert tree.planned() == Counter(train=4, corrupt_labels=2) + shown_by("fig1b")


def test_an_edited_network_retrains_the_runs_that_use_it(tree):
    tree.edit("src/rethinking/networks/mlp.py", "scaled(512, width)", "scaled(500, width)")
    jobs, runs = tree.plan()
    assert all_of_network(runs, "mlp_1x512")
    assert jobs == Counter(train=6) + shown_by("fig1b", "fig1c", "table1")


def test_an_edited_corruption_redraws_it_and_retrains_what_it_reached(tree):
    tree.edit("src/rethinking/corruptions/random_labels.py", "< label_noise", "<= label_noise")
    jobs, runs = tree.plan()
    # Labels at p = 0.5 and 1 for two networks; images are other corruptions.
    assert {place.split("/")[3] for place, _ in runs} == {"noise-0.5", "noise-1"}
    assert jobs == Counter(train=8, corrupt_labels=4, contact_sheet_random_labels=1) + RESULTS


def test_a_new_corruption_beside_the_others_reruns_nothing_that_is_there(tree):
    text = (tree.folder / "src/rethinking/corruptions/gaussian.py").read_text()
    (tree.folder / "src/rethinking/corruptions/another.py").write_text(text)
    assert tree.planned() == Counter(corrupt_images=1, contact_sheet_another=1)


def test_the_training_loop_retrains_everything_and_redraws_no_data(tree):
    tree.edit("src/rethinking/training.py", "self.steps += 1", "self.steps += 2")
    assert tree.planned() == Counter(train=RUNS) + RESULTS


def test_another_pool_of_labels_touches_corrupted_labels_only(tree):
    tree.configure("dataset: digits", "dataset: digits\ncorruptions: {random_labels: {pool: other_classes}}")
    jobs, runs = tree.plan()
    assert jobs == Counter(train=8, corrupt_labels=4, contact_sheet_random_labels=1) + RESULTS
    assert not any("/noise-0/" in place for place, _ in runs)


def test_another_stage_of_corruption_touches_corrupted_images_only(tree):
    tree.configure("dataset: digits", "dataset: digits\ncorruption_stage: before_crop")
    planned = tree.planned()
    assert (planned["train"], planned["corrupt_images"], planned["corrupt_labels"]) == (6, 6, 0)


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        (
            "src/rethinking/exhibits/noise_sweep/drawing.py",
            "elinewidth=1",
            "elinewidth=2",
            Counter(["fig1b", "fig1c"]),
        ),
        (
            "src/rethinking/exhibits/learning_curves/drawing.py",
            "alpha=0.2",
            "alpha=0.3",
            Counter(["fig1a"]),
        ),
        (
            "src/rethinking/plotting/style.py",
            '"s", "^"',
            '"^", "s"',
            DRAWINGS + SUMMED_UP + SHEETS,
        ),
        ("src/rethinking/verdicts.py", "CHANCE_FLOOR = 0.1,", "CHANCE_FLOOR = 0.2,", Counter(["scorecard"])),
    ],
)
def test_a_restyled_picture_is_drawn_again_and_nothing_is_trained(tree, path, old, new, expected):
    tree.edit(path, old, new)
    assert tree.planned() == expected


def test_another_baseline_is_compared_with_and_nothing_is_trained(tree):
    tree.edit("src/rethinking/least_squares.py", "WIDEST = 32", "WIDEST = 31")
    assert tree.planned() == Counter(["measure_baseline_of_digits", "table1", "scorecard"])


def test_another_rule_for_fitting_is_applied_to_the_runs_that_are_there(tree):
    tree.configure("seeds:", "fit: {train_accuracy: 0.5}\nseeds:")
    planned = tree.planned()
    assert planned["train"] == 0
    assert planned["summarise_fig1b"] == 1


def test_the_way_of_execution_is_not_part_of_what_is_computed(tree):
    tree.configure("gpu: 0, threads: 1, precision: float32", "gpu: 1, threads: 2, precision: bfloat16")
    assert tree.planned() == Counter()


def test_words_about_the_data_redraw_pictures_and_train_nothing(tree):
    tree.edit("config.yaml", "source: digits, crop", "source: digits, title: My digits, crop")
    planned = tree.planned()
    assert not planned["train"]
    assert not planned["prepare_digits"]
    assert planned >= SHEETS + SUMMED_UP + Counter(["describe_digits", "table1"])
    tree.edit("src/rethinking/datasets/description.py", "digest_size=16", "digest_size=17")
    assert tree.planned()["train"] == 0


def test_what_the_paper_says_of_a_kind_changes_no_result(tree):
    """ABOUT is for planning and print: no number depends on its words."""
    for path in ("exhibits/noise_sweep/kind.py", "corruptions/random_labels.py"):
        tree.edit(f"src/rethinking/{path}", '"title": "', '"title": "Other words: ')
    planned = tree.planned()
    assert not planned["train"]
    assert not planned["corrupt_labels"]
    assert not SUMMARIES & planned


def test_a_deleted_run_is_made_again_when_its_numbers_are_needed(tree):
    shutil.rmtree(tree.results / "runs/digits/gaussian")
    assert tree.planned() == Counter()  # what shows it is there and current
    summary = tree.receipt("summaries/fig1a")
    (tree.folder / summary).unlink()
    assert tree.planned(summary) == Counter(train=2, summarise_fig1a=1)


def test_one_figure_asks_for_its_own_runs_only(fresh):
    planned = fresh.planned("fig1c")
    assert planned == Counter(train=4, corrupt_labels=2, prepare_digits=1, summarise_fig1c=1, fig1c=1)


# --- Snakemake's own ways of making things again --------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("fig1c", "--force"),
        ("fig1c", "--forcerun", "train"),
        ("--rerun-triggers", "mtime", "params", "input", "software-env", "code"),
    ],
    ids=["--force", "--forcerun train", "default triggers"],
)
def test_jobs_that_are_run_without_need_find_their_results_and_keep_them(tree, arguments):
    pattern = "runs/**/[rh]*.*"
    results = {path: seen for path, seen in content(tree, pattern).items() if path.name != "receipt.json"}
    assert results
    for path in (tree.folder / "workflow/scripts").iterdir():
        os.utime(path)  # looks as changed to the trigger `code`
    done = tree.snakemake(*arguments)
    if "--force" not in arguments:
        assert "is there and whole: kept" in done.stdout
    after = content(tree, pattern)
    assert {path: after.get(path) for path in results} == results
    assert tree.planned() == Counter()


def test_a_finished_result_is_made_again_where_its_folder_is_removed(tree):
    folder = tree.result(run_place(), 0)
    before = (folder / "history.csv").read_bytes()
    receipt = str((folder / "receipt.json").relative_to(tree.folder))
    shutil.rmtree(folder)
    assert tree.planned(receipt) == Counter(train=1)
    tree.snakemake(receipt)
    assert (folder / "history.csv").read_bytes() == before


def test_a_result_of_other_settings_that_is_asked_for_by_path_is_explained(tree):
    receipt = (tree.result(run_place(), 0) / "receipt.json").relative_to(tree.folder)
    tree.configure("epochs: 2}", "epochs: 3}")
    (tree.folder / receipt).unlink()
    refused = tree.snakemake(str(receipt), check=False)
    assert refused.returncode == 1
    assert (
        "the settings and code of now make no result with this stamp, so it can be read and not be made"
        in (refused.stdout)
    )
    assert f"They make results/small/{run_place()}/" in refused.stdout
    assert "Traceback (most recent call last)" not in refused.stdout


def test_results_of_the_layout_before_are_recognised_and_left_alone(fresh):
    old = fresh.results / "data/digits/images/true/manifest.json"
    old.parent.mkdir(parents=True)
    old.write_text("{}\n")
    refused = fresh.snakemake("--dry-run", check=False)
    assert refused.returncode == 1
    assert "results/small has results of an earlier version of this workflow" in refused.stdout
    assert "set `results` elsewhere" in refused.stdout
    assert "results/small has results of an earlier version" in fresh.check().stdout
    assert old.read_text() == "{}\n"
    assert [path for path in fresh.results.rglob("*") if path.is_file()] == [old]
    fresh.put("results", value="results/anew")
    assert fresh.planned("fig1c")["train"] == 4


def test_no_finished_result_has_a_path_without_a_stamp(finished):
    for path in finished.results.rglob("receipt*.json"):
        assert any(re.fullmatch("[0-9a-f]{16}", part) for part in path.parts), path
