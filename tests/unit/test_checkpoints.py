"""A run that was stopped ends as if it had not been; a file that is no checkpoint of it is not used."""

import contextlib
import hashlib
import io
import os
import pathlib
import pickle
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from pipeline.execution.checkpoints import RunCheckpoint
from rethinking.networks.inception import inception
from rethinking.networks.initialisation import initialise
from rethinking.networks.mlp import mlp
from rethinking.training import Recipe, Split, train
from stopping import Stopped, StopsAfter

HERE = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def one_thread():
    """Small batches on several threads spend their time waiting for each other where others work too."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def data(count=70, seed=0):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, 1, 8, 8), generator=generator, dtype=torch.uint8)
    return Split(images, torch.randint(0, 10, (count,), generator=generator))


def network(factory):
    made = factory((1, 7, 7), 10, 0.125)
    initialise(made, "he_normal", torch.Generator().manual_seed(1))
    return torch.nn.Sequential(made, torch.nn.Dropout(0.1))


RECIPE = Recipe(epochs=3, learning_rate=0.05, crop=7, batch_size=32, random_crop=True, augmentation=True)
BATCHES = 3 * (3 + 1 + 1)  # updates, and the two evaluations after each epoch


@pytest.mark.parametrize("factory", [mlp, inception])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_stopped_after_any_batch_a_run_goes_on_to_the_same_end(factory, dtype):
    whole = network(factory)
    expected = train(whole, data(), data(40, 9), RECIPE, 3, dtype=dtype)
    for batches in range(1, BATCHES + 1):
        stopped = StopsAfter(batches)
        with pytest.raises(Stopped):
            train(network(factory), data(), data(40, 9), RECIPE, 3, dtype=dtype, checkpoint=stopped)
        again = network(factory)
        going_on = StopsAfter(10**6, stopped.state)
        found = train(again, data(), data(40, 9), RECIPE, 3, dtype=dtype, checkpoint=going_on)
        assert found == expected, f"stopped after batch {batches}"
        for ours, theirs in zip(again.state_dict().values(), whole.state_dict().values(), strict=True):
            assert torch.equal(ours, theirs)


def saved(path, told, key="key"):
    checkpoint = RunCheckpoint(path, key, 1e9, told.append)
    checkpoint.save({"at": [2, 0, 6, 0], "network": {"w": torch.arange(5.0)}})
    return checkpoint


def test_a_state_comes_back_as_it_was(tmp_path):
    told = []
    saved(tmp_path / "checkpoint.pt", told)
    state = RunCheckpoint(tmp_path / "checkpoint.pt", "key", 1e9, told.append).load()
    assert torch.equal(state["network"]["w"], torch.arange(5.0))
    assert told == [f"going on from {tmp_path / 'checkpoint.pt'}, epoch 2"]
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_the_state_of_another_run_is_not_used(tmp_path):
    told = []
    saved(tmp_path / "checkpoint.pt", told, key="other settings")
    assert RunCheckpoint(tmp_path / "checkpoint.pt", "key", 1e9, told.append).load() is None
    assert "is of another run, other code or other data: not used, the run begins from the start" in told[0]


@pytest.mark.parametrize("harm", ["truncate", "flip a bit", "empty", "page"])
def test_a_damaged_state_is_not_used(tmp_path, harm):
    told = []
    path = tmp_path / "checkpoint.pt"
    saved(path, told)
    content = bytearray(path.read_bytes())
    if harm == "flip a bit":
        content[len(content) // 2] ^= 1
    harmed = {"truncate": content[:-100], "empty": b"", "page": b"<html>\n</html>"}
    path.write_bytes(harmed.get(harm, content))
    assert RunCheckpoint(path, "key", 1e9, told.append).load() is None
    assert "is truncated or altered: not used" in told[-1]


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (pathlib.Path.touch, (self.path,))


@pytest.mark.parametrize("torch_format", [True, False])
def test_a_hostile_state_runs_nothing_though_its_hash_is_right(tmp_path, torch_format):
    trap, told = Trap(tmp_path / "unpickled"), []
    path = tmp_path / "checkpoint.pt"
    if torch_format:
        torch.save({"key": "key", "state": trap}, path)
    else:
        path.write_bytes(pickle.dumps({"key": "key", "state": trap}, protocol=2))
    content = path.read_bytes()
    path.write_bytes(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
    assert RunCheckpoint(path, "key", 1e9, told.append).load() is None
    assert "holds what no checkpoint holds" in told[0]
    assert not (tmp_path / "unpickled").exists()


def without(state, key):
    return {name: value for name, value in state.items() if name != key}


# States with the right hash and key that no run can go on from.
MALFORMED = {
    "text": lambda state: "state",
    "nothing": lambda state: {},
    "no place": lambda state: without(state, "at"),
    "a place that is no number": lambda state: state | {"at": ["x", 0, 0, 0]},
    "no weights": lambda state: without(state, "network"),
    "weights of another shape": lambda state: (
        state | {"network": {k: v[:1] for k, v in state["network"].items()}}
    ),
    "a velocity less": lambda state: state | {"optimiser": state["optimiser"][1:]},
    "weights for velocities": lambda state: state | {"optimiser": state["network"]},
    "no generators": lambda state: state | {"generators": {}},
    "generators of zeros": lambda state: (
        state | {"generators": {name: torch.zeros(3) for name in state["generators"]}}
    ),
    "noise that is none": lambda state: state | {"noise": [1]},
    "epochs without history": lambda state: state | {"history": []},
    "an epoch beyond the last": lambda state: state | {"at": [99, 0, 0, 0]},
    "history of text": lambda state: state | {"history": ["123456789"]},
    "a history of half a row": lambda state: state | {"history": [[1.0]]},
}


@pytest.fixture
def interrupted():
    """The end of an undisturbed run, and its state in the second epoch."""
    stopped = StopsAfter(7)
    with pytest.raises(Stopped):
        train(network(mlp), data(), data(40, 9), RECIPE, 3, checkpoint=stopped)
    return train(network(mlp), data(), data(40, 9), RECIPE, 3), stopped.state


@pytest.mark.parametrize("harm", MALFORMED)
def test_a_malformed_state_with_a_valid_hash_is_refused_by_name_and_leaves_no_trace(
    tmp_path, interrupted, harm
):
    expected, state = interrupted
    told, path = [], tmp_path / "checkpoint.pt"
    content = io.BytesIO()
    torch.save({"key": "key", "state": MALFORMED[harm](state)}, content)
    path.write_bytes(hashlib.sha256(content.getvalue()).hexdigest().encode() + b"\n" + content.getvalue())
    checkpoint = RunCheckpoint(path, "key", 1e9, told.append)
    found = train(network(mlp), data(), data(40, 9), RECIPE, 3, checkpoint=checkpoint)
    assert found == expected
    assert told[-1].startswith(f"{path} ")
    assert told[-1].endswith(": not used, the run begins from the start")


@pytest.mark.parametrize("stands", ["a folder", "a full folder", "a named pipe", "a link to nothing"])
def test_what_is_no_file_at_the_checkpoint_s_place_costs_no_run(tmp_path, stands):
    told, path = [], tmp_path / "checkpoint.pt"
    if stands.endswith("folder"):
        path.mkdir()
        (path / "x").touch() if "full" in stands else None
    elif stands == "a named pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(tmp_path / "nothing")
    checkpoint = RunCheckpoint(path, "key", 0, told.append)
    found = train(network(mlp), data(), data(40, 9), RECIPE, 3, checkpoint=checkpoint)
    checkpoint.remove()
    assert found.verdict == "finished"
    assert not (tmp_path / "nothing").exists()
    assert str(path) in told[0]
    assert path.is_dir() == stands.endswith("folder")


def test_a_full_disk_does_not_stop_the_run_and_keeps_the_last_state(tmp_path, monkeypatch):
    told = []
    checkpoint = saved(tmp_path / "checkpoint.pt", told)
    before = (tmp_path / "checkpoint.pt").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipeline.storage.writing.os.fsync", full)
    checkpoint.save({"at": [3, 0, 9, 0]})
    assert "no checkpoint this time, the run goes on" in told[-1]
    assert "No space left on device" in told[-1]
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


# Runs that write their history and weights, as the workflow's training job does: one for each line of
# input, in a process of its own, forked from one that has imported everything.
JOBS = """
import hashlib, os, sys
from dataclasses import replace
from pathlib import Path
import torch
sys.path.insert(0, sys.argv[1])
from test_checkpoints import RECIPE, data, mlp, network
from pipeline.execution.checkpoints import RunCheckpoint
from rethinking.training import train

torch.set_num_threads(1)


def job(folder):
    checkpoint = RunCheckpoint(folder / "checkpoint.pt", "key", 0.05, lambda message: None)
    made = network(mlp)
    with checkpoint.heeding_signals():
        recipe = replace(RECIPE, epochs=12)
        result = train(made, data(2000), data(500, 9), recipe, 3, checkpoint=checkpoint)
    weights = b"".join(tensor.numpy().tobytes() for tensor in made.state_dict().values())
    (folder / "result").write_text(repr(result) + hashlib.sha256(weights).hexdigest())
    checkpoint.remove()


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            job(Path(line.strip()))
            code = 0
        except SystemExit as end:
            code = end.code
        finally:
            os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def test_killed_at_fifty_moments_the_result_is_that_of_the_undisturbed_run(tmp_path):
    roots = [HERE / "src", HERE / "workflow", HERE / "tests"]
    jobs = subprocess.Popen(
        [sys.executable, "-c", JOBS, str(HERE / "tests" / "unit")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, roots))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def start(folder):
        folder.mkdir(exist_ok=True)
        print(folder, file=jobs.stdin, flush=True)
        return int(jobs.stdout.readline())

    def ended():
        return int(jobs.stdout.readline())

    start(tmp_path / "warm")
    assert ended() == 0
    start(tmp_path / "whole")
    began = time.monotonic()
    assert ended() == 0
    length = time.monotonic() - began

    expected = (tmp_path / "whole" / "result").read_text()
    result = tmp_path / "killed" / "result"
    dice, ended_whole = random.Random(0), []
    for kill in range(51):
        process = start(tmp_path / "killed")
        number = dice.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
        if kill < 50:
            time.sleep(dice.uniform(0, length / 2))
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                os.kill(process, number)
        # 1 is a SIGINT that came before the run heeds it: Python's own KeyboardInterrupt.
        assert ended() in ((-number, 128 + number, 0, 1) if kill < 50 else (0,))
        if result.exists():
            assert result.read_text() == expected
            assert not (tmp_path / "killed" / "checkpoint.pt").exists()
            ended_whole.append(kill)
            result.unlink()
    assert ended_whole[-1] == 50, "the last one was not disturbed"
    jobs.stdin.close()
    assert jobs.wait(timeout=60) == 0


def test_a_scheduler_that_asks_twice_gets_the_state_too(tmp_path):
    checkpoint = RunCheckpoint(tmp_path / "checkpoint.pt", "key", 1e9, print)
    with checkpoint.heeding_signals():
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)
        assert checkpoint.due()
        with pytest.raises(SystemExit) as end:
            checkpoint.save({"at": (3, 0)})
    assert end.value.code == 128 + signal.SIGTERM
    assert checkpoint.path.exists()
