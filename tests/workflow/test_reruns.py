"""What reruns after which change: exactly what it must and nothing else."""

import os
import shutil
from collections import Counter

import pytest

from trees import run_folder

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


def test_everything_is_made_once_and_a_run_that_two_figures_need_exists_once(finished):
    assert len(list(finished.results.rglob("run.json"))) == RUNS
    assert finished.planned() == Counter()


def test_asking_twice_does_nothing_the_second_time(tree):
    before = {path: path.stat().st_mtime_ns for path in tree.results.rglob("*") if path.is_file()}
    assert "Nothing to be done" in tree.snakemake().stdout
    after = {path: path.stat().st_mtime_ns for path in tree.results.rglob("*") if path.is_file()}
    assert before == after


def test_comments_and_docstrings_rerun_nothing(tree):
    for path in ["src/rethinking/training.py", "workflow/scripts/train.py", "workflow/pipeline/job.py"]:
        tree.edit(path, "import", "# a remark\nimport")
    tree.edit("src/rethinking/corruptions.py", '"""The randomisation', '"""Other words: the randomisation')
    tree.edit("src/rethinking/plotting/style.py", "def name(", "def  name(")
    assert tree.planned() == Counter()


def test_touching_every_file_reruns_nothing(tree):
    for path in tree.folder.rglob("*"):
        if path.is_file() and ".snakemake" not in path.parts:
            os.utime(path)
    assert tree.planned() == Counter()


def test_touching_the_arrays_that_runs_read_reruns_nothing(tree):
    for path in tree.results.rglob("*.npy"):
        os.utime(path)
    assert tree.planned() == Counter()


def test_a_fresh_clone_with_results_reruns_nothing(finished, fresh):
    # Copied without modification times, in whatever order: all files are new.
    for name in (".snakemake", "results"):
        shutil.copytree(finished.folder / name, fresh.folder / name, copy_function=shutil.copy)
    assert fresh.planned() == Counter()


def test_results_without_snakemakes_records_rerun_nothing(finished, fresh):
    shutil.copytree(finished.folder / "results", fresh.folder / "results")
    assert fresh.planned() == Counter()


def test_a_changed_value_of_one_network_retrains_that_network(tree):
    tree.configure("mlp_1x512: {width: 0.1, epochs: 2}", "mlp_1x512: {width: 0.1, epochs: 3}")
    jobs, runs = tree.plan()
    assert len(runs) == 6
    assert all("/mlp_1x512/" in run for run in runs)
    assert jobs == Counter(train=6) + shown_by("fig1b", "fig1c", "table1")


def test_a_value_for_all_networks_does_not_retrain_one_that_sets_its_own(tree):
    tree.configure("epochs: 1}", "epochs: 1, batch_size: 100}")
    assert tree.planned() == Counter()
    tree.configure("training: {batch_size: 100}", "training: {batch_size: 50}")
    runs = tree.plan().runs
    assert len(runs) == 6
    assert all("/mlp_1x512/" in run for run in runs)


def test_a_coefficient_of_weight_decay_retrains_the_runs_that_have_it(tree):
    tree.configure("width: 0.02,", "width: 0.02, weight_decay: 0.001,")
    assert tree.planned() == Counter(train=2) + shown_by("table1")


def test_a_new_seed_adds_its_own_runs(tree):
    tree.configure("seeds: [0, 1]", "seeds: [0, 1, 7]")
    jobs, runs = tree.plan()
    assert len(runs) == RUNS // 2
    assert all(run.endswith("seed-7") for run in runs)
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
    assert all("/mlp_1x512/" in run for run in runs)
    assert jobs == Counter(train=6) + shown_by("fig1b", "fig1c", "table1")


def test_an_edited_corruption_redraws_it_and_retrains_what_it_reached(tree):
    tree.edit("src/rethinking/corruptions.py", "< label_noise", "<= label_noise")
    jobs, runs = tree.plan()
    assert not any("/true/noise-0/" in run for run in runs)
    assert jobs == Counter(train=14, corrupt_labels=4, corrupt_images=6) + RESULTS + SHEETS


def test_the_training_loop_retrains_everything_and_redraws_no_data(tree):
    tree.edit("src/rethinking/training.py", "self.steps += 1", "self.steps += 2")
    assert tree.planned() == Counter(train=RUNS) + RESULTS


def test_another_pool_of_labels_touches_corrupted_labels_only(tree):
    tree.configure("dataset: digits", "dataset: digits\ncorruption: {label_pool: other_classes}")
    jobs, runs = tree.plan()
    assert jobs == Counter(train=8, corrupt_labels=4, contact_sheet_random_labels=1) + RESULTS
    assert not any("/noise-0/" in run for run in runs)


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        (
            "src/rethinking/plotting/noise_sweep.py",
            "elinewidth=1",
            "elinewidth=2",
            Counter(["fig1b", "fig1c"]),
        ),
        (
            "src/rethinking/plotting/learning_curves.py",
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
    assert tree.planned() == SHEETS + DRAWINGS + SUMMED_UP + Counter(["describe_digits"])
    tree.edit("src/rethinking/datasets/description.py", "digest_size=16", "digest_size=17")
    assert tree.planned()["train"] == 0


def test_a_deleted_run_is_made_again_when_its_numbers_are_needed(tree):
    shutil.rmtree(tree.results / "runs/digits/gaussian")
    assert tree.planned() == Counter()  # what shows it is there and current
    assert tree.planned("--forcerun", "summarise_fig1a") == Counter(train=2) + shown_by("fig1a")


def test_a_run_that_is_made_again_by_force_is_drawn_again(tree):
    result = f"results/small/{run_folder('gaussian', network='inception')}/run.json"
    assert tree.planned("--forcerun", result) == Counter(train=1) + shown_by("fig1a")


def test_one_figure_asks_for_its_own_runs_only(fresh):
    planned = fresh.planned("fig1c")
    assert planned == Counter(train=4, corrupt_labels=2, prepare_digits=1, summarise_fig1c=1, fig1c=1)
