"""A solve that was stopped ends as if it had not been; panels that are not its own are not used."""

import errno
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import time
import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from rethinking.kernels import panels
from rethinking.kernels.cholesky import factorise
from rethinking.kernels.kernels import Gaussian, Points
from rethinking.kernels.panels import PanelFolder, StorageError

HERE = Path(__file__).parents[2]
COUNT = 7  # panels of a matrix of 300


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    monkeypatch.setattr(panels, "panel_width", lambda n: 48)


def gram(dtype=np.float64):
    return Points(np.random.default_rng(0).standard_normal((300, 5)), Gaussian(2.0), dtype)


RIGHT = np.random.default_rng(1).standard_normal((300, 3))


def weights(folder=None, dtype=np.float64, report=lambda done, total: None):
    return factorise(gram(dtype), 0.01, folder, report).solve(RIGHT).tobytes()


class Interrupted:
    """A report that ends the solve when it is first told of the ``number``-th panel it computes."""

    def __init__(self, number=COUNT, error=None):
        self.number, self.error, self.count = number, error, 0

    def __call__(self, done, total):
        self.count += 1
        if self.error and self.count == self.number:
            raise self.error


def checkpointed(tmp_path, number=COUNT - 2, error=KeyboardInterrupt, resident=False, key="key"):
    """A folder with the first panels of a solve that was interrupted."""
    folder = PanelFolder(tmp_path / "panels", key, 1e9, resident, lambda message: None)
    with pytest.raises(error):
        weights(folder, report=Interrupted(number, error))
    return tmp_path / "panels"


def resumed(path, resident=False, key="key"):
    """The weights, how many panels were computed for them, and what was told."""
    told, counter = [], Interrupted()
    found = weights(PanelFolder(path, key, 1e9, resident, told.append), report=counter)
    return found, counter.count, told


@pytest.mark.parametrize("n", [1, 255, 256, 257, 5119, 6400, 60000])
def test_panels_cover_the_columns_once_and_store_little_more_than_half(n, monkeypatch):
    monkeypatch.undo()
    starts = panels.panel_starts(n)
    widths = [stop - start for start, stop in pairwise(starts)]
    assert starts[0] == 0
    assert starts[-1] == n
    assert min(widths) > 0
    assert {panels.panel_width(n)} >= set(widths[:-1])
    assert 256 <= panels.panel_width(n) <= 2048
    stored = panels.panels_bytes(n, np.float64) / 8
    assert n * (n + 1) / 2 <= stored <= n * (n + 1) / 2 + n * panels.panel_width(n) / 2


def test_wide_systems_have_wide_panels_and_lose_at_most_a_fortieth(monkeypatch):
    monkeypatch.undo()
    assert [panels.panel_width(n) for n in (1, 5120, 6400, 30000, 10**6)] == [256, 256, 256, 1472, 2048]
    assert panels.panels_bytes(20000, np.float32) <= 4 * 20000**2 * (1 / 2 + 1 / 40)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_bytes_of_panels_are_those_that_are_allocated(dtype):
    factor = factorise(gram(dtype), 0.01)
    assert panels.panels_bytes(300, dtype) == sum(panel.nbytes for panel in factor.panels)
    assert len(factor.panels) == COUNT


@pytest.mark.parametrize("resident", [False, True])
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("number", [1, 4, COUNT])
def test_an_interrupted_solve_goes_on_from_all_finished_panels(tmp_path, resident, error, number):
    path = checkpointed(tmp_path, number, error, resident)
    assert len(list(path.glob("panel-*.npy"))) == number
    found, computed, told = resumed(path, resident)
    assert found == weights()
    assert computed == COUNT - number
    assert told == [f"going on from {path}: {number} of {COUNT} panels are there"]


@pytest.mark.parametrize("resident", [False, True])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_with_a_folder_the_weights_are_identical(tmp_path, resident, dtype):
    assert weights(PanelFolder(tmp_path, "key", 0, resident), dtype) == weights(dtype=dtype)


def test_resident_panels_are_read_from_their_files(tmp_path):
    def backed():
        folder = PanelFolder(tmp_path, "key", resident=True, tell=lambda message: None)
        factor = factorise(gram(), 0.01, folder)
        return [Path(panel.filename).name for panel in factor.panels if not panel.flags.writeable]

    names = [f"panel-{number:04}.npy" for number in range(COUNT)]
    assert backed() == names
    assert backed() == names, "the panels that were found"


def test_panels_in_memory_are_written_each_so_many_seconds(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(panels.time, "monotonic", lambda: clock[0])
    written = []

    def report(done, total):
        written.append(len(list(tmp_path.glob("panel-*.npy"))))
        clock[0] += 4

    # The report after a panel is at 0, 4, 8 … seconds, so the fourth panel finds 12 seconds gone.
    weights(PanelFolder(tmp_path, "key", 10), report=report)
    assert written == [0, 0, 0, 4, 4, 4, 7]


@pytest.mark.parametrize("resident", [False, True])
def test_the_panels_of_another_system_are_not_used(tmp_path, resident):
    path = checkpointed(tmp_path, key="another")
    found, computed, told = resumed(path, resident)
    assert found == weights()
    assert computed == COUNT
    assert told == [f"{path} is of another system: not used, the solve begins from the start"]


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def change(path, position, value):
    content = bytearray(path.read_bytes())
    content[position] ^= value
    path.write_bytes(content)


def savez(path):
    panel = np.load(path)
    with open(path, "wb") as file:
        np.savez(file, panel)


HARMS = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-8]),
    "empty": lambda path: path.write_bytes(b""),
    "missing": Path.unlink,
    "a bit of a number": lambda path: change(path, -1, 1),
    "another dtype": lambda path: np.save(path, np.load(path).astype(np.float32)),
    "another shape": lambda path: np.save(path, np.load(path)[:-1]),
    "another panel": lambda path: path.write_bytes(path.with_name("panel-0001.npy").read_bytes()),
    "the other order": lambda path: np.save(path, np.asfortranarray(np.load(path))),
    "a bracket of the header": lambda path: change(path, path.read_bytes().index(b"("), 1),
    "the end of the header": lambda path: change(path, path.read_bytes().index(b"}"), 1),
    "the start of the header": lambda path: change(path, path.read_bytes().index(b"{"), 0x80),
    "an archive": savez,
    "no archive": lambda path: path.write_bytes(b"PK\x03\x04" + bytes(100)),
    "a page": lambda path: path.write_bytes(b"<html>\n</html>"),
    "a pickle": lambda path: path.write_bytes(pickle.dumps(Trap(path.parent / "unpickled"))),
    "objects": lambda path: np.save(path, np.full((204, 48), Trap(path.parent / "unpickled"))),
}


@pytest.mark.parametrize("resident", [False, True])
@pytest.mark.parametrize("harm", HARMS)
def test_a_harmed_panel_and_those_after_it_are_computed_again(tmp_path, harm, resident):
    path = checkpointed(tmp_path)
    HARMS[harm](path / "panel-0002.npy")
    found, computed, told = resumed(path, resident)
    assert found == weights()
    assert computed == COUNT - 2
    assert str(path / "panel-0002.npy") in told[0]
    assert told[0].endswith("computed again from there")
    assert told[1:] == [f"going on from {path}: 2 of {COUNT} panels are there"]
    assert not (path / "unpickled").exists()


def test_objects_run_nothing_though_their_sum_is_right(tmp_path):
    path = checkpointed(tmp_path)
    HARMS["objects"](path / "panel-0000.npy")
    index = json.loads((path / "panels.json").read_text())
    index["sums"][0] = zlib.crc32((path / "panel-0000.npy").read_bytes()[128:])
    (path / "panels.json").write_text(json.dumps(index))
    found, computed, told = resumed(path)
    assert found == weights()
    assert computed == COUNT
    assert "computed again from there" in told[0]
    assert not (path / "unpickled").exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "null", '{"key": "key"}', '{"key": "key", "sums": 3}', "\0", "[" * 100_000]
)
def test_an_index_that_says_nothing_is_told_and_not_used(tmp_path, text):
    path = checkpointed(tmp_path)
    (path / "panels.json").write_text(text)
    found, computed, told = resumed(path)
    assert found == weights()
    assert computed == COUNT
    assert told == [f"{path} has no readable index: not used, the solve begins from the start"]


def test_more_panels_than_the_system_has_are_left_alone(tmp_path):
    path = checkpointed(tmp_path, COUNT)
    index = json.loads((path / "panels.json").read_text())
    (path / "panels.json").write_text(json.dumps({"key": "key", "sums": [*index["sums"], 5]}))
    found, computed, _ = resumed(path)
    assert found == weights()
    assert computed == 0


class FullDisk:
    """``function`` fails in the calls ``numbers`` as on a disk without space, after a part is written."""

    def __init__(self, function, numbers):
        self.function, self.numbers, self.calls = function, numbers, 0

    def __call__(self, first, *rest, **settings):
        self.calls += 1
        if self.calls in self.numbers:
            if hasattr(first, "write"):
                first.write(b"a part")
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.function(first, *rest, **settings)


# Each panel has one np.save and two os.replace, of itself and of the index.
FULL = [("numpy.save", np.save, 4), ("os.replace", os.replace, 7), ("os.replace", os.replace, 8)]


@pytest.mark.parametrize(("name", "function", "call"), FULL)
def test_where_panels_must_be_files_a_full_disk_ends_the_solve_and_keeps_what_is_there(
    tmp_path, monkeypatch, name, function, call
):
    with monkeypatch.context() as full:
        full.setattr(name, FullDisk(function, range(call, 99)))
        with pytest.raises(StorageError, match="No space left on device") as raised:
            weights(PanelFolder(tmp_path, "key", resident=True))
    assert f"{tmp_path / 'panel-0003.npy'} could not be written" in str(raised.value)
    assert "3 finished panels are kept" in str(raised.value)
    assert not list(tmp_path.glob("*.unfinished"))
    found, computed, told = resumed(tmp_path, resident=True)
    assert found == weights()
    assert computed == COUNT - 3
    assert told == [f"going on from {tmp_path}: 3 of {COUNT} panels are there"]


@pytest.mark.parametrize(("name", "function", "call"), FULL)
def test_a_full_disk_does_not_stop_a_solve_in_memory(tmp_path, monkeypatch, name, function, call):
    told = []
    with monkeypatch.context() as full:
        full.setattr(name, FullDisk(function, range(call, 99)))
        assert weights(PanelFolder(tmp_path, "key", 0, tell=told.append)) == weights()
    assert len(told) == COUNT - 3
    for message in told:
        assert "no checkpoint this time, the solve goes on" in message
        assert "No space left on device" in message
    found, computed, _ = resumed(tmp_path)
    assert found == weights()
    assert computed == COUNT - 3


@pytest.mark.parametrize(("name", "function", "call"), FULL)
def test_when_there_is_space_again_the_panels_are_caught_up_with(tmp_path, monkeypatch, name, function, call):
    told = []
    with monkeypatch.context() as full:
        full.setattr(name, FullDisk(function, [call]))
        weights(PanelFolder(tmp_path, "key", 0, tell=told.append))
    assert len(told) == 1
    found, computed, _ = resumed(tmp_path)
    assert found == weights()
    assert computed == 0


@pytest.mark.parametrize("place", ["file", "file/panels"])
def test_a_file_in_the_folders_place_is_told_as_what_cannot_be_written(tmp_path, place):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="0 finished panels are kept"):
        weights(PanelFolder(tmp_path / place, "key", resident=True, tell=lambda message: None))
    told = []
    assert weights(PanelFolder(tmp_path / place, "key", 0, tell=told.append)) == weights()
    assert "no checkpoint this time, the solve goes on" in told[-1]


def test_panels_are_written_through_no_link_and_no_pipe_is_waited_for(tmp_path):
    (tmp_path / "precious").write_text("precious")
    folder, told = tmp_path / "panels", []
    folder.mkdir()
    os.mkfifo(folder / "panels.json")
    for number in range(9):
        (folder / f"panel-{number:04}.unfinished").symlink_to(tmp_path / "precious")
    assert weights(PanelFolder(folder, "key", 0, tell=told.append)) == weights()
    assert "has no readable index" in told[0]
    assert (tmp_path / "precious").read_text() == "precious"
    (folder / "panel-0000.npy").unlink()
    os.mkfifo(folder / "panel-0000.npy")
    assert weights(PanelFolder(folder, "key", 0, tell=told.append)) == weights()
    assert "panel-0000.npy cannot be used (it is no file)" in told[-1]


def test_a_message_says_how_much_must_fit(tmp_path, monkeypatch):
    folder = PanelFolder(tmp_path, "key", resident=True)
    monkeypatch.setattr("numpy.save", FullDisk(np.save, [1]))
    with pytest.raises(StorageError, match=r"1\.5 GiB and what is still to come"):
        folder.add(np.broadcast_to(np.float64(0), (3 * 2**12, 2**14)), lambda panel: panel[:1])


def test_removing_leaves_nothing_of_the_panels_and_all_else(tmp_path):
    path = checkpointed(tmp_path)
    (path / "panel-0005.unfinished").write_text("a part")
    folder = PanelFolder(path, "key")
    (path / "other").write_text("not ours")
    folder.remove()
    assert [file.name for file in path.iterdir()] == ["other"]
    (path / "other").unlink()
    folder.remove()
    assert not path.exists()
    folder.remove()


# Solves that are killed: one for each line of input, in a process of its own, forked from one that has
# imported everything.
JOBS = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import numpy as np
from rethinking.kernels import panels
from rethinking.kernels.cholesky import factorise
from rethinking.kernels.kernels import Gaussian, Points
from test_panels import end

panels.panel_width = lambda n: 64
gram = Points(np.random.default_rng(0).standard_normal((1500, 5)), Gaussian(2.0))


def job(path, resident):
    signal.signal(signal.SIGTERM, end)
    folder = panels.PanelFolder(path / "panels", "key", 0.03, resident == "True", lambda message: None)
    found = factorise(gram, 0.01, folder).solve(np.ones((1500, 1)))
    (path / "unfinished").write_bytes(found.tobytes())
    os.replace(path / "unfinished", path / "result")


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            path, resident = line.split()
            job(Path(path), resident)
            code = 0
        except SystemExit as stop:
            code = stop.code
        finally:
            os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def end(number, frame):
    raise SystemExit(128 + number)


@pytest.fixture(scope="module")
def jobs():
    """Starts a solve in a folder and kills it after so many seconds; its exit status and its length."""
    process = subprocess.Popen(
        [sys.executable, "-c", JOBS, str(HERE / "tests" / "unit")],
        env=os.environ | {"PYTHONPATH": str(HERE / "src"), "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def run(path, resident, number=None, seconds=0.0):
        print(path, resident, file=process.stdin, flush=True)
        child, began = int(process.stdout.readline()), time.monotonic()
        if number is not None:
            time.sleep(seconds)
            # Not yet reaped or already another's: only the parent that reaps it knows, so ask it first.
            if Path(f"/proc/{child}").exists():
                os.kill(child, number)
        return int(process.stdout.readline()), time.monotonic() - began

    yield run
    process.stdin.close()
    assert process.wait(timeout=60) == 0


@pytest.mark.parametrize("resident", [False, True])
def test_killed_at_random_moments_the_result_is_that_of_the_undisturbed_solve(tmp_path, jobs, resident):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    status, length = jobs(whole, resident)
    assert status == 0
    dice, went_on = random.Random(0), 0
    for _ in range(8):
        number = dice.choice([signal.SIGKILL, signal.SIGTERM])
        status, _ = jobs(killed, resident, number, dice.uniform(0, length / 2))
        assert status in (-number, 128 + number, 0)
        went_on += (killed / "panels" / "panels.json").exists()
        if (killed / "result").exists():
            break
    assert went_on, "no kill left panels behind"
    assert jobs(killed, resident)[0] == 0
    assert (killed / "result").read_bytes() == (whole / "result").read_bytes()


def test_a_killed_solve_does_not_compute_what_is_there(tmp_path, jobs):
    _, length = jobs(tmp_path, True)
    (tmp_path / "result").unlink()
    # All panels are there: what is left is to read and to solve.
    status, again = jobs(tmp_path, True)
    assert status == 0
    assert again < length
    assert (tmp_path / "result").exists()
