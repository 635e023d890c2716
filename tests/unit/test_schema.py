"""The schema of the configuration follows the homes: nothing that can be named is listed anywhere else."""

import copy
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from pipeline.planning.homes import Homes
from pipeline.planning.schema import SCHEMA, one_of, schema_with, unknown_names

HERE = Path(__file__).parents[2]
PAPER = yaml.safe_load((HERE / "config.yaml").read_text())
CORRUPTION = """ABOUT = {
    "kind": "corruption",
    "of": "images",
    "title": "blurred images",
    "options": {"radius": {"type": "number", "minimum": 0, "default": 1.0, "description": "In pixels."}},
}


def corrupt(images, generator, radius):
    raise AssertionError("planning calls no function of a plugin that makes results")
"""
SCHEDULE = """ABOUT = {
    "kind": "schedule",
    "title": "One learning rate.",
    "options": {"warm_up": {"type": "integer", "minimum": 0, "default": 0, "description": "Epochs."}},
}


def factor(epoch, warm_up=0):
    raise AssertionError("planning calls no function of a plugin that makes results")
"""


def errors(config, homes) -> list[str]:
    """The places of what a schema finds wrong, with the rules that are broken."""
    found = Draft202012Validator(schema_with(homes)).iter_errors(config)
    return sorted(f"{'.'.join(map(str, error.absolute_path))}: {error.validator}" for error in found)


@pytest.fixture
def homes(tmp_path):
    """Ours, and a corruption and a schedule of one's own."""
    (tmp_path / "blurred.py").write_text(CORRUPTION)
    (tmp_path / "one_rate.py").write_text(SCHEDULE)
    return Homes(HERE / "src", [str(tmp_path)])


def test_the_schema_is_a_schema_and_the_papers_configuration_is_right():
    schema = schema_with(Homes(HERE / "src"))
    Draft202012Validator.check_schema(schema)
    assert errors(PAPER, Homes(HERE / "src")) == []


def test_the_file_names_no_home():
    """A list of names would be a second place to add a home to. Kernels have no homes."""
    homes = Homes(HERE / "src")
    named = {name for kind in ("source", "corruption", "exhibit", "measurement") for name in homes.of(kind)}

    def texts(node):
        if isinstance(node, dict | list):
            for part in node.values() if isinstance(node, dict) else node:
                yield from texts(part)
        yield from node if isinstance(node, dict) else [node] if isinstance(node, str) else []

    assert not (named - {"gaussian"}) & set(texts(yaml.safe_load(SCHEMA.read_text())))


def test_what_plugins_add_is_allowed_with_them_and_an_error_without(homes):
    config = copy.deepcopy(PAPER)
    config["corruptions"]["blurred"] = {"radius": 2.0}
    config["training"]["warm_up"] = 3
    config["networks"]["alexnet"] |= {"schedule": "one_rate", "warm_up": 1}
    assert errors(config, homes) == []
    assert errors(config, Homes(HERE / "src")) == [
        "corruptions: additionalProperties",
        "networks.alexnet.schedule: enum",
        "networks.alexnet: additionalProperties",
        "training: additionalProperties",
    ]


def test_options_of_plugins_are_checked_like_ours(homes):
    config = copy.deepcopy(PAPER)
    config["corruptions"]["blurred"] = {"radius": -1, "sigma": 2}
    config["training"]["warm_up"] = 0.5
    assert errors(config, homes) == [
        "corruptions.blurred.radius: minimum",
        "corruptions.blurred: additionalProperties",
        "training.warm_up: type",
    ]


def test_an_entry_has_the_options_of_the_home_that_it_names_and_no_others():
    homes = Homes(HERE / "src").of("features")
    schema = Draft202012Validator(one_of(homes, "transform"))
    gabor = PAPER["features"]["gabor"]
    assert schema.is_valid(gabor)
    assert schema.is_valid({"transform": "pixels"})
    assert not schema.is_valid(gabor | {"transform": "pixels"})
    assert not schema.is_valid({"transform": "gabor"})
    assert not schema.is_valid({"transform": "wavelets"})
    assert not schema.is_valid({key: value for key, value in gabor.items() if key != "transform"})


def test_options_that_entries_share_are_required_as_they_are_given():
    homes = Homes(HERE / "src").of("features")
    shared = {"needed": {"type": "integer"}}, {"other": {"type": "integer"}}
    schema = Draft202012Validator(one_of(homes, "transform", lambda home: shared))
    assert schema.is_valid({"transform": "pixels", "needed": 1})
    assert schema.is_valid({"transform": "pixels", "needed": 1, "other": 1})
    assert not schema.is_valid({"transform": "pixels"})
    assert not schema.is_valid({"transform": "pixels", "needed": 1, "another": 1})


def test_names_of_nothing_are_found_at_any_depth():
    schema = {
        "properties": {
            "network": {"names": "network"},
            "rows": {"items": {"properties": {"system": {"names": "system"}, "free": {"type": "string"}}}},
        }
    }
    known = {"network": ["alexnet"], "system": ["mnist"]}
    right = {"network": "alexnet", "rows": [{"system": "mnist", "free": "anything"}]}
    assert unknown_names(right, schema, known, "figures.mine") == []
    wrong = {"network": "alexnt", "rows": [{"system": "mnist"}, {"system": "svhn"}]}
    assert unknown_names(wrong, schema, known, "figures.mine") == [
        "figures.mine.network: no network 'alexnt'; did you mean 'alexnet'? known: alexnet",
        "figures.mine.rows[1].system: no system 'svhn'; known: mnist",
    ]
