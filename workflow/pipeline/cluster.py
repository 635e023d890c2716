"""What jobs ask of a SLURM cluster, and whether it can ever give it, asked before the first is submitted."""

import difflib
import getpass
import os
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
    "nodes": "--nodes={}",
    "gres": "--gres={}",
    "constraint": "--constraint={}",
    "qos": "--qos={}",
    "slurm_extra": "{}",
}
OF_SLURM = ("slurm_partition", "slurm_account", "slurm_extra", "slurm_cluster")
# Where nothing else is mounted, only the machine itself sees these.
LOCAL_FILE_SYSTEMS = ("btrfs", "ext2", "ext3", "ext4", "overlay", "tmpfs", "xfs", "zfs")
SECONDS = 30  # until a controller that does not answer is taken to be down


def growing(amount: int) -> Callable:
    """A resource that is ``amount`` at the first attempt of a job, twice that at the second, and so on."""
    return lambda wildcards, attempt: amount * attempt


def _ask(*command: str) -> tuple[bool, str]:
    """Whether a command of SLURM's succeeds, and what it prints."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except FileNotFoundError:
        return False, f"{command[0]} is not installed"
    except subprocess.TimeoutExpired:
        return False, f"no answer within {SECONDS} seconds"
    return done.returncode == 0, (done.stdout + done.stderr).strip()


def request(job) -> tuple[str, ...]:
    """The options of sbatch that a job's resources amount to."""
    resources = job.resources
    options = [
        form.format(resources.get(name))
        for name, form in OPTIONS.items()
        if resources.get(name) not in (None, "")
    ]
    gpus, model = resources.get("gpu", 0), resources.get("gpu_model", "")
    if gpus:
        options.append(f"--gpus={model}:{gpus}" if model else f"--gpus={gpus}")
    return (*options, f"--cpus-per-task={resources.get('cpus_per_task') or job.threads}")


def _still_running(folder: Path) -> str | None:
    """What to say where jobs of an earlier call have not ended in this folder, None where there are none."""
    _, said = _ask("squeue", "-h", "--me", "-o", "%A %Z")
    fields = [line.partition(" ") for line in said.splitlines()]
    mine = os.environ.get("SLURM_JOB_ID")  # this call may be a job itself
    numbers = [number for number, _, where in fields if where == str(folder) and number != mine]
    if not numbers:
        return None
    return (
        f"{len(numbers)} jobs of an earlier call still run in {folder}, and Snakemake cannot find them: "
        f"it would do their work a second time. Wait until squeue --me shows none of them, or end them; what "
        f"they were training goes on from its checkpoint:\n    scancel {' '.join(numbers)}"
    )


def _unknown_account(accounts: set[str]) -> str | None:
    """What to say of accounts that this user has not, None where all are theirs or SLURM keeps none."""
    user = getpass.getuser()
    listed, said = _ask("sacctmgr", "-n", "-P", "list", "association", f"user={user}", "format=account")
    theirs = sorted({*said.split()}) if listed else []
    wrong = sorted(accounts - {*theirs}) if theirs else []
    return f"{user} has no account {', '.join(wrong)}, but {', '.join(theirs)}" if wrong else None


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
            if name.startswith("slurm_") and name not in OF_SLURM:
                (near,) = difflib.get_close_matches(name, OF_SLURM, 1, 0) or ("",)
                found[
                    f"no resource is called {name}: did you mean {near}? See profiles/slurm/config.yaml"
                ] = None
    answers, said = _ask("scontrol", "ping")
    if not answers or "UP" not in said:
        return [
            f"SLURM's controller does not answer: {said.splitlines()[0] if said else 'scontrol ping failed'}"
        ]
    accounts = {job.resources.get("slurm_account") for job in jobs} - {None, ""}
    for problem in (_still_running(Path.cwd()), accounts and _unknown_account(accounts)):
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
    _, nodes = _ask("sinfo", "-h", "-N", "-o", "%N")
    here = socket.gethostname().partition(".")[0]
    others = sorted({*nodes.split()} - {here})
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
