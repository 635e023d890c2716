"""A key that stands twice is refused with its file and lines; YAML would silently take the last."""

import json
import os
import re

import pytest

from pipeline.planning.configuration import ConfigurationError
from pipeline.planning.overlays import configuration, refuse_repeated_keys, repeated_keys

TWICE = """
networks:
  alexnet: {epochs: 3}
  mlp_1x512:
    epochs: 3
    learning_rate: 0.1
    "epochs": 4
seeds: [0]
tables: {mine: {shows: a, shows: b}}
seeds: [1]
"""
FINE = """
pixels: &pixels {dataset: digits, ridge: [1]}
gabor: {<<: *pixels, dataset: mnist}
again: *pixels
1: number
"1": text
rows: [{a: 1}, {a: 1}]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("seeds: [0]\nnetworks: {mlp: {epochs: 1}}\n")
    return tmp_path


def test_every_repeated_key_is_named_with_its_lines(folder):
    (folder / "mine.yaml").write_text(TWICE)
    assert [
        problem.partition(" already")[0] for problem in repeated_keys(["config.yaml", folder / "mine.yaml"])
    ] == [
        "mine.yaml, line 7: the key 'epochs' stands in line 5",
        "mine.yaml, line 9: the key 'shows' stands in line 9",
        "mine.yaml, line 10: the key 'seeds' stands in line 8",
    ]
    with pytest.raises(ConfigurationError, match="only one of the two can hold"):
        refuse_repeated_keys(["mine.yaml"])


def test_merges_aliases_and_keys_of_several_mappings_are_no_repetition(folder):
    (folder / "mine.yaml").write_text(FINE)
    (folder / "empty.yaml").write_text("")
    (folder / "mine.json").write_text(
        json.dumps({"seeds": [0], "networks": {"mlp": {"epochs": 2}}}, indent="\t")
    )
    assert repeated_keys(["mine.yaml", "empty.yaml", "mine.json"]) == []


def test_a_repeated_key_of_json_is_named(folder):
    (folder / "mine.json").write_text('{"seeds": [0],\n"seeds": [1]}')
    assert repeated_keys(["mine.json"])[0].startswith("mine.json, line 2: the key 'seeds' stands in line 1")


def test_an_alias_to_itself_ends(folder):
    (folder / "mine.yaml").write_text("a: &a {b: *a, c: 1, c: 2}\n")
    assert len(repeated_keys(["mine.yaml"])) == 1


def test_files_are_merged_in_their_order(folder):
    (folder / "a.yaml").write_text("networks: {mlp: {epochs: 2, width: 1}}\n")
    (folder / "b.yaml").write_text("networks: {mlp: {epochs: 3}}\n")
    assert configuration(["a.yaml", "b.yaml"]) == {
        "seeds": [0],
        "networks": {"mlp": {"epochs": 3, "width": 1}},
    }


@pytest.mark.parametrize(("stands", "message"), [
    ("nothing", "CONFIG names x.yaml, which is not here"),
    ("pipe", "x.yaml is a named pipe"),
    ("zero", "x.yaml is a device"),
    ("folder", "x.yaml is a folder"),
])  # fmt: skip
def test_what_is_no_file_is_named_and_not_waited_for(folder, stands, message):
    path = folder / "x.yaml"
    {
        "nothing": lambda: None,
        "pipe": lambda: os.mkfifo(path),
        "zero": lambda: path.symlink_to("/dev/zero"),
        "folder": path.mkdir,
    }[stands]()
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        configuration(["x.yaml"])
