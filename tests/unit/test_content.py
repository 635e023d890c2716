"""The content of own data: another for a changed file, the same for a copy, known without reading again."""

import os
import shutil
from pathlib import Path

import pytest

from pipeline.planning import content
from pipeline.planning.content import content_hash, read_record
from pipeline.planning.homes import Homes
from pipeline.planning.sources import Source, source_of

HERE = Path(__file__).parents[2]
HOMES = Homes(HERE / "src")
PLUGIN = """ABOUT = {
    "kind": "source", "title": "Pages", "origin": None, "licence": None, "side": None, "place": "folder",
    "options": {"folder": {"type": "string", "description": "Where they lie."}},
}
def read(place): ...
"""


def entry(source: str, folder: Path) -> Source:
    datasets = {"mine": {"source": source, "folder": str(folder), "size": 8, "crop": 7}}
    return source_of("mine", {"datasets": datasets}, HOMES)


@pytest.fixture
def folder(tmp_path):
    for name in ("train/cat/a.png", "train/dog/b.png", "test/cat/c.png", "test/dog/d.png"):
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(name.encode())
    return tmp_path / "mine"


def no_reading(monkeypatch):
    def refuse(path):
        raise AssertionError(f"{path} was read again")

    monkeypatch.setattr(content, "_hash", refuse)


def test_a_copied_folder_is_the_same_data_and_a_changed_image_is_not(folder, tmp_path):
    found = content_hash(entry("image_folder", folder), tmp_path / "a.json")
    copy = shutil.copytree(folder, tmp_path / "copy", copy_function=shutil.copyfile)
    assert content_hash(entry("image_folder", copy), tmp_path / "b.json") == found
    (copy / "train" / "cat" / "a.png").write_bytes(b"another image")
    assert content_hash(entry("image_folder", copy), tmp_path / "b.json") != found


@pytest.mark.parametrize("change", ["renamed", "moved", "removed", "added"])
def test_the_names_of_images_count(folder, tmp_path, change):
    found = content_hash(entry("image_folder", folder), tmp_path / "a.json")
    path = folder / "train" / "cat" / "a.png"
    if change == "renamed":
        path.rename(path.with_name("b.png"))
    elif change == "moved":
        path.rename(folder / "train" / "dog" / "a.png")
    elif change == "removed":
        path.unlink()
    else:
        path.with_name("z.png").write_bytes(b"z")
    assert content_hash(entry("image_folder", folder), tmp_path / "a.json") != found


def test_what_the_source_does_not_read_does_not_count(folder, tmp_path):
    found = content_hash(entry("image_folder", folder), tmp_path / "a.json")
    for name in ("README.txt", "train/README.txt", "train/cat/.DS_Store", ".git/config", "spare/cat/x.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("beside the images")
    assert content_hash(entry("image_folder", folder), tmp_path / "a.json") == found


def test_a_file_that_looks_the_same_is_not_read_again(folder, tmp_path, monkeypatch):
    record = tmp_path / "a.json"
    found = content_hash(entry("image_folder", folder), record)
    no_reading(monkeypatch)
    assert content_hash(entry("image_folder", folder), record) == found
    os.utime(folder / "train" / "cat" / "a.png", (1, 1))
    with pytest.raises(AssertionError, match=r"a\.png was read again"):
        content_hash(entry("image_folder", folder), record)


def test_the_record_stands_for_data_that_are_gone_and_for_those_nobody_looks_at(folder, tmp_path):
    record = tmp_path / "a.json"
    found = content_hash(entry("image_folder", folder), record)
    (folder / "train" / "cat" / "a.png").write_bytes(b"another image")
    assert content_hash(entry("image_folder", folder), record, look=False) == found
    shutil.rmtree(folder)
    assert content_hash(entry("image_folder", folder), record) == found
    assert content_hash(entry("image_folder", folder), tmp_path / "none.json") is None
    assert read_record(tmp_path / "none.json") == {}


def test_images_that_are_only_listed_count_by_name_and_size(folder, tmp_path):
    (folder / "test").rename(folder / "val")
    record = tmp_path / "a.json"
    found = content_hash(entry("imagenet", folder), record)
    path = folder / "train" / "cat" / "a.png"
    path.write_bytes(b"x" * path.stat().st_size)
    record.unlink()
    assert content_hash(entry("imagenet", folder), record) == found, "an image was read"
    path.with_name("z.png").write_bytes(b"z")
    assert content_hash(entry("imagenet", folder), record) != found


def test_of_a_source_that_says_no_more_every_file_counts(tmp_path):
    plugin = tmp_path / "plugins" / "pages.py"
    plugin.parent.mkdir()
    plugin.write_text(PLUGIN)
    homes = Homes(HERE / "src", [str(plugin)])
    pages = tmp_path / "pages"
    (pages / "deep" / "deeper").mkdir(parents=True)
    (pages / "deep" / "deeper" / "1.csv").write_text("1")
    source = Source("pages", {"source": "pages", "folder": str(pages)}, homes.of("source")["pages"])
    found = content_hash(source, tmp_path / "a.json")
    (pages / "deep" / "deeper" / "1.csv").write_text("2")
    assert content_hash(source, tmp_path / "a.json") != found


def test_published_data_have_no_content_of_their_own(tmp_path):
    datasets = {"digits": {"source": "digits", "crop": 7}}
    assert content_hash(source_of("digits", {"datasets": datasets}, HOMES), tmp_path / "a.json") is None
    assert not (tmp_path / "a.json").exists()
