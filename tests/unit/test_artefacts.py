"""What is on disk is whole, is what was made, and says so when it is not."""

import json

import numpy as np
import pytest

from pipeline import artefacts
from pipeline.stamps import stamp

SPEC, CODE = {"label_noise": 0.5, "seed": 1}, "abc"
ARRAYS = {"train": np.arange(1000), "test": np.ones((3, 4), bool)}


@pytest.fixture
def manifest(tmp_path):
    path = tmp_path / "seed-1" / "manifest.json"
    artefacts.save(path, ARRAYS.items(), SPEC, CODE)
    return path


def test_arrays_come_back_as_they_were_mapped_read_only(manifest):
    loaded = artefacts.load(manifest, stamp(SPEC, CODE))
    assert np.array_equal(loaded["train"], np.arange(1000))
    assert loaded["test"].dtype == bool
    assert isinstance(loaded["train"], np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        loaded["train"][0] = 1


def test_the_same_artefact_is_the_same_bytes(manifest, tmp_path):
    again = tmp_path / "again" / "manifest.json"
    artefacts.save(again, ARRAYS.items(), SPEC, CODE)
    assert again.read_bytes() == manifest.read_bytes()


def damage_truncate(manifest):
    path = manifest.with_name("train.npy")
    path.write_bytes(path.read_bytes()[:-100])


def damage_flip_a_bit(manifest):
    path = manifest.with_name("train.npy")
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def damage_remove(manifest):
    manifest.with_name("train.npy").unlink()


def damage_manifest(manifest):
    manifest.write_text(manifest.read_text()[:50])


def damage_other_json(manifest):
    manifest.write_text("[]")


def damage_stamp(manifest):
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(content | {"stamp": "0" * 16}))


DAMAGES = [
    damage_truncate,
    damage_flip_a_bit,
    damage_remove,
    damage_manifest,
    damage_other_json,
    damage_stamp,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_noticed_and_named_with_the_command_that_mends_it(manifest, damage, monkeypatch):
    monkeypatch.setenv("RETHINKING_SNAKEMAKE", "snakemake --configfile config/demo.yaml")
    damage(manifest)
    with pytest.raises(artefacts.ArtefactError) as caught:
        artefacts.load(manifest, stamp(SPEC, CODE))
    message = str(caught.value)
    assert str(manifest.parent) in message
    assert f"snakemake --configfile config/demo.yaml --cores 1 --force {manifest}" in message


def test_nothing_is_left_of_a_write_that_failed(tmp_path):
    path = tmp_path / "result.csv"
    path.write_text("old")

    def write_half():
        with artefacts.written_whole(path) as temporary:
            temporary.write_text("half of the new")
            raise OSError("no space left on device")

    with pytest.raises(artefacts.ArtefactError, match=r"no space.*nothing is kept.*run the same command"):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_json_refuses_numbers_that_json_does_not_have(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        artefacts.write_json(tmp_path / "x.json", {"loss": float("nan")})
    assert not list(tmp_path.iterdir())


def test_stamps_depend_on_content_and_not_on_order():
    assert stamp({"a": 1, "b": 2}, "c") == stamp({"b": 2, "a": 1}, "c")
    assert stamp({"a": 1}, "c") != stamp({"a": 2}, "c") != stamp({"a": 2}, "d")
