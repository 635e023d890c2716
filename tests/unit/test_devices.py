"""A place on a device is never with two jobs at once, and a killed job frees its own."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from pipeline.execution import devices
from pipeline.execution.devices import lease, visible_devices
from pipeline.storage.writing import ArtefactError

HERE = Path(__file__).parents[2]
# Takes its places and marks them; a mark that is there already is another job on the same place, unless
# that job was killed, which the test knows by its process number in the mark. Processes fork from one that
# has imported everything, so that hundreds start in seconds.
PARENT = """
import os, random, sys, time
from pathlib import Path
from pipeline.execution.devices import lease

folder, jobs, wanted, places = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
devices = ["0", "1", "2", "3"]


def alive(process):
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().split(") ")[1][0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def job(number):
    held = lease(devices, folder, wanted, places, poll_seconds=0.005)
    assert len({one.position for one in held}) == wanted, "the same device twice"
    for one in held:
        mark = folder / (Path(one.lock.name).stem + ".mark")
        if mark.exists():
            other = int(mark.read_text() or 0)
            if other and alive(other):
                (folder / "overlap").write_text(f"{mark} is with {other} and {os.getpid()}")
        mark.write_text(str(os.getpid()))
    time.sleep(random.Random(number).uniform(0.005, 0.03))
    for one in held:
        (folder / (Path(one.lock.name).stem + ".mark")).unlink()
    (folder / f"done-{number}").touch()


children = []
for number in range(jobs):
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        job(number)
        os._exit(0)
    children.append(child)
    print(child, flush=True)
failed = sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) > 0 for child in children)
sys.exit(failed > 0)
"""


def start(folder, code, *arguments):
    environment = os.environ | {"PYTHONPATH": str(HERE / "workflow")}
    command = [sys.executable, "-c", code, str(folder), *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="tells killed jobs from living ones by /proc")
@pytest.mark.parametrize(("wanted", "places"), [(1, 1), (2, 1), (1, 3)])
def test_two_hundred_jobs_with_random_kills_never_share_a_place(tmp_path, wanted, places):
    parent = start(tmp_path, PARENT, 200, wanted, places)
    children, dice, killed = [], random.Random(0), 0
    for number in range(200):
        children.append(int(parent.stdout.readline()))
        if number % 10 == 0:  # some at their start, in case all are done when the last has started
            os.kill(children[-1], signal.SIGKILL)
            killed += 1
    while parent.poll() is None:
        time.sleep(0.02)
        victim = dice.choice(children)
        try:
            os.kill(victim, signal.SIGKILL)
            killed += 1
        except ProcessLookupError:
            continue
    assert parent.returncode == 0, "a job failed"
    assert not (tmp_path / "overlap").exists(), (tmp_path / "overlap").read_text()
    done = len(list(tmp_path.glob("done-*")))
    assert 200 - killed <= done
    assert done > 20
    # And every place is free again.
    assert len(lease(["0", "1", "2", "3"], tmp_path, wanted=4, places=places)) == 4


def test_a_killed_job_frees_its_device(tmp_path):
    holder = start(
        tmp_path,
        "import sys, time; from pathlib import Path; from pipeline.execution.devices import lease\n"
        "held = lease(['0'], Path(sys.argv[1])); print('held', flush=True); time.sleep(60)",
    )
    holder.stdout.readline()
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert lease(["0"], tmp_path)[0].position == 0


def test_places_are_taken_on_the_emptiest_device(tmp_path):
    held = [lease(["a", "b"], tmp_path, places=2)[0] for _ in range(4)]
    assert [one.position for one in held] == [0, 1, 0, 1]


def test_more_devices_than_there_are_is_an_error_and_no_endless_wait(tmp_path):
    with pytest.raises(ValueError, match="3 devices wanted of 2: 0, 1"):
        lease(["0", "1"], tmp_path, wanted=3)


@pytest.mark.parametrize(
    ("visible", "count", "expected"),
    [(None, 2, ["0", "1"]), ("3,5", 2, ["3", "5"]), ("GPU-ab", 1, ["GPU-ab"]), ("", 0, [])],
)
def test_devices_that_a_scheduler_gave_are_locked_by_their_own_names(monkeypatch, visible, count, expected):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert visible_devices(count) == expected


def test_jobs_of_a_cluster_do_not_wait_for_each_others_devices(tmp_path, monkeypatch):
    """Each may see its own device as number 0."""
    monkeypatch.setattr(devices.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(devices, "_HELD", [])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    for job in ("7", "8"):
        monkeypatch.setenv("SLURM_JOB_ID", job)
        assert devices.lease_gpu(1, runs_per_gpu=1) == 0
    monkeypatch.setattr(devices.time, "sleep", _gives_up)
    with pytest.raises(TimeoutError):  # the same job again, with the same device
        devices.lease_gpu(1, runs_per_gpu=1)


def _gives_up(seconds):
    raise TimeoutError


NO_DRIVER = "Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU"
NO_DEVICE = "No CUDA GPUs are available"
OLD_DRIVER = "The NVIDIA driver on your system is too old (found version 12080)"
NO_KERNELS = "CUDA error: no kernel image is available for execution on the device"


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """Ask for a GPU on a machine whose PyTorch fails as it is told to, with device files or without."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(devices, "DEVICE_FILES", tmp_path)
    told = []

    def ask(reason, error=RuntimeError, with_files=False, visible=None):
        def init():
            raise error(reason)

        monkeypatch.setattr(torch.cuda, "init", init)
        (tmp_path / "nvidiactl").touch()  # a driver's own file is no GPU
        if with_files:
            (tmp_path / "nvidia0").touch()
        if visible is not None:
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        return devices.device_for(1, 1, told.append)

    ask.told = told
    return ask


def test_a_job_that_asks_for_no_gpu_does_not_look_for_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "init", lambda: pytest.fail("CUDA was started"))
    assert devices.device_for(0, 1, print) == torch.device("cpu")


@pytest.mark.parametrize(
    "given",
    [
        {"reason": NO_DRIVER},
        {"reason": NO_DEVICE},
        {"reason": "Torch not compiled with CUDA enabled", "error": AssertionError},
        {"reason": NO_DEVICE, "with_files": True, "visible": ""},
        {"reason": NO_DEVICE, "with_files": True, "visible": "-1"},
    ],
)
def test_where_there_is_no_gpu_or_all_are_hidden_the_cpu_computes_and_says_so(asked, given):
    assert asked(**given) == torch.device("cpu")
    assert asked.told == [
        "a GPU was asked for and there is none: computing on the CPU (--resources gpu=0 says so)"
    ]


@pytest.mark.parametrize(
    "given",
    [
        {"reason": OLD_DRIVER},
        {"reason": OLD_DRIVER, "with_files": True},
        {"reason": NO_KERNELS},
        {"reason": "Unexpected error from cudaGetDeviceCount(). Error 802: system not yet initialized"},
        {"reason": NO_DRIVER, "with_files": True},  # a container without the driver's library
        {"reason": NO_DEVICE, "with_files": True},  # a job that may not use the GPU that it sees
        {"reason": "Torch not compiled with CUDA enabled", "error": AssertionError, "with_files": True},
    ],
)
def test_a_gpu_that_cannot_be_used_ends_the_job_with_pytorchs_reason(asked, given):
    with pytest.raises(ArtefactError) as refused:
        asked(**given)
    assert str(refused.value).startswith(f"a GPU was asked for and cannot be used: {given['reason']}.")
    assert "--resources gpu=0" in str(refused.value)
    assert not asked.told
