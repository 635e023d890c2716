"""config/README.md describes every key as the schema and config.yaml have it, and its examples can be run."""

import copy
import re
from pathlib import Path

import pytest
import yaml
from schemas.config_readme import BLOCK, README, render

from pipeline.planning.configuration import SCHEMA, check
from pipeline.planning.sources import IMAGE_FOLDER
from trees import merged

HERE = Path(__file__).parents[2]
ROOTS = (HERE / "src", HERE / "workflow")
TEXT = README.read_text()
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.M | re.S)
PAPER = yaml.safe_load((HERE / "config.yaml").read_text())


def test_the_tables_are_those_of_the_schema():
    assert render(TEXT) == TEXT, "renew them: python workflow/schemas/config_readme.py"


def test_every_top_level_key_has_its_place_once():
    placed = [key for block in BLOCK.findall(TEXT) for key in block[1].split()]
    assert sorted(placed) == sorted(yaml.safe_load(SCHEMA.read_text())["properties"])


def test_no_key_of_the_schema_is_missing():
    def keys(node):
        for key, part in node.items() if isinstance(node, dict) else enumerate(node):
            if key == "properties":
                yield from part
            if isinstance(part, dict | list):
                yield from keys(part)

    described = set(re.findall(r"\w+", " ".join(re.findall(r"`.*?`", TEXT))))
    assert set(keys(yaml.safe_load(SCHEMA.read_text()))) <= described


def test_a_changed_description_or_value_is_seen():
    line = next(line for line in TEXT.splitlines() if line.startswith("| `training.momentum`"))
    assert line.endswith("| number ≥ 0, < 1 | `0.9` | SGD's momentum. |")
    assert line in render(TEXT.replace(line, "| `training.momentum` | an old row |"))


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_an_overlay_that_can_be_run(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check(merged(copy.deepcopy(PAPER), yaml.safe_load(example)), HERE, ROOTS)


def test_no_text_of_the_schema_was_cut_at_a_comma():
    """`{description: One, two}` is a description "One" and a key "two"."""

    def empty(node):
        for key, part in node.items() if isinstance(node, dict) else enumerate(node):
            if part is None:
                yield key
            elif isinstance(part, dict | list):
                yield from empty(part)

    assert list(empty(yaml.safe_load(SCHEMA.read_text()))) == []


def test_defaults_in_the_schema_are_those_of_the_code():
    entry = yaml.safe_load(SCHEMA.read_text())["properties"]["datasets"]["additionalProperties"]
    folder = next(
        part for part in entry["allOf"] if part["if"]["properties"]["source"] == {"const": "image_folder"}
    )
    defaults = {
        key: part["default"] for key, part in folder["then"]["properties"].items() if "default" in part
    }
    assert defaults == IMAGE_FOLDER
