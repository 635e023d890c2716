"""A user's own data are known by what they hold, not by where they lie or when they were written."""

import json
import os
import shutil

import pytest

from pipeline.planning import content
from pipeline.planning.content import content_hash


@pytest.fixture
def images(tmp_path):
    for part in ("train", "test"):
        for name in ("cat", "dog"):
            folder = tmp_path / "pets" / part / name
            folder.mkdir(parents=True)
            for number in range(3):
                (folder / f"{number}.png").write_bytes(f"{part} {name} {number}".encode())
    return tmp_path / "pets"


def entry(folder):
    return {"source": "image_folder", "folder": str(folder)}


def test_a_copied_folder_is_the_same_data(images, tmp_path):
    record = tmp_path / "results" / "content.json"
    first = content_hash(entry(images), record)
    shutil.copytree(images, tmp_path / "copy")
    assert content_hash(entry(tmp_path / "copy"), tmp_path / "other.json") == first
    assert content_hash(entry(tmp_path / "copy"), record) == first


@pytest.mark.parametrize("change", ["content", "renamed", "removed", "added", "moved"])
def test_any_change_of_what_is_there_is_noticed(images, tmp_path, change):
    record = tmp_path / "content.json"
    before = content_hash(entry(images), record)
    one = images / "train" / "cat" / "0.png"
    if change == "content":
        times = one.stat()
        one.write_bytes(b"train cat X")  # as long as before, and with the old modification time
        os.utime(one, ns=(times.st_atime_ns, times.st_mtime_ns))
    elif change == "renamed":
        one.rename(one.with_name("9.png"))
    elif change == "removed":
        one.unlink()
    elif change == "added":
        shutil.copy(one, one.with_name("9.png"))
    else:
        one.rename(images / "train" / "dog" / "9.png")
    assert content_hash(entry(images), record) != before


def test_touching_changes_nothing_and_unchanged_files_are_not_read_again(images, tmp_path, monkeypatch):
    record = tmp_path / "content.json"
    before = content_hash(entry(images), record)
    read = []
    genuine = content._hash
    monkeypatch.setattr(content, "_hash", lambda path: read.append(path) or genuine(path))
    assert content_hash(entry(images), record) == before
    assert read == []
    touched = images / "train" / "cat" / "0.png"
    os.utime(touched)
    assert content_hash(entry(images), record) == before
    assert read == [touched]


def test_where_the_data_are_gone_or_not_to_be_looked_at_the_record_stands_for_them(images, tmp_path):
    record = tmp_path / "content.json"
    before = content_hash(entry(images), record)
    (images / "train" / "cat" / "0.png").write_bytes(b"other")
    assert content_hash(entry(images), record, look=False) == before
    shutil.rmtree(images)
    assert content_hash(entry(images), record) == before
    record.unlink()
    assert content_hash(entry(images), record) is None


@pytest.mark.parametrize("text", ["", "[]", '{"content": 3, "files": {}}', "[" * 100_000])
def test_a_record_that_cannot_be_read_is_made_again(images, tmp_path, text):
    record = tmp_path / "content.json"
    before = content_hash(entry(images), record)
    record.write_text(text)
    assert content_hash(entry(images), record) == before
    assert json.loads(record.read_text())["content"] == before


def test_published_data_have_no_content_of_their_own(tmp_path):
    assert content_hash({"source": "cifar10"}, tmp_path / "content.json") is None
    assert not (tmp_path / "content.json").exists()
