"""Progress reads well in a log and on a terminal."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.execution.job import EpochLog, JobLog

HERE = Path(__file__).parents[2]


class Terminal(io.StringIO):
    def __init__(self, is_terminal):
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self):
        return self.is_terminal


def progress(is_terminal, total=60_000):
    terminal = Terminal(is_terminal)
    with JobLog(terminal).progress("images") as report:
        for done in range(0, total + 1, max(1, total // 100)):
            report(done, total)
    return terminal.getvalue()


def test_a_log_gets_a_line_a_tenth_and_no_bar(capsys):
    assert progress(is_terminal=False) == ""
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert lines[0] == "6.00k of 60.0k images"
    assert lines[-1] == "60.0k of 60.0k images"


def test_a_terminal_gets_a_bar_that_leaves_nothing_behind():
    shown = progress(is_terminal=True)
    assert "of 60.0k images" in shown
    assert shown.split("\r")[-1].strip() == "", "the bar is wiped at the end"


@pytest.mark.parametrize("is_terminal", [False, True])
def test_a_total_that_the_server_does_not_tell_is_no_error(is_terminal):
    with JobLog(Terminal(is_terminal)).progress("B") as report:
        report(0, 0)
        report(100, 0)


JOB = """
import subprocess, sys
from pathlib import Path
from pipeline.execution.job import logged

with logged(sys.argv[1]) as tell:
    for line in range(10_000):
        print("line", line)
    print("to the other stream", file=sys.stderr)
    tell("told")
    subprocess.run(["echo", "from another program"])
    Path(sys.argv[2]).write_text("done")
"""


def run_job(log, result, **streams):
    environment = os.environ | {"PYTHONPATH": f"{HERE / 'src'}:{HERE / 'workflow'}"}
    command = [sys.executable, "-c", JOB, str(log), str(result)]
    return subprocess.run(command, env=environment, text=True, check=False, **streams)


def test_all_output_goes_to_the_log(tmp_path):
    ended = run_job(tmp_path / "log", tmp_path / "result", capture_output=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "told\n")
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines[:10_000] == [f"line {number}" for number in range(10_000)]
    assert lines[10_000:-1] == ["to the other stream", "told", "from another program"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_costs_the_log_and_not_the_job_and_is_told_once(tmp_path):
    ended = run_job("/dev/full", tmp_path / "result", capture_output=True)
    assert ended.returncode == 0
    assert (tmp_path / "result").read_text() == "done"
    assert ended.stderr.splitlines() == [
        "/dev/full cannot be written ([Errno 28] No space left on device): the job goes on without its log",
        "told",
    ]


def test_a_terminal_that_is_gone_costs_nothing(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    ended = run_job(tmp_path / "log", tmp_path / "result", stderr=writing)
    os.close(writing)
    assert ended.returncode == 0
    assert "told" in (tmp_path / "log").read_text()


def test_tensorboards_events_may_be_lost(monkeypatch, tmp_path, capsys):
    class Writer:
        def __init__(self, folder):
            self.left = 3

        def add_scalar(self, *given):
            self.left -= 1
            if self.left < 0:
                raise OSError(errno.ENOSPC, "No space left on device")

        def close(self):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", SimpleNamespace(SummaryWriter=Writer))
    terminal = Terminal(False)
    epoch = {"epoch": 1, "learning_rate": 0.1, "train_loss": 1.0, "train_accuracy": 0.5, "test_accuracy": 0.5}
    with EpochLog(JobLog(terminal), 3, 100, tmp_path) as log:
        for _ in range(3):
            log(SimpleNamespace(**epoch, _asdict=lambda: epoch))
    assert terminal.getvalue().count("without TensorBoard's events") == 1
    assert capsys.readouterr().out.count("epoch ") == 3
