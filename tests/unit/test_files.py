"""Only regular files of a stated size are read; what else stands there is named, and nothing waits for it."""

import os
import re
import socket

import pytest

from pipeline.storage import files


def folder(path):
    path.mkdir()


def pipe(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to("/dev/zero")


def dangling(path):
    path.symlink_to("nowhere")


def circle(path):
    path.symlink_to(path)


def unix_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


ODD = {
    folder: "a folder",
    pipe: "a named pipe",
    device: "a device",
    dangling: "a link to nothing (nowhere)",
    circle: "not accessible",
    unix_socket: "a socket",
}


@pytest.mark.parametrize("make", ODD)
def test_what_is_no_file_is_named_at_once(tmp_path, make):
    make(tmp_path / "x")
    with pytest.raises(files.NotAFile, match=re.escape(f"x is {ODD[make]}")):
        files.read(tmp_path / "x")
    assert files.oddity(tmp_path / "x").startswith(ODD[make])
    assert not files.mentions(tmp_path / "x", "a")


def test_a_file_and_a_link_to_one_are_read(tmp_path):
    (tmp_path / "x").write_bytes(b"\xff abc")
    (tmp_path / "y").symlink_to("x")
    assert files.read(tmp_path / "y") == b"\xff abc"
    assert files.oddity(tmp_path / "y") is None
    assert files.mentions(tmp_path / "x", "abc")
    assert not files.mentions(tmp_path / "x", "abd")


def test_what_is_missing_is_not_there(tmp_path):
    assert files.oddity(tmp_path / "x") is None
    with pytest.raises(FileNotFoundError):
        files.read(tmp_path / "x")


def test_a_size_beyond_the_stated_one_is_refused_before_it_is_read(tmp_path):
    with open(tmp_path / "x", "wb") as file:
        file.truncate(files.MOST + 1)  # takes no space
    with pytest.raises(files.NotAFile, match=r"268,435,457 bytes; expected at most 268,435,456"):
        files.read(tmp_path / "x")


def test_links_that_lead_out_of_a_folder_are_named(tmp_path):
    (tmp_path / "results" / "logs").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "results" / "figures").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "results" / "same").symlink_to("logs")
    (tmp_path / "results" / "logs" / "planted.log").symlink_to(tmp_path / "elsewhere" / "precious")
    (tmp_path / "mine").symlink_to("results")

    def problem(path, folder="results"):
        return files.written_elsewhere([str(tmp_path / folder / path)], str(tmp_path / folder))

    for innocent in ("logs/x.log", "same/x.log", "new/folder/x.log", "x.log"):
        assert problem(innocent) is None
        assert problem(innocent, "mine") is None, "the folder itself may be a link"
    assert f"leads to {tmp_path / 'elsewhere'}, not below" in problem("figures/x.png")
    assert f"leads to {tmp_path / 'elsewhere'}/new, not below" in problem("figures/new/x.png")
    assert f"is a link: {tmp_path / 'elsewhere' / 'precious'} would be" in problem("logs/planted.log")
    assert "leads to" in problem("../elsewhere/x.log")
    assert files.written_elsewhere([str(tmp_path / "elsewhere" / "x")], str(tmp_path / "results")) is None
