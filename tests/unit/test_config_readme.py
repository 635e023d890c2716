"""config/README.md describes every key as the schema and config.yaml have it, and its examples can be run."""

import ast
import copy
import re
from pathlib import Path

import pytest
import yaml

from pipeline.planning.configuration import check
from pipeline.planning.homes import Homes
from pipeline.planning.kinds import NEEDED, TAKES_OPTIONS
from pipeline.planning.schema import SCHEMA, schema_with
from schemas.config_readme import BLOCK, README, render
from small import merged

HERE = Path(__file__).parents[2]
ROOTS = (HERE / "src", HERE / "workflow")
HOMES = Homes(HERE / "src")
TEXT = README.read_text()
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.M | re.S)
PAPER = yaml.safe_load((HERE / "config.yaml").read_text())


def test_the_tables_are_those_of_the_schema():
    assert render(TEXT) == TEXT, "renew them: python workflow/schemas/config_readme.py"


def test_every_top_level_key_has_its_place_once():
    placed = [key for block in BLOCK.findall(TEXT) for key in block[1].split()]
    assert sorted(placed) == sorted(schema_with(HOMES)["properties"])


def test_no_key_of_the_schema_is_missing():
    def keys(node):
        for key, part in node.items() if isinstance(node, dict) else enumerate(node):
            if key == "properties":
                yield from part
            if isinstance(part, dict | list):
                yield from keys(part)

    described = set(re.findall(r"\w+", " ".join(re.findall(r"`.*?`", TEXT))))
    assert set(keys(schema_with(HOMES))) <= described


def test_a_changed_description_or_value_is_seen():
    line = next(line for line in TEXT.splitlines() if line.startswith("| `training.momentum`"))
    assert line.endswith("| number ≥ 0, < 1 | `0.9` | The part of the last step that the next one keeps. |")
    assert line in render(TEXT.replace(line, "| `training.momentum` | an old row |"))


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_an_overlay_that_can_be_run(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check(merged(copy.deepcopy(PAPER), yaml.safe_load(example)), HERE, HOMES, ROOTS)


def test_no_text_of_the_schema_was_cut_at_a_comma():
    """`{description: One, two}` is a description "One" and a key "two"."""

    def empty(node):
        for key, part in node.items() if isinstance(node, dict) else enumerate(node):
            if part is None:
                yield key
            elif isinstance(part, dict | list):
                yield from empty(part)

    assert list(empty(yaml.safe_load(SCHEMA.read_text()))) == []


@pytest.mark.parametrize("kind", ["source", "corruption", "features", "update_rule", "schedule", "probe"])
def test_a_default_is_that_of_the_function_that_takes_the_option(kind):
    """ABOUT is a literal, so a default stands in it and may stand in the function as well."""
    compared = 0
    for home in HOMES.of(kind).values():
        for name in (*TAKES_OPTIONS.get(kind, ()), *NEEDED[kind][1]):
            function = home.function(name)
            signature = (
                function.node.args if function and isinstance(function.node, ast.FunctionDef) else None
            )
            if signature is None:
                continue
            by_place = signature.args[len(signature.args) - len(signature.defaults) :]
            pairs = [*zip(by_place, signature.defaults, strict=True)]
            pairs += [
                pair for pair in zip(signature.kwonlyargs, signature.kw_defaults, strict=True) if pair[1]
            ]
            for argument, default in pairs:
                if argument.arg in home.defaults():
                    assert ast.literal_eval(default) == home.defaults()[argument.arg], function.path
                    compared += 1
    assert compared or kind in ("source", "features", "probe")
