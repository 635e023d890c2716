"""One GPU for one job: an exclusive lock a device, held until the process ends.

Snakemake counts GPUs but does not say which one a job has. Each job locks a file that stands for a
device; the kernel frees the lock when the process ends, however it ends.
"""

import fcntl
import os
import time
from pathlib import Path
from typing import IO, NamedTuple


class Lease(NamedTuple):
    """A device by its position among the visible ones, and the open file that holds its lock."""

    index: int
    lock: IO


def visible_devices(count: int) -> list[str]:
    """Names of the ``count`` visible devices: those in CUDA_VISIBLE_DEVICES, or their numbers."""
    named = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")]
    named = [name for name in named if name]
    return named[:count] if len(named) >= count else [str(index) for index in range(count)]


def lease(devices: list[str], folder: Path, poll_seconds: float = 1.0) -> Lease:
    """Lock one of ``devices``, waiting until one is free. ``folder`` holds a lock file for each."""
    folder.mkdir(parents=True, exist_ok=True)
    told = False
    while True:
        for index, name in enumerate(devices):
            lock = open(folder / f"{name.replace('/', '_')}.lock", "a")  # noqa: SIM115
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return Lease(index, lock)
            except BlockingIOError:
                lock.close()
        if not told:
            print(f"all of {', '.join(devices)} are taken; waiting for one", flush=True)
            told = True
        time.sleep(poll_seconds)
