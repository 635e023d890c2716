"""What is on disk is whole, is what was made, and says so when it is not."""

import json
import os
import pathlib
import re
import subprocess

import numpy as np
import pytest

from pipeline.planning.digest import Scripts
from pipeline.planning.stamps import stamp
from pipeline.storage import artefacts, jobs

ARRAYS = {"train": np.arange(1000), "test": np.ones((3, 4), bool)}
CODE = {"digest": "abc", "files": {}, "script": "", "modules": (), "roots": ()}


def job_in(folder, file="manifest.json"):
    """A result as a job is told of it, whose code nobody edits."""
    return {
        **{"folder": str(folder), "file": file, "stamp": "0123456789abcdef", "seed": 1},
        **{"receipt": f"{folder}/receipt.json", "along": [], "inputs": {}},
        **{"spec": {"label_noise": 0.5}, "code": CODE},
    }


@pytest.fixture
def job(tmp_path):
    job = job_in(tmp_path / "seed-1")
    artefacts.save_arrays(job, ARRAYS.items())
    return job


@pytest.fixture
def manifest(job):
    return pathlib.Path(job["folder"], job["file"])


def test_arrays_come_back_as_they_were_mapped_read_only(job):
    loaded = artefacts.load(job)
    assert np.array_equal(loaded["train"], np.arange(1000))
    assert loaded["test"].dtype == bool
    assert isinstance(loaded["train"], np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        loaded["train"][0] = 1


def test_the_same_artefact_is_the_same_bytes(manifest, tmp_path):
    artefacts.save_arrays(job_in(tmp_path / "again"), ARRAYS.items())
    assert (tmp_path / "again" / "manifest.json").read_bytes() == manifest.read_bytes()


def test_a_result_of_another_stamp_or_seed_is_refused(job):
    for other in ({"stamp": "f" * 16}, {"seed": 2}, {"seed": None}):
        with pytest.raises(artefacts.ArtefactError, match="made by another specification or other code"):
            artefacts.load(job | other)


def test_a_finished_result_gets_its_receipt_again_and_an_altered_one_is_made_again(job, manifest):
    receipt = pathlib.Path(job["receipt"])
    assert json.loads(receipt.read_text())["sha256"] == artefacts.sha256_of_file(manifest)
    receipt.unlink()
    told = []
    assert list(jobs.unfinished([job], told.append)) == []
    assert receipt.exists()
    assert told == [f"{manifest} is there and whole: kept"]
    manifest.with_name("train.npy").write_bytes(b"")
    assert list(jobs.unfinished([job], told.append)) == [job]


@pytest.mark.parametrize("as_list", [False, True])
def test_a_result_is_made_again_when_what_it_was_made_from_holds_something_else(
    job, manifest, tmp_path, as_list
):
    made = job_in(tmp_path / "summary", "summary.json") | {"inputs": {"runs": [job] if as_list else job}}
    artefacts.write_result(made, {"mean": 0.1})
    told = []

    def to_be_made():
        return list(jobs.unfinished([made], told.append))

    assert to_be_made() == []
    # Made again, the same: kept. With other content: made again.
    artefacts.save_arrays(job, ARRAYS.items())
    assert to_be_made() == []
    artefacts.save_arrays(job, [("train", np.arange(999)), ("test", ARRAYS["test"])])
    assert to_be_made() == [made]
    artefacts.write_result(made, {"mean": 0.2})
    assert to_be_made() == []
    # What cannot be read says nothing, and no finished result is lost for it.
    manifest.write_text("{")
    assert to_be_made() == []
    manifest.unlink()
    assert to_be_made() == []


def test_nothing_is_written_when_the_code_was_edited_meanwhile(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("VALUE = 1\n")
    found = Scripts(tmp_path).code(str(script))
    job = job_in(tmp_path / "made") | {"code": found}
    script.write_text("# A remark.\nVALUE = 1\n")
    artefacts.write_result(job, {})
    script.write_text("VALUE = 2\n")
    late = job | {"folder": str(tmp_path / "late")}
    with pytest.raises(artefacts.ArtefactError, match=r"script\.py changed after this job was planned"):
        artefacts.write_result(late, {})
    assert not (tmp_path / "late").exists()


def test_pages_are_copied_and_the_marks_of_others_go(job, tmp_path):
    page, marks = tmp_path / "figures" / "fig.csv", tmp_path / "marks"
    marks.mkdir()
    (marks / "of-other-settings").touch()
    made = job_in(tmp_path / "fig", "result.json")
    made["pages"] = {"files": {"summary.csv": str(page)}, "mark": str(marks / made["stamp"])}
    for _ in jobs.unfinished([made], print):
        with artefacts.written_whole(tmp_path / "fig" / "summary.csv") as temporary:
            temporary.write_text("1")
        artefacts.write_result(made, {}, ["summary.csv"])
    assert page.read_text() == "1"
    assert [each.name for each in marks.iterdir()] == [made["stamp"]]
    (tmp_path / "fig" / "summary.csv").write_text("2")
    with pytest.raises(artefacts.ArtefactError, match=r"summary\.csv: missing, truncated or altered"):
        jobs.copy_pages(made)


def test_what_is_made_along_is_waited_for(tmp_path):
    run, weights = job_in(tmp_path / "run", "run.json"), job_in(tmp_path / "weights", "weights.json")
    run |= {"receipt": f"{tmp_path}/run/receipt-12345678.json", "along": [weights]}
    artefacts.write_result(run, {})
    assert list(jobs.unfinished([run], print)) == [run]
    artefacts.write_result(weights, {})
    assert list(jobs.unfinished([run], print)) == []
    assert pathlib.Path(run["receipt"]).exists()


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
def test_damage_is_noticed_and_named_with_the_command_that_mends_it(job, manifest, damage, monkeypatch):
    monkeypatch.setenv("RETHINKING_SNAKEMAKE", "snakemake --configfile config/demo.yaml")
    damage(manifest)
    with pytest.raises(artefacts.ArtefactError) as caught:
        artefacts.load(job)
    message = str(caught.value)
    assert str(manifest.parent) in message
    assert f"snakemake --configfile config/demo.yaml --cores 1 --force {job['receipt']}" in message


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
def test_what_stands_in_the_place_of_a_file_is_named_with_a_remedy_that_works(
    job, manifest, name, replace, what
):
    path = manifest.with_name(name)
    replace(manifest, path)
    with pytest.raises(artefacts.ArtefactError, match=what) as caught:
        artefacts.load(job)
    aside, _, remake = str(caught.value).splitlines()[-1].strip().partition(" && ")
    assert remake == f"snakemake --cores 1 --force {job['receipt']}"
    subprocess.run(aside, shell=True, check=True)
    artefacts.save_arrays(job, ARRAYS.items())
    artefacts.load(job)


def forged(manifest, **changes):
    """A manifest with other content and a hash that fits."""
    content = json.loads(manifest.read_text()) | changes
    del content["sha256"]
    manifest.write_text(json.dumps(content | {"sha256": artefacts._content_hash(content)}))


@pytest.mark.parametrize("kind", ["objects", "an archive", "text", "a longer array than the file"])
def test_a_file_that_is_no_plain_array_is_refused_though_its_hash_is_right(job, manifest, kind):
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
    forged(manifest, arrays=arrays)
    with pytest.raises(artefacts.ArtefactError, match=r"train\.npy: no array of plain values"):
        artefacts.load(job)
    assert not trap.exists()


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (pathlib.Path.touch, (self.path,))


def test_names_of_arrays_lead_nowhere_else(job, manifest):
    np.save(manifest.parents[1] / "secret.npy", np.arange(1000))
    arrays = json.loads(manifest.read_text())["arrays"]
    forged(manifest, arrays=arrays | {"../secret": arrays["train"]})
    with pytest.raises(artefacts.ArtefactError, match="names arrays that are not its own"):
        artefacts.load(job)
    forged(manifest, arrays=arrays, files={"../../secret.npy": "0"})
    with pytest.raises(artefacts.ArtefactError, match="names files that are not its own"):
        artefacts.check_whole(job)


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
    for reader in (artefacts.read_result, artefacts.load, artefacts.check_whole):
        with pytest.raises(artefacts.ArtefactError) as caught:
            reader(job_in(tmp_path, "run.json"))
        assert str(caught.value).startswith(f"{path}: ")
        assert len(str(caught.value)) < 1000


def test_a_result_without_a_key_is_refused_by_its_name(tmp_path):
    job = job_in(tmp_path, "run.json")
    artefacts.write_result(job, {"verdict": "finished"})
    assert artefacts.read_result(job, ("verdict",))["verdict"] == "finished"
    with pytest.raises(artefacts.ArtefactError, match=r"run\.json: .*it has no files, classes"):
        artefacts.read_result(job, ("verdict", "files", "classes"))


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
    monkeypatch.setattr("pipeline.storage.writing.secrets.token_hex", lambda _: "known")
    (tmp_path / "there" / ".result.unfinished-known.csv").symlink_to(tmp_path / "precious")
    monkeypatch.setattr("pipeline.storage.writing._clear_unfinished", lambda _: None)
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
