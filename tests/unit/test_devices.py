"""One device is never with two jobs at once, and a killed job frees its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.devices import lease, visible_devices

HERE = Path(__file__).parents[2]
JOB = """
import os, sys, time
from pathlib import Path
from pipeline.devices import lease
held = lease(["0", "1", "2"], Path(sys.argv[1]), poll_seconds=0.01)
mark = Path(sys.argv[1]) / f"in-use-{held.index}"
mark.touch(exist_ok=False)  # fails if another job has this device
time.sleep(0.02)
mark.unlink()
"""


def start(folder, code=JOB):
    environment = os.environ | {"PYTHONPATH": str(HERE / "workflow")}
    return subprocess.Popen([sys.executable, "-c", code, str(folder)], env=environment)


def test_concurrent_jobs_never_share_a_device(tmp_path):
    jobs = [start(tmp_path) for _ in range(30)]
    assert [job.wait(timeout=60) for job in jobs] == [0] * 30


def test_a_killed_job_frees_its_device(tmp_path):
    holder = start(
        tmp_path,
        "import sys, time; from pathlib import Path; from pipeline.devices import lease\n"
        "held = lease(['0'], Path(sys.argv[1])); (Path(sys.argv[1]) / 'held').touch(); time.sleep(60)",
    )
    while not (tmp_path / "held").exists():
        time.sleep(0.01)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert lease(["0"], tmp_path).index == 0


@pytest.mark.parametrize(
    ("visible", "count", "expected"),
    [(None, 2, ["0", "1"]), ("3,5", 2, ["3", "5"]), ("GPU-ab", 1, ["GPU-ab"]), ("", 0, [])],
)
def test_devices_that_a_scheduler_gave_are_locked_by_their_own_names(monkeypatch, visible, count, expected):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert visible_devices(count) == expected
