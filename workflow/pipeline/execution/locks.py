"""Guarantee: a lock that a killed call has left behind explains itself, with the jobs that still run.

Snakemake locks the files of a call in ``.snakemake/locks`` and refuses another call that makes or reads the
same ones. A lock that outlives its call (SIGKILL, a power cut) refuses everything, and Snakemake cannot tell
whether that call is still running. Where there is /proc, this module can.
"""

import os
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path


def command_lines(folder: Path) -> dict[int, list[str]] | None:
    """The command line of every other process of this user in ``folder``, by its id; None without /proc."""
    if not Path("/proc/self/cwd").exists():
        return None
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if int(process.name) != os.getpid() and (process / "cwd").samefile(folder):
                words = (process / "cmdline").read_bytes().decode(errors="replace")
                found[int(process.name)] = words.rstrip("\0").split("\0")
        except OSError:  # it has ended meanwhile, or is somebody else's
            continue
    return found


def is_snakemake(words: list[str]) -> bool:
    """Whether a command line starts Snakemake itself, and does not only mention it."""
    if words[1:3] == ["-m", "snakemake"]:
        return True
    python = Path(words[0]).name.startswith("python")
    return Path(words[1] if python and len(words) > 1 else words[0]).name == "snakemake"


def job_script(words: list[str]) -> str | None:
    """The script of the workflow that a command line runs as a job; None for anything else."""
    path = Path(words[1]) if len(words) > 1 else Path()
    # Snakemake runs a copy with a name of its own: .snakemake/scripts/tmp0a1b2c3d.train.py
    return path.name.partition(".")[2] if path.parent.parts[-2:] == (".snakemake", "scripts") else None


def _listed(processes: Iterable[tuple[int, str]]) -> str:
    return ", ".join(f"process {number}: {what}" for number, what in processes)


def explain_lock(folder: Path) -> str | None:
    """The cause, the jobs that still run and the remedy, where a call before this one left a lock."""
    locks = list((folder / ".snakemake" / "locks").glob("*.lock"))
    try:
        when = datetime.fromtimestamp(max(path.stat().st_mtime for path in locks))
    except (OSError, ValueError):  # no lock, or its call ends just now
        return None
    running = command_lines(folder)
    calls = [(number, " ".join(words)) for number, words in (running or {}).items() if is_snakemake(words)]
    if calls:
        return (
            f"Snakemake is running in this folder already ({_listed(calls)}). Calls that share no file with "
            f"it go on, any other is refused until it has ended. There is nothing to unlock"
        )
    killed = f"The snakemake call of {when:%d %B, %H:%M} in this folder was killed, or the power failed"
    scripts = {number: job_script(words) for number, words in (running or {}).items()}
    jobs = [(number, script) for number, script in scripts.items() if script]
    if jobs:
        numbers = " ".join(str(number) for number, _ in jobs)
        return (
            f"{killed}, but jobs that it started still run ({_listed(jobs)}). Wait until they are through, "
            f"or ask them to end and to keep their state:\n  kill {numbers}\nThen give this call again"
        )
    # `make` finds the environment's snakemake where the user's shell may not.
    program = os.path.relpath(sys.argv[0]) if "MAKELEVEL" in os.environ else "snakemake"
    alone = (
        "none of yours runs here on this machine (look at others that share the folder)"
        if running is not None
        else "if no other runs here"
    )
    return (
        f"{killed}: its lock is still here; {alone}. If this call is refused, give\n  {program} --unlock\n"
        f"and then this call again. Finished results stay, and what was interrupted goes on from its last "
        f"saved state"
    )
