"""What is on disk is whole, is what was made, and says so when it is not."""

import json
import os
import pathlib
import re
import subprocess

import numpy as np
import pytest

from pipeline.planning.stamps import stamp
from pipeline.storage import artefacts

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


def replace_by_folder(manifest, path):
    path.unlink()
    path.mkdir()


def replace_by_dangling_link(manifest, path):
    path.unlink()
    path.symlink_to("nowhere")


def replace_by_pipe(manifest, path):
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("name", ["manifest.json", "train.npy"])
@pytest.mark.parametrize(
    ("replace", "what"),
    [
        (replace_by_folder, "a folder is there"),
        (replace_by_dangling_link, r"a link to nothing \(nowhere\) is there"),
        (replace_by_pipe, "a named pipe is there"),
    ],
)
def test_what_stands_in_the_place_of_a_file_is_named_with_a_remedy_that_works(manifest, name, replace, what):
    path = manifest.with_name(name)
    replace(manifest, path)
    with pytest.raises(artefacts.ArtefactError, match=what) as caught:
        artefacts.load(manifest, stamp(SPEC, CODE))
    aside, _, remake = str(caught.value).splitlines()[-1].strip().partition(" && ")
    assert remake == f"snakemake --cores 1 --force {manifest}"
    subprocess.run(aside, shell=True, check=True)
    artefacts.save(manifest, ARRAYS.items(), SPEC, CODE)
    artefacts.load(manifest, stamp(SPEC, CODE))


def forged(manifest, **changes):
    """A manifest with other content and a stamp that fits."""
    content = json.loads(manifest.read_text()) | changes
    content["stamp"] = stamp(content["spec"], content["code"])
    manifest.write_text(json.dumps(content))
    return content["stamp"]


@pytest.mark.parametrize("kind", ["objects", "an archive", "text", "a longer array than the file"])
def test_a_file_that_is_no_plain_array_is_refused_though_its_hash_is_right(manifest, kind):
    path = manifest.with_name("train.npy")
    trap = manifest.with_name("unpickled")
    if kind == "objects":
        np.save(path, np.array([Trap(trap)], dtype=object), allow_pickle=True)
    elif kind == "an archive":
        np.savez(path.with_suffix(".npz"), x=np.arange(3))
        path.with_suffix(".npz").rename(path)
    elif kind == "text":
        path.write_bytes(b"no array")
    else:
        path.write_bytes(path.read_bytes()[:500])
    arrays = json.loads(manifest.read_text())["arrays"]
    arrays["train"]["sha256"] = artefacts.sha256_of_file(path)
    made_by = forged(manifest, arrays=arrays)
    with pytest.raises(artefacts.ArtefactError, match=r"train\.npy: no array of plain values"):
        artefacts.load(manifest, made_by)
    assert not trap.exists()


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (pathlib.Path.touch, (self.path,))


def test_names_of_arrays_lead_nowhere_else(manifest):
    np.save(manifest.parents[1] / "secret.npy", np.arange(1000))
    arrays = json.loads(manifest.read_text())["arrays"]
    made_by = forged(manifest, arrays=arrays | {"../secret": arrays["train"]})
    with pytest.raises(artefacts.ArtefactError, match="altered"):
        artefacts.load(manifest, made_by)


DEEP = "[" * 100_000 + "]" * 100_000
MALFORMED = {
    "nested": '{"a": ' * 100_000 + "1" + "}" * 100_000,
    "nested below a key": '{"stamp": "x", "sha256": "x", "spec": ' + DEEP + "}",
    "nested as far as it can be read": '{"stamp": "x", "sha256": "x", "spec": ' + "[" * 980 + "]" * 980 + "}",
    "binary": b"\xff\xfe\x00\x81",
    "a number that is none": '{"stamp": "x", "sha256": "x", "loss": NaN}',
    "a number without end": '{"stamp": "x", "sha256": "x", "loss": ' + "9" * 5000 + "}",
    "empty": "",
    "a list": "[]",
    "a stamp of a megabyte": json.dumps(
        {"stamp": "x" * 10**6, "sha256": "x", "spec": {}, "code": "", "arrays": {}}
    ),
}


@pytest.mark.parametrize("content", MALFORMED)
def test_a_malformed_result_is_refused_by_its_name_in_few_words(tmp_path, content):
    path = tmp_path / "run.json"
    path.write_bytes(MALFORMED[content] if content == "binary" else MALFORMED[content].encode())
    for reader in (artefacts.read_result, artefacts.load):
        with pytest.raises(artefacts.ArtefactError) as caught:
            reader(path, "0" * 16)
        assert str(caught.value).startswith(f"{path}: ")
        assert len(str(caught.value)) < 1000


def test_a_result_without_a_key_is_refused_by_its_name(tmp_path):
    path = tmp_path / "run.json"
    artefacts.write_result(path, {"verdict": "finished"}, SPEC, CODE)
    assert artefacts.read_result(path, stamp(SPEC, CODE), ("verdict",))["verdict"] == "finished"
    with pytest.raises(artefacts.ArtefactError, match=r"run\.json: .*it has no attached_sha256, classes"):
        artefacts.read_result(path, stamp(SPEC, CODE), ("verdict", "attached_sha256", "classes"))
    assert not artefacts.is_made(path, path, stamp(SPEC, CODE))


# Names under which a file might be expected to be written first, as links to one that is somebody's own.
GUESSED = [
    ".result.unfinished.csv",
    ".result.csv.tmp",
    "result.csv.tmp",
    ".result.unfinished-0000000000000000.csv",
]


def test_nothing_is_written_through_a_link(tmp_path, monkeypatch):
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "there").mkdir()
    for name in (*GUESSED, "result.csv"):
        (tmp_path / "there" / name).symlink_to(tmp_path / "precious")
    path = tmp_path / "there" / "result.csv"
    with artefacts.written_whole(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"
    assert not path.is_symlink()
    # Even where the name is known beforehand.
    monkeypatch.setattr("pipeline.storage.artefacts.secrets.token_hex", lambda _: "known")
    (tmp_path / "there" / ".result.unfinished-known.csv").symlink_to(tmp_path / "precious")
    monkeypatch.setattr("pipeline.storage.artefacts._clear_unfinished", lambda _: None)
    with pytest.raises(artefacts.ArtefactError, match="could not be written"):
        artefacts.write_json(path.with_suffix(".csv"), {})
    assert (tmp_path / "precious").read_text() == "precious"


def test_what_a_killed_job_left_is_removed_and_what_is_being_written_is_not(tmp_path):
    path = tmp_path / "result.csv"
    (tmp_path / ".result.unfinished-0123456789abcdef.csv").write_text("half")
    (tmp_path / ".result.unfinished-link.csv").symlink_to("nowhere")
    with artefacts.written_whole(path) as first:
        first.write_text("first")
        with artefacts.written_whole(path) as second:
            second.write_text("second")
        assert path.read_text() == "second"
    assert path.read_text() == "first"
    assert sorted(each.name for each in tmp_path.iterdir()) == [".result.unfinished-link.csv", "result.csv"]


def test_a_folder_in_the_place_of_a_result_is_named_with_a_remedy_that_works(tmp_path):
    path = tmp_path / "my result.csv"
    (path / "x").mkdir(parents=True)
    write = lambda: artefacts.write_json(path, {})  # noqa: E731
    with pytest.raises(artefacts.ArtefactError, match="a folder is there, move it away with") as caught:
        write()
    subprocess.run(re.search(r"with (mv .*?)\),", str(caught.value))[1], shell=True, check=True)
    write()
    assert path.is_file()


def test_permissions_are_those_of_any_new_file(tmp_path):
    (tmp_path / "plain").touch()
    artefacts.write_json(tmp_path / "x.json", {})
    assert (tmp_path / "x.json").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_second_name_that_is_no_file_and_a_place_that_is_taken_are_left_alone(tmp_path):
    path, second = tmp_path / "run.json", tmp_path / ".run.json.finished"
    os.mkfifo(second)
    artefacts.take_back(path)
    assert not path.exists()
    second.unlink()
    second.write_text("{}")
    path.symlink_to("nowhere")
    artefacts.take_back(path)
    assert path.is_symlink()


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
