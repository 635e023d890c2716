"""What arrives is the published file or nothing: from a server that does all that servers do."""

import errno
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rethinking.datasets import download
from rethinking.datasets.arrays import DataError
from rethinking.datasets.download import PublishedFile, fetch

CONTENT = bytes(range(256)) * 4000
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def server():
    """Answers /good with the file, and other paths in the ways of broken mirrors; counts requests."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            flaky = self.path == "/flaky" and asked.count("/flaky") < 3
            if self.path == "/missing" or flaky:
                self.send_error(404 if self.path == "/missing" else 503)
                return
            body = {
                "/html": b"\n<!DOCTYPE html><html><body>This site has moved</body></html>",
                "/other": CONTENT[::-1],
            }.get(self.path, CONTENT)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if self.path == "/truncated" else body)

        def log_message(self, *_):
            """Keep the tests' output clean."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    running.asked = asked
    yield running
    running.shutdown()
    running.server_close()


def wanted(server, *paths) -> PublishedFile:
    address = f"http://127.0.0.1:{server.server_port}"
    return PublishedFile("set/file.bin", MD5, tuple(address + path for path in paths))


def files_below(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_file_arrives_whole_with_progress(server, tmp_path):
    reported = []
    assert fetch([wanted(server, "/good")], tmp_path, lambda *at: reported.append(at)) == []
    assert (tmp_path / "set/file.bin").read_bytes() == CONTENT
    assert reported[-1] == (len(CONTENT), len(CONTENT))
    assert files_below(tmp_path) == ["set/file.bin"]


def test_a_file_that_is_there_needs_no_network_and_no_right_to_write(server, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set/file.bin").write_bytes(CONTENT)
    before = (tmp_path / "set/file.bin").stat().st_mtime_ns
    fetch([wanted(server, "/good")], tmp_path)
    assert server.asked == []
    assert (tmp_path / "set/file.bin").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/missing", "404"),
        ("/html", "answered with an HTML or XML page instead of the file"),
        ("/other", f"expected MD5 {MD5}, found {hashlib.md5(CONTENT[::-1]).hexdigest()}"),
        ("/truncated", "IncompleteRead"),
    ],
)
def test_the_next_mirror_is_asked_and_nothing_wrong_is_kept(server, tmp_path, path, said):
    (line,) = fetch([wanted(server, path, "/good")], tmp_path, pause=0)
    assert said in line
    assert path in line
    assert (tmp_path / "set/file.bin").read_bytes() == CONTENT
    assert files_below(tmp_path) == ["set/file.bin"]


def test_a_server_that_is_busy_is_asked_again(server, tmp_path):
    assert len(fetch([wanted(server, "/flaky")], tmp_path, rounds=3, pause=0)) == 2
    assert (tmp_path / "set/file.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("path", ["/missing", "/html", "/other", "/truncated"])
def test_where_no_mirror_helps_the_file_is_named_and_nothing_is_left(server, tmp_path, path):
    with pytest.raises(DataError, match=rf"put there by hand\n  set/file\.bin  MD5 {MD5}"):
        fetch([wanted(server, path)], tmp_path, rounds=2, pause=0)
    assert server.asked == [path] * 2
    assert files_below(tmp_path) == []


def test_all_files_that_are_missing_are_named_at_once(server, tmp_path):
    address = f"http://127.0.0.1:{server.server_port}"
    files = [
        PublishedFile(f"set/{k}.bin", MD5, (f"{address}{path}",))
        for k, path in enumerate(["/good", "/html", "/good"])
    ]
    with pytest.raises(DataError) as caught:
        fetch(files, tmp_path, rounds=1)
    assert [f"set/{k}.bin  MD5" in str(caught.value) for k in range(3)] == [False, True, True]


def test_a_damaged_file_is_fetched_again(server, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set/file.bin").write_bytes(CONTENT[:1000])
    fetch([wanted(server, "/good")], tmp_path)
    assert (tmp_path / "set/file.bin").read_bytes() == CONTENT


def test_without_a_network_the_reason_says_what_was_found(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set/file.bin").write_bytes(b"short")
    nobody = PublishedFile("set/file.bin", MD5, ("http://127.0.0.1:9/file.bin",))
    found = hashlib.md5(b"short").hexdigest()
    with pytest.raises(DataError, match=f"has another checksum: expected MD5 {MD5}, found {found}"):
        fetch([nobody], tmp_path, rounds=1)


def test_a_full_disk_is_said_at_once_and_nothing_is_left(server, tmp_path, monkeypatch):
    class FullDisk:
        def __init__(self, **_):
            pass

        def __call__(self, url, output, registry):
            Path(output).write_bytes(CONTENT[:1000])
            raise OSError(errno.ENOSPC, "No space left on device", output)

    monkeypatch.setattr(download.pooch, "HTTPDownloader", FullDisk)
    with pytest.raises(DataError, match="No space left on device"):
        fetch([wanted(server, "/good", "/good")], tmp_path, pause=0)
    assert files_below(tmp_path) == []
