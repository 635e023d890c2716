"""Guarantee: a request that the SLURM cluster can never grant is named before the first job is submitted.

Snakemake submits jobs one by one and learns of a refusal when it meets one, perhaps hours later.
"""

import difflib
import getpass
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

# Resources that the executor passes to sbatch, by sbatch's options; {} is the value.
OPTIONS = {
    "slurm_partition": "--partition={}",
    "slurm_account": "--account={}",
    "runtime": "--time={}",
    "mem_mb": "--mem={}",
    "mem_mb_per_cpu": "--mem-per-cpu={}",
    "slurm_cluster": "--clusters={}",
    "nodes": "--nodes={}",
    "gres": "--gres={}",
    "constraint": "--constraint={}",
    "qos": "--qos={}",
    "slurm_extra": "{}",
}
# Other resources that a request may consist of, and those that Snakemake itself gives every job.
OTHERS = (
    *("gpu", "gpu_model", "cpus_per_task", "cpus_per_gpu", "tasks"),
    *("mem", "mem_mib", "disk", "disk_mb", "disk_mib", "tmpdir"),
)
JOB_NAMES = "rethinking"  # how the names of our jobs begin, by the profile
# Where nothing else is mounted, only the machine itself sees these.
LOCAL_FILE_SYSTEMS = ("btrfs", "ext2", "ext3", "ext4", "overlay", "tmpfs", "xfs", "zfs")
SECONDS = 30  # until a controller that does not answer is taken to be down


def growing(amount: int) -> Callable:
    """A resource that is ``amount`` at the first attempt of a job, twice that at the second, and so on."""
    return lambda wildcards, attempt: amount * attempt


def _ask(*command: str) -> tuple[bool, str]:
    """Whether a command of SLURM's succeeds, and its output; if it does not, its complaint."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        said = done.stderr.strip() or done.stdout.strip() if done.returncode else done.stdout.strip()
    except FileNotFoundError:
        return False, f"{command[0]} is not installed"
    except subprocess.TimeoutExpired:
        return False, f"no answer within {SECONDS} seconds"
    return done.returncode == 0, said


def request(job) -> tuple[str, ...]:
    """The options of sbatch that a job's resources amount to."""
    resources = job.resources
    # As the executor has it: memory a CPU takes the place of memory in all.
    unused = "mem_mb" if resources.get("mem_mb_per_cpu") else None
    options = [
        form.format(resources.get(name))
        for name, form in OPTIONS.items()
        if name != unused and resources.get(name) not in (None, "")
    ]
    gpus, model = resources.get("gpu", 0), resources.get("gpu_model", "")
    if gpus:
        options.append(f"--gpus={model}:{gpus}" if model else f"--gpus={gpus}")
    return (*options, f"--cpus-per-task={resources.get('cpus_per_task') or job.threads}")


def _still_running(folder: Path) -> str | None:
    """A sentence where jobs of another call have not ended in this folder, None where there are none."""
    answers, said = _ask("squeue", "-h", "--me", "-o", "%A %j %Z")
    jobs = [line.split(" ", 2) for line in said.splitlines()] if answers else []
    mine = os.environ.get("SLURM_JOB_ID")  # this call may be a job itself
    numbers = [
        job[0]
        for job in jobs
        if len(job) == 3 and job[1].startswith(JOB_NAMES) and job[2] == str(folder) and job[0] != mine
    ]
    if not numbers:
        return None
    return (
        f"{len(numbers)} jobs of another call run in {folder}. If that call was killed, Snakemake cannot "
        f"find them again and would do their work a second time: wait until squeue --me shows none of them, "
        f"or end them; what they train goes on from its checkpoint:\n    scancel {' '.join(numbers)}"
    )


def _unknown_accounts(accounts: set) -> str | None:
    """A sentence about accounts that this user does not have; None where all are theirs, or SLURM keeps
    none.
    """
    asked = {name.lower() for each in accounts for name in re.split(r"[,\s]+", str(each)) if name}
    user = getpass.getuser()
    listed, said = _ask("sacctmgr", "-n", "-P", "list", "association", f"user={user}", "format=account")
    theirs = {name.lower() for name in said.split()} if listed else set()
    wrong = asked - theirs if theirs else set()
    return (
        f"{user} has no account {', '.join(sorted(wrong))}, but {', '.join(sorted(theirs))}"
        if wrong
        else None
    )


def _typo(name: str) -> str | None:
    """A sentence about a resource that looks like a known one and is none."""
    known = (*OPTIONS, *OTHERS)
    if name in known or name.startswith("_"):
        return None
    near = difflib.get_close_matches(name, known, 1, 0 if name.startswith("slurm_") else 0.8)
    if not near:
        return None
    return f"no resource is called {name}: did you mean {near[0]}? See profiles/slurm/config.yaml"


def problems(jobs: list) -> list[str]:
    """Why ``jobs`` cannot be run by this cluster, as far as its controller can tell; [] if they can.

    The controller is asked about each distinct request, without submitting anything.
    """
    if shutil.which("sbatch") is None:
        return [
            "there is no sbatch on this machine. Call snakemake on a login node of the cluster, or without "
            "--profile profiles/slurm to compute here"
        ]
    found: dict[str, None] = {}
    requests: dict[tuple[str, ...], str] = {}
    for job in jobs:
        requests.setdefault(request(job), job.rule.name)
        for name, _ in job.resources.items():
            if typo := _typo(name):
                found[typo] = None
    answers, said = _ask("scontrol", "ping")
    if not answers or "UP" not in said:
        return [
            f"SLURM's controller does not answer: {said.splitlines()[0] if said else 'scontrol ping failed'}"
        ]
    accounts = {job.resources.get("slurm_account") for job in jobs} - {None, ""}
    for problem in (_still_running(Path.cwd()), accounts and _unknown_accounts(accounts)):
        if problem:
            found[problem] = None
    for options, rule in requests.items():
        possible, said = _ask("sbatch", "--test-only", *options, "--wrap", "true")
        if not possible:
            reason = (
                said.splitlines()[-1].removeprefix("sbatch: ").removeprefix("error: ") if said else "refused"
            )
            found[
                f"{rule}: sbatch {' '.join(options)} would be refused ({reason}). What jobs ask for is in "
                f"profiles/slurm/config.yaml"
            ] = None
    return list(found)


def _file_system(folder: Path, mounts: str) -> tuple[str, str]:
    """Device and type of the file system that holds a folder, by the lines of /proc/mounts."""
    entries = [line.split()[:3] for line in mounts.splitlines()]
    inside = [entry for entry in entries if folder.is_relative_to(entry[1])]
    device, _, kind = max(inside, key=lambda entry: len(entry[1]), default=("", "", ""))
    return device, kind


def unshared(folder: Path) -> str | None:
    """A warning where other machines of the cluster may not see ``folder``, None where all is well."""
    answers, nodes = _ask("sinfo", "-h", "-N", "-o", "%N")
    here = socket.gethostname().partition(".")[0]
    others = sorted(node for node in {*nodes.split()} if node.partition(".")[0] != here) if answers else []
    if not others or not Path("/proc/mounts").exists():
        return None
    device, kind = _file_system(folder.resolve(), Path("/proc/mounts").read_text())
    if kind not in LOCAL_FILE_SYSTEMS:
        return None
    return (
        f"{folder} is on a disk of this machine ({device}, {kind}). Jobs run on {others[0]} and use "
        f"the same path there: unless it is exported to the nodes, go to a folder that they share"
    )


def check(jobs: list, tell: Callable[[str], None]) -> str | None:
    """All that stands in the way of running ``jobs``, as one text; ``tell`` is told what may do so."""
    found = problems(jobs)
    if found:
        return "SLURM cannot run this workflow:\n  " + "\n  ".join(found)
    warning = unshared(Path.cwd())
    if warning:
        tell(warning)
    return None
