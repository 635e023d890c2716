"""Data sets and features of a configuration: their homes decide what is planned and what is refused."""

import copy
from pathlib import Path

import numpy as np
import pytest
import yaml

from pipeline.planning.configuration import ConfigurationError, check
from pipeline.planning.homes import Homes
from pipeline.planning.kernel_checks import least_side
from pipeline.planning.plan import Plan
from pipeline.planning.sources import source_of

HERE = Path(__file__).parents[2]
ROOTS = (HERE / "src", HERE / "workflow")
HOMES = Homes(HERE / "src")
PAPER = yaml.safe_load((HERE / "config.yaml").read_text())
FOLDER = {"source": "image_folder", "folder": "data/mine", "size": 32, "crop": 28}
NPZ = {"source": "npz", "file": "data/mine.npz", "crop": 28}
LISTED = {"source": "imagenet", "folder": "data/listed"}
PLUGIN = """import numpy as np

from rethinking.datasets.arrays import Dataset

ABOUT = {
    "kind": "source",
    "title": "Noise",
    "origin": "drawn at random",
    "licence": "none",
    "side": "pixels",
    "options": {
        "pixels": {"type": "integer", "minimum": 1, "description": "Side in pixels."},
        "classes": {"type": "integer", "default": 2, "description": "How many classes there are."},
    },
}


def read(pixels, classes): ...
"""


def with_dataset(entry, name="mine"):
    config = copy.deepcopy(PAPER)
    config["datasets"][name] = entry
    return config


def problems(config, homes=HOMES):
    with pytest.raises(ConfigurationError) as caught:
        check(config, HERE, homes, ROOTS)
    return [line.strip("- ") for line in str(caught.value).splitlines() if line.startswith("  - ")]


def planned(entry):
    return Plan(with_dataset(entry) | {"dataset": "mine"}, HERE).data


def source(entry):
    return source_of("mine", {"datasets": {"mine": entry}}, HOMES)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({**FOLDER, "source": "image_foldr"}, "did you mean 'image_folder'?"),
        (
            {"source": "cifar", "crop": 28},
            "datasets.mine.source: 'cifar' is not possible; did you mean 'cifar10'?",
        ),
        ({"source": "cifar10"}, "datasets.mine: the key 'crop' is missing"),
        ({"source": "cifar10", "crop": 28, "size": 32}, "datasets.mine: unknown key 'size'"),
        ({"source": "cifar10", "crop": 28, "licence": "mine"}, "datasets.mine: unknown key 'licence'"),
        ({"source": "cifar10", "crop": 40}, "images of mine are 32 pixels wide, so the crop is at most that"),
        ({**FOLDER, "crop": 40}, "images of mine are 32 pixels wide"),
        ({**FOLDER, "colour": "gray"}, "datasets.mine.colour: 'gray' is not possible; did you mean 'grey'?"),
        ({**FOLDER, "title": "{}"}, "datasets.mine.title"),
        ({**NPZ, "value_range": [1, 0]}, "value_range: expected [black, white] rising, found [1.0, 0.0]"),
        ({**NPZ, "value_range": [0]}, "datasets.mine.value_range"),
        ({**LISTED, "crop": 28}, "datasets.mine: unknown key 'crop'"),
        ({**NPZ, "file": "~nobody-here/x"}, "datasets.mine.file: '~nobody-here/x' is no path here"),
        ({**NPZ, "file": str(HERE / "src")}, "is a folder; expected a file"),
        ({**FOLDER, "folder": str(HERE / "config.yaml")}, "is a file; expected a folder"),
    ],
)
def test_a_mistake_in_a_data_set_is_named(entry, said):
    (found,) = problems(with_dataset(entry))
    assert said in found


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("gabor", {"transform": "gabr"}, "'gabr' is not possible; did you mean 'gabor'?"),
        ("gabor", {"stride": 0}, "features.gabor.stride: expected at least 1, found 0"),
        ("gabor", {"strid": 2}, "features.gabor: unknown key 'strid'; did you mean 'stride'?"),
        ("pixels", {"stride": 2}, "features.pixels: unknown key 'stride'"),
        ("gabor", {"stride": 29}, "gabor needs images of at least 29 pixels a side, those of mnist have 28"),
        (
            "random_patches",
            {"pool": 28},
            "needs images of at least 33 pixels a side, those of cifar10 have 32",
        ),
    ],
)
def test_a_mistake_in_features_is_named(name, change, said):
    config = copy.deepcopy(PAPER)
    config["features"][name] |= change
    found = problems(config)
    assert found
    assert all(said in problem for problem in found), found


def test_every_option_without_a_default_is_required():
    for name, entry in PAPER["features"].items():
        for option in set(entry) - {"transform"}:
            config = copy.deepcopy(PAPER)
            del config["features"][name][option]
            assert problems(config) == [f"features.{name}: the key {option!r} is missing"]


def test_the_smallest_side_is_that_of_the_features():
    features = HOMES.of("features")
    assert least_side(features["pixels"], {}) == 1
    assert least_side(features["gabor"], {"stride": 4}) == 4
    # 32 pixels have 27 places for a patch of 6, and 18 for a square of 10 of these.
    assert least_side(features["random_patches"], {"patch": 6, "pool": 10}) == 15


def test_images_that_are_only_listed_train_nothing_and_no_kernel_sees_them():
    config = with_dataset(LISTED, "cifar10")
    first, *others = problems(config)
    assert "images of cifar10 are only listed, so no network is trained on them yet" in first
    assert "set fig1a, " in first
    assert others
    for problem in others:
        assert problem.endswith(
            ".dataset: images of cifar10 are only listed, so no kernel or experiment sees them"
        )


def test_titles_origins_and_licences_are_the_sources_or_the_configurations():
    mnist = source({"source": "mnist", "crop": 28}).description()
    assert mnist["title"] == "MNIST"
    assert "LeCun" in mnist["origin"]
    assert mnist["licence"] == "CC BY-SA 3.0"
    mine = source_of("my_cats", {"datasets": {"my_cats": FOLDER}}, HOMES).description()
    assert mine == {
        "title": "my cats",
        "source": "image_folder",
        "origin": "data/mine",
        "licence": "not stated in the configuration",
    }
    said = source({**FOLDER, "title": "Cats", "licence": "CC0"}).description()
    assert (said["title"], said["licence"]) == ("Cats", "CC0")
    listed = source(LISTED).description()
    assert listed["title"] == "ImageNet (ILSVRC 2012)"
    assert "Russakovsky" in listed["origin"]


def test_where_own_data_lie_is_no_part_of_what_they_are():
    here = planned(FOLDER).images("true").stamp
    assert (
        planned({**FOLDER, "folder": "/elsewhere", "title": "Mine", "crop": 20}).images("true").stamp == here
    )
    assert planned({**FOLDER, "resize": "none", "colour": "rgb"}).images("true").stamp == here
    assert planned({**FOLDER, "size": 40}).images("true").stamp != here
    assert planned({**FOLDER, "colour": "grey"}).images("true").stamp != here


def test_the_side_of_images_in_a_numpy_file_is_known_before_it_is_read(tmp_path):
    path = tmp_path / "mine.npz"
    np.savez_compressed(path, x_train=np.zeros((9, 30, 20, 3), np.uint8), y_train=np.zeros(9, int))
    config = with_dataset({**NPZ, "file": str(path)})
    assert "images of mine are 20 pixels wide" in problems(config)[0]
    path.write_bytes(b"no archive")
    check(config, HERE, HOMES, ROOTS)


def test_only_published_data_are_downloaded_and_only_large_data_go_to_a_node():
    sources = HOMES.of("source")
    of_ones_own = {name for name, home in sources.items() if home.about.get("place")}
    assert of_ones_own == {"image_folder", "imagenet", "npz"}
    assert {name for name, home in sources.items() if not home.says("downloaded")} == {"digits", *of_ones_own}
    assert {name for name, home in sources.items() if home.says("large")} == {"image_folder", "imagenet"}
    mnist, mine = planned({"source": "mnist", "crop": 28}), planned(FOLDER)
    assert mnist.images("true").inputs == {"download": mnist.download()}
    assert mine.download() is None
    assert (mnist.is_large, mine.is_large) == (False, True)


def test_an_edited_reader_prepares_its_own_data_sets_only():
    images = {name: planned({"source": name, "crop": 7}).images("true") for name in ("digits", "mnist")}
    code = {name: set(made.code["files"]) for name, made in images.items()}
    folder = str(HERE / "src" / "rethinking" / "datasets")
    assert f"{folder}/digits.py" in code["digits"] - code["mnist"]
    assert f"{folder}/mnist.py" in code["mnist"] - code["digits"]
    assert f"{folder}/kmnist.py" not in code["mnist"]


def test_a_source_of_ones_own_is_named_by_the_configuration_as_ours_are(tmp_path):
    path = tmp_path / "noise.py"
    path.write_text(PLUGIN)
    homes = Homes(HERE / "src", [str(path)])
    config = with_dataset({"source": "noise", "pixels": 9, "crop": 8})
    config["plugins"] = [str(path)]
    roots = (*ROOTS, *homes.folders)
    checked = check(config, HERE, homes, roots)
    mine = source_of("mine", checked, homes)
    assert (mine.title, mine.side, mine.own) == ("Noise", 9, None)
    assert mine.options == {"pixels": 9, "classes": 2}
    made = Plan(config | {"dataset": "mine"}, HERE).data.images("true")
    assert made.spec["module"] == "noise"
    assert str(path) in made.code["files"]
    config["datasets"]["mine"]["crop"] = 10
    assert "images of mine are 9 pixels wide" in problems(config, homes)[0]
