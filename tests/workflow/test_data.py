"""A user's own data through the whole workflow, and data that are not there or not as they should be."""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import yaml
from PIL import Image

from small import left_out
from trees import copy_project

CLASSES = ("cat", "dog", "eel")
SIDE = 64
MINE = {
    "results": "results/small",
    "dataset": "mine",
    "seeds": [0],
    "execution": {"gpu": 0, "threads": 1},
    "networks": {"mlp_1x512": {"width": 0.1, "epochs": 2}},
    "figures": {
        **left_out("figures"),
        "fig1c": {"networks": ["mlp_1x512"], "label_noise": [0.0, 1.0]},
    },
    "tables": left_out("tables"),
}
RUN = "runs/mine/true/noise-0/mlp_1x512/none"
LABELS = np.repeat(np.arange(3), 10)


def pictures(seed):
    return np.random.default_rng(seed).integers(0, 256, (30, SIDE, SIDE, 3), dtype=np.uint8)


def write_folder(folder, seed=0):
    """Ten training and ten test images of each class; the first test image is a training image too."""
    for part, images in (("train", pictures(seed)), ("test", pictures(seed + 1))):
        if part == "test":
            images[0] = pictures(seed)[0]
        for index, (image, label) in enumerate(zip(images, LABELS, strict=True)):
            (folder / part / CLASSES[label]).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(folder / part / CLASSES[label] / f"{index:02}.png")


def write_npz(path, seed=0):
    train, test = (pictures(number)[:, :40] for number in (seed, seed + 1))
    np.savez(path, x_train=train, y_train=LABELS, x_test=test, y_test=LABELS)


def configured(tree, entry):
    (tree.folder / "config/small.yaml").write_text(yaml.safe_dump(MINE | {"datasets": {"mine": entry}}))


def with_pictures(folder):
    """The project with a folder of images as its data set."""
    tree = copy_project(folder)
    write_folder(tree.folder / "pictures")
    entry = {"source": "image_folder", "folder": "pictures", "size": SIDE, "crop": 28, "title": "My pictures"}
    configured(tree, entry)
    return tree


@pytest.fixture
def own(tmp_path):
    """A folder of images as the data set, and nothing made yet."""
    return with_pictures(tmp_path / "own")


@pytest.fixture(scope="session")
def finished_own(made_once):
    """The same run to its end; tests must not change it."""
    return made_once("own", lambda folder: with_pictures(folder).snakemake())


@pytest.fixture
def made(finished_own, tmp_path):
    """A copy of it. The copied images may be others, as far as their times tell; so they are read again."""
    return finished_own.copied(tmp_path / "made")


def whole_files(tree):
    """Everything below data but the record of what was read, and no temporary file among it."""
    found = [path for path in (tree.results / "data").rglob("*") if path.is_file()]
    assert not [path for path in found if path.name.startswith(".")]
    return [path for path in found if path.name != "content.json"]


def test_figures_and_descriptions_of_ones_own_images(finished_own):
    own = finished_own
    assert (own.results / "figures/fig1c.png").stat().st_size > 5000
    data = own.results / "data/mine"
    described = json.loads((data / "dataset.json").read_text())
    assert described["title"] == "My pictures"
    assert described["train"]["shape"] == [30, SIDE, SIDE, 3]
    assert described["test"]["per_class"] == dict.fromkeys(CLASSES, 10)
    assert described["duplicates"]["test_in_train"] == {"images": 1, "with_another_label": 0}
    assert described["train"]["overall_mean"] == pytest.approx(pictures(0).mean())
    assert len(described["array_sha256"]["images/train"]) == 64
    assert np.array_equal(np.load(own.result("data/mine/images/true") / "train.npy"), pictures(0))
    sheets = {path.name for path in (data / "contact_sheets").iterdir() if path.is_file()}
    kinds = ("random_labels", "shuffled_pixels", "random_pixels", "gaussian")
    assert sheets == {f"{kind}.{form}" for kind in kinds for form in ("pdf", "png", "csv")}
    assert own.planned() == Counter()


def run_of_now(tree):
    """Make the run of the settings, code and data of now; its stamp, and its history."""
    receipt = tree.receipt(RUN, 0)
    tree.snakemake(receipt)
    folder = (tree.folder / receipt).parent
    return folder.parent.name, (folder / "history.csv").read_bytes()


def test_an_image_more_is_another_data_set_and_without_it_the_first_results_are_found(made):
    before = run_of_now(made)
    new = made.folder / "pictures/train/cat/new.png"
    Image.fromarray(pictures(9)[0]).save(new)
    receipt = made.receipt(RUN, 0)
    planned = made.planned(receipt)
    assert (planned["prepare_mine"], planned["train"]) == (1, 1)
    stamp, history = run_of_now(made)
    assert stamp != before[0]
    assert history != before[1]
    new.unlink()
    assert made.planned(made.receipt(RUN, 0)) == Counter()
    assert run_of_now(made) == before


def test_data_that_were_touched_are_read_again_and_are_the_same(made):
    for path in (made.folder / "pictures").rglob("*"):
        os.utime(path)
    assert made.planned() == Counter()


def test_data_that_were_copied_elsewhere_are_the_same_data(made):
    shutil.copytree(made.folder / "pictures", made.folder / "elsewhere", copy_function=shutil.copy)
    shutil.rmtree(made.folder / "pictures")
    made.configure("folder: pictures", "folder: elsewhere")
    planned = made.planned()
    assert not planned["prepare_mine"]
    assert not planned["train"]


def test_results_outlive_the_data_that_they_were_made_from(made):
    made.planned()  # the copied images are read
    (made.folder / "pictures").rename(made.folder / "gone")
    assert made.planned() == Counter()
    told = made.snakemake("--dry-run").stdout
    assert "pictures is not here (any more): what was prepared from it before is used" in told


def older(path):
    """Give a file or folder, and what is in it, a time long before any result."""
    for one in [*path.rglob("*"), path]:
        os.utime(one, (10**9, 10**9))


def swap_folder(own):
    write_folder(own.folder / "others", seed=7)
    older(own.folder / "others")
    (own.folder / "pictures").rename(own.folder / "first")
    (own.folder / "others").rename(own.folder / "pictures")


def swap_classes(own):
    for part in ("train", "test"):
        folder = own.folder / "pictures" / part
        (folder / "cat").rename(folder / "x")
        (folder / "dog").rename(folder / "cat")
        (folder / "x").rename(folder / "dog")


def add_and_put_the_time_back(own):
    folder = own.folder / "pictures/train/cat"
    before = folder.stat()
    Image.fromarray(pictures(9)[0]).save(folder / "new.png")
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))


def change_and_put_the_time_back(own):
    path = min((own.folder / "pictures/train/cat").iterdir())
    before = path.stat()
    Image.fromarray(pictures(8)[0]).save(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_other_data_with_older_times_are_noticed(made):
    # The copied images are read first: from here on, only the change can tell.
    seen = [made.receipt(RUN, 0)]
    for change in (swap_folder, swap_classes, add_and_put_the_time_back, change_and_put_the_time_back):
        change(made)
        now = made.receipt(RUN, 0)
        assert now not in seen, change.__name__
        seen.append(now)
    assert len(set(run_of_now(made))) == 2
    assert len(made.stamped(RUN)) == 2


def test_data_that_are_not_mounted_lose_nothing(made):
    before = made.receipt(RUN, 0)
    (made.folder / "pictures").rename(made.folder / "gone")
    assert made.planned("fig1c") == Counter()
    # Read in another way they would have to be there; what was prepared stays all the same.
    made.configure("source: image_folder", "source: image_folder\n    colour: grey")
    failed = made.snakemake("fig1c", check=False)
    assert f"{made.folder / 'pictures'} is not there" in failed.stdout
    made.configure("    colour: grey\n", "")
    made.snakemake("fig1c")
    assert made.receipt(RUN, 0) == before
    assert len(made.stamped(RUN)) == 1


def test_a_numpy_file_is_a_data_set_too_and_another_file_another(own):
    """Its images are not square."""
    write_npz(own.folder / "mine.npz")
    configured(own, {"source": "npz", "file": "mine.npz", "crop": 28})
    own.snakemake("data", "fig1c")
    configured(own, {"source": "npz", "file": "mine.npz", "crop": 80})
    failed = own.snakemake(check=False)
    assert "datasets.mine.crop: images of mine are 40 pixels wide" in failed.stdout
    configured(own, {"source": "npz", "file": "mine.npz", "crop": 28})
    history = (own.result(RUN, 0) / "history.csv").read_bytes()
    assert own.planned("data", "fig1c") == Counter()
    write_npz(own.folder / "other.npz", seed=5)
    older(own.folder / "other.npz")
    (own.folder / "other.npz").replace(own.folder / "mine.npz")
    # Pixels of whole images are shuffled, and those of images that are not square can be, too.
    own.edit("config.yaml", "corruption_stage: after_crop", "corruption_stage: before_crop")
    own.snakemake("data", "fig1c")
    assert (own.result(RUN, 0) / "history.csv").read_bytes() != history
    assert own.planned("data", "fig1c") == Counter()


def test_a_broken_image_is_named_and_the_same_command_works_once_it_is_mended(own):
    broken = own.folder / "pictures/train/dog/12.png"
    content = broken.read_bytes()
    broken.write_bytes(content[:200])
    failed = own.snakemake(check=False)
    assert failed.returncode == 1
    assert "1 of 60 images cannot be used" in failed.stdout
    assert "pictures/train/dog/12.png" in failed.stdout
    assert "Traceback" not in failed.stdout
    assert not whole_files(own)
    broken.write_bytes(content)
    own.snakemake("fig1c")


def test_a_folder_that_is_not_there_is_named(own):
    own.configure("folder: pictures", "folder: picture")
    failed = own.snakemake(check=False)
    assert failed.returncode == 1
    assert f"{own.folder / 'picture'} is not there" in failed.stdout


def test_a_disk_that_is_full_half_way_leaves_nothing_and_is_said(own):
    def no_file_above_200_kb():
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--configfile",
        "config/small.yaml",
        "--cores",
        "1",
        "fig1c",
    ]
    failed = subprocess.run(
        command,
        cwd=own.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=no_file_above_200_kb,
        check=False,
    )
    assert failed.returncode == 1
    assert re.search(r"images/true/\w{16}/train.npy could not be written", failed.stdout)
    assert "run the same command again" in failed.stdout
    assert not whole_files(own)
    own.snakemake("fig1c")


@pytest.mark.parametrize("name", ["cifar10", "mnist"])
def test_without_network_and_files_the_files_are_named_with_their_checksums(fresh, name, monkeypatch):
    for variable in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
        monkeypatch.setenv(variable.upper(), "http://127.0.0.1:9")
    fresh.configure("dataset: digits", f"dataset: {name}")
    failed = fresh.snakemake("data", check=False)
    assert failed.returncode == 1
    assert f"the data are not in {fresh.folder / 'data'}" in failed.stdout
    expected = {
        "cifar10": "cifar-10-python.tar.gz  MD5 c58f30108f718f92721af3b95e74349a",
        "mnist": "MNIST/raw/train-images-idx3-ubyte.gz  MD5 f68b3c2dcbeaaa9fbdd348bbdeb94873",
    }[name]
    assert expected in failed.stdout
    assert "Traceback" not in failed.stdout
    assert not [path for path in (fresh.folder / "data").rglob("*") if path.is_file()]
