"""A call that was killed: what the next one says, and that the commands it names go on to the end."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.execution.locks import command_lines, is_snakemake, job_script
from trees import run_place

# Long enough to be killed in the middle, and the same when it has gone on.
EPOCHS = 400
RUN = run_place()
CALL = [sys.executable, "-m", "snakemake", "--configfile", "config/small.yaml", "--cores", "1"]


def started(tree):
    """A call whose training run is under way and stands still, the process of the run, and the target."""
    tree.configure("mlp_1x512: {width: 0.1, epochs: 2}", f"mlp_1x512: {{width: 0.1, epochs: {EPOCHS}}}")
    target = tree.receipt(RUN, 0)
    call = subprocess.Popen(
        [*CALL, target],
        cwd=tree.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    log = tree.results / "logs" / RUN / target.split("/")[-3] / "seed-0.log"
    deadline = time.time() + 120
    while not (log.exists() and f"epoch   5 of {EPOCHS}" in log.read_text()):
        assert time.time() < deadline
        assert call.poll() is None
        time.sleep(0.01)
    (job,) = (number for number, words in command_lines(tree.folder).items() if job_script(words))
    os.kill(job, signal.SIGSTOP)
    return call, job, target


def give(tree, command):
    """Give a command as a message names it and return what it prints."""
    words = shlex.split(command)
    words = [sys.executable, "-m", *words] if words[0] == "snakemake" else words
    done = subprocess.run(
        words, cwd=tree.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    )
    return done.stdout


def named(output, program):
    """The command of ``program`` that a message names, on a line of its own."""
    (command,) = re.findall(rf"^  ({program} .*)$", output, re.M)
    return command


def test_after_a_kill_the_next_call_says_what_happened_and_its_commands_finish(fresh, monkeypatch):
    monkeypatch.delenv("MAKELEVEL", raising=False)  # under make, commands name another program
    call, job, target = started(fresh)
    running = fresh.snakemake("fig1a", "--dry-run", "--quiet", "rules").stdout
    assert f"Snakemake is running in this folder already (process {call.pid}:" in running
    assert "--unlock" not in running.partition("Building DAG")[0]

    call.kill()  # the call alone: its job goes on
    call.wait()
    orphaned = fresh.snakemake(target, check=False)
    assert orphaned.returncode == 1
    assert "was killed, or the power failed, but jobs that it started still run" in orphaned.stdout
    assert f"(process {job}: train.py)" in orphaned.stdout
    assert "  snakemake --unlock" not in orphaned.stdout
    assert named(orphaned.stdout, "kill") == f"kill {job}"
    give(fresh, f"kill {job}")
    os.kill(job, signal.SIGCONT)
    deadline = time.time() + 60
    while job in command_lines(fresh.folder):
        assert time.time() < deadline
        time.sleep(0.05)

    refused = fresh.snakemake(target, check=False)
    assert refused.returncode == 1
    assert "its lock is still here; none of yours runs here on this machine" in refused.stdout
    assert "Directory cannot be locked" in refused.stdout
    unlocked = give(fresh, named(refused.stdout, "snakemake"))
    assert "its lock is still here" not in unlocked
    done = fresh.snakemake(target)
    assert "its lock is still here" not in done.stdout
    assert "going on from" in done.stdout
    assert json.loads((fresh.result(RUN, 0) / "run.json").read_text())["final"]["epoch"] == EPOCHS


def lock(tree, path):
    """What a call that makes ``path`` leaves when it is killed."""
    locks = tree.folder / ".snakemake/locks"
    locks.mkdir(parents=True, exist_ok=True)
    (locks / "0.output.lock").write_text(f"{path}\n")


def test_a_lock_stops_nothing_that_snakemake_allows(fresh):
    target = "results/small/data/digits/dataset.json"
    lock(fresh, "results/other/data/digits/dataset.json")
    done = fresh.snakemake(target)
    assert "its lock is still here" in done.stdout
    assert (fresh.folder / target).exists()
    # As the jobs of a cluster are called, beside the call that holds the lock.
    lock(fresh, target)
    assert "its lock is still here" not in fresh.snakemake(target, "--nolock", "--force").stdout
    assert "its lock is still here" not in fresh.snakemake(target, "--mode", "remote", "--dry-run").stdout


def test_a_call_by_make_names_a_program_that_is_found_without_the_environment(fresh):
    lock(fresh, "results/other")
    program = Path(sys.executable).with_name("snakemake")
    done = subprocess.run(
        [program, "--dry-run", "--configfile", "config/small.yaml"],
        cwd=fresh.folder,
        env=os.environ | {"MAKELEVEL": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    command = named(done.stdout + done.stderr, r"\S+/bin/snakemake")
    subprocess.run(command.split(), cwd=fresh.folder, check=True)
    assert not list((fresh.folder / ".snakemake").glob("locks/*"))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/env/bin/python3.11 /env/bin/snakemake --cores 2", True),
        ("python -m snakemake -n", True),
        ("snakemake --cores 2", True),
        ("vim workflow/Snakefile", False),
        ("bash -c 'snakemake --cores 2; date'", False),
        ("tail -f .snakemake/log/x.snakemake.log", False),
        ("python", False),
        ("", False),
    ],
)
def test_what_counts_as_a_running_snakemake(line, expected):
    assert is_snakemake(shlex.split(line) or [""]) is expected


def test_what_counts_as_a_running_job():
    path = f"{os.getcwd()}/.snakemake/scripts/tmpx1_y.solve_system.py"
    assert job_script(["python", path]) == "solve_system.py"
    assert job_script(["bash", "-c", f"python {path}"]) is None
    assert job_script(["python"]) is None
