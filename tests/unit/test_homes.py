"""Everything that can be named has one home, and a module that cannot be one is named with file and line."""

import ast
import sys
from pathlib import Path

import pytest

from pipeline.planning.homes import PACKAGE, HomeError, Homes
from pipeline.planning.kinds import NEEDED
from rethinking.features.gabor import Gabor
from rethinking.features.random_patches import RandomPatches

HERE = Path(__file__).parents[2]
SOURCE = HERE / "src"
OURS = {
    "source": {
        *("cifar10", "cifar100", "digits", "fashion_mnist", "image_folder", "imagenet", "kmnist", "mnist"),
        *("npz", "svhn"),
    },
    "corruption": {"gaussian", "random_labels", "random_pixels", "shuffled_pixels"},
    "decayed": {"all", "hidden_linear", "weights"},
    "features": {"gabor", "pixels", "random_patches"},
    "exhibit": {
        *(
            "accuracy_curves",
            "accuracy_table",
            "interpolants",
            "learning_curves",
            "minimum_norm",
            "noise_sweep",
        ),
        *("regularised_random_labels", "ridge_path", "system_table", "test_error_readings"),
        "weight_decay_path",
        "rademacher",
    },
}
CORRUPTION = """ABOUT = {"kind": "corruption", "of": "images", "title": "mirrored"}


def corrupt(images, generator):
    for part, array in images.items():
        yield part, array[:, :, ::-1]
"""


def homes_with(tmp_path, text: str, name="mirrored.py") -> Homes:
    path = tmp_path / "plugins" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return Homes(SOURCE, [str(path)])


def refusal(tmp_path, text: str, name="mirrored.py") -> str:
    with pytest.raises(HomeError) as caught:
        homes_with(tmp_path, text, name)
    return str(caught.value)


def test_every_home_of_ours_is_found():
    homes = Homes(SOURCE)
    for kind, names in OURS.items():
        assert set(homes.of(kind)) == names
    for kind, (package, _, _) in NEEDED.items():
        folder = SOURCE / PACKAGE / package
        written = {path for path in folder.rglob("*.py") if "\nABOUT = " in path.read_text()}
        assert {home.path for home in homes.of(kind).values()} == written, "a home that is not found"


def test_homes_are_found_without_importing_any():
    before = set(sys.modules)
    Homes(SOURCE)
    assert not {name for name in set(sys.modules) - before if name.startswith("rethinking")}


def test_every_home_says_what_it_is_and_describes_each_option():
    homes = Homes(SOURCE)
    for kind in OURS:
        for home in homes.of(kind).values():
            assert home.about["title"], home.path
            for option, schema in home.options.items():
                assert schema.get("description"), f"{home.path}: {option}"


def test_features_take_the_options_that_they_have():
    features = Homes(SOURCE).of("features")
    assert set(features["gabor"].options) == set(Gabor._fields)
    assert set(features["random_patches"].options) == set(RandomPatches._fields)


def named_outside_its_home(names: set[str], folder: Path) -> set[str]:
    """Files below ``folder`` whose code, texts for people left out, has a string that is one of ``names``."""
    found = set()
    for path in folder.rglob("*.py"):
        strings = {
            node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)
        }
        if {each for each in strings if isinstance(each, str)} & names:
            found.add(path.name)
    return found


def test_no_source_and_no_transform_is_named_outside_its_home():
    names = OURS["source"] | OURS["features"]
    assert named_outside_its_home(names, HERE / "workflow" / "pipeline") == set()
    assert named_outside_its_home(names, HERE / "workflow" / "scripts") == set()
    for path in (HERE / "workflow" / "rules").glob("*.smk"):
        assert not {name for name in names if name in path.read_text()}


def test_a_plugin_is_as_good_as_a_home_of_ours(tmp_path):
    homes = homes_with(tmp_path, CORRUPTION)
    mine = homes.of("corruption")["mirrored"]
    assert (mine.module, mine.line) == ("mirrored", 1)
    assert homes.folders == (tmp_path / "plugins",)
    assert set(homes.of("corruption")) == OURS["corruption"] | {"mirrored"}


def test_a_folder_of_plugins_may_hold_modules_that_are_no_homes(tmp_path):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "helper.py").write_text("SIDE = 3\n")
    (tmp_path / "plugins" / "mirrored.py").write_text("from helper import SIDE\n\n" + CORRUPTION)
    homes = Homes(SOURCE, [str(tmp_path / "plugins")])
    assert homes.of("corruption")["mirrored"].line == 3


def test_a_plugin_that_is_not_there_is_named(tmp_path):
    with pytest.raises(HomeError, match=r"plugins: \S*none.py is no folder and no file of Python"):
        Homes(SOURCE, [str(tmp_path / "none.py")])


SAYS = 'ABOUT = {"kind": "source", "title": "Mine", "origin": None, "licence": None, "side": None'
DRAWS = 'ABOUT = {"kind": "features", "title": "Mine", "drawn": True}\n'


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("\ndef corrupt(:\n", 2, "invalid syntax"),
        (
            CORRUPTION.replace("def corrupt", "def corupt"),
            1,
            "the kind 'corruption' needs the function corrupt",
        ),
        (CORRUPTION.replace('"corruption"', '"corruptoin"'), 1, "did you mean 'corruption'?"),
        ("import numpy\n" + CORRUPTION.replace('"mirrored"', "numpy.pi"), 2, "ABOUT must be a literal"),
        (CORRUPTION.replace('"mirrored"', "{[1]: 2}"), 1, "ABOUT must be a literal"),
        ("ABOUT = ['corruption']\n", 1, "ABOUT must be a mapping"),
        ("ABOUT: dict = ['corruption']\n", 1, "ABOUT must be a mapping"),
        (CORRUPTION.replace('"of": "images", ', ""), 1, "the kind 'corruption' needs in ABOUT 'of'"),
        ("\nimport not_installed_anywhere\n" + CORRUPTION, 2, "imports not_installed_anywhere, which is not"),
        (CORRUPTION.replace('"title"', '"options": ["a"], "title"'), 1, "options must be a mapping of names"),
        (
            CORRUPTION.replace('"title"', '"options": {"unti": {}}, "title"').replace(
                "generator)", "generator, unit)"
            ),
            4,
            "corrupt takes no 'unti', an option in ABOUT; did you mean 'unit'?",
        ),
        (SAYS + "}\n", 1, "the kind 'source' needs the function read"),
        (
            SAYS + ', "downloaded": True}\ndef read(place): ...\n',
            1,
            "the kind 'source' needs the function files",
        ),
        (
            SAYS + ', "measures_side": True}\ndef read(place): ...\n',
            1,
            "the kind 'source' needs the function side",
        ),
        (
            DRAWS + "def draw(): ...\n",
            1,
            "needs the function blocks in mirrored.py, held_bytes in mirrored.py",
        ),
        (
            DRAWS.replace('"drawn"', '"drwan"'),
            1,
            "the kind 'features' has no 'drwan' in ABOUT; did you mean 'drawn'?",
        ),
        (DRAWS.replace(', "drawn": True', ""), 1, "the kind 'features' needs the function transform"),
        (SAYS + "}\nclass read: ...\n", 1, "the kind 'source' needs the function read"),
    ],
)
def test_a_module_that_cannot_be_a_home_is_named_with_file_and_line(tmp_path, text, line, said):
    message = refusal(tmp_path, text)
    assert f"{tmp_path / 'plugins' / 'mirrored.py'}, line {line}: " in message
    assert said in message


def test_a_name_that_is_taken_is_refused_with_both_places(tmp_path):
    message = refusal(tmp_path, "\n" + CORRUPTION, "gaussian.py")
    assert (
        f"{tmp_path / 'plugins' / 'gaussian.py'}, line 2: the corruption 'gaussian' has a home already"
        in message
    )
    assert str(SOURCE / PACKAGE / "corruptions" / "gaussian.py") + ", line " in message
    twice = tmp_path / "twice"
    for folder in ("a", "b"):
        (twice / folder).mkdir(parents=True)
        (twice / folder / "mirrored.py").write_text(CORRUPTION)
    with pytest.raises(
        HomeError, match=r"b/mirrored\.py, line 1: .* home already, \S*a/mirrored\.py, line 1"
    ):
        Homes(SOURCE, [str(twice)])


def test_a_home_that_planning_imports_must_be_light(tmp_path):
    text = "import torch\n" + SAYS + ', "measures_side": True}\ndef read(place): ...\ndef side(place): ...\n'
    home = homes_with(tmp_path, text).of("source")["mirrored"]
    with pytest.raises(
        HomeError, match=r"mirrored\.py, line 1: imports torch, and with it torch, which takes"
    ):
        home.load()


def test_the_homes_that_planning_imports_are_light():
    homes = Homes(SOURCE)
    sources = homes.of("source").values()
    imported = [home for home in sources if home.says("measures_side") or home.says("checks_options")]
    assert imported
    for home in (*imported, *homes.of("exhibit").values()):
        home.load()
