"""Guarantee: two jobs never compute on one place of a GPU, and a killed job frees its place.

Snakemake counts GPUs but does not say which ones a job has. Each job locks files that stand for places on
devices; the kernel frees a lock when the process ends, however it ends.
"""

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from pipeline.storage.writing import ArtefactError

DEVICE_FILES = Path("/dev")
# How PyTorch begins to say that there is nothing to use, and not that something cannot be used.
NOTHING = ("Found no NVIDIA driver", "No CUDA GPUs are available", "Torch not compiled with CUDA")


class Lease(NamedTuple):
    """A device by its position among the visible ones, and the open file that holds its lock."""

    position: int
    lock: IO


def visible_devices(count: int) -> list[str]:
    """Names of the ``count`` visible devices: those in CUDA_VISIBLE_DEVICES, or their numbers."""
    named = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")]
    named = [name for name in named if name]
    return named[:count] if len(named) >= count else [str(index) for index in range(count)]


def _locked(path: Path) -> IO | None:
    """The open file with its lock, None if another process has it."""
    lock = open(path, "a")  # noqa: SIM115  held until the process ends
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _free(devices: list[str], folder: Path, wanted: int, places: int) -> list[Lease]:
    """Locks on ``wanted`` different devices, the emptiest first, or on none."""
    found: dict[int, Lease] = {}
    for place in range(places):
        for index, name in enumerate(devices):
            if index not in found and len(found) < wanted:
                lock = _locked(folder / f"{name.replace('/', '_')}-{place}.lock")
                if lock is not None:
                    found[index] = Lease(index, lock)
    if len(found) == wanted:
        return list(found.values())
    for held in found.values():
        held.lock.close()
    return []


def lease(
    devices: list[str], folder: Path, wanted: int = 1, places: int = 1, poll_seconds: float = 1.0
) -> list[Lease]:
    """Lock ``wanted`` different ``devices``, waiting until so many are free.

    ``places`` jobs may be on one device at a time. ``folder`` holds a lock file for each place, and one
    that lets a single job choose at a time: two jobs that each want two devices never hold one each.
    Raises ``ValueError`` where there are not so many devices.
    """
    if wanted > len(devices):
        raise ValueError(f"{wanted} devices wanted of {len(devices)}: {', '.join(devices) or 'none'}")
    folder.mkdir(parents=True, exist_ok=True)
    told = False
    while True:
        with open(folder / "choosing.lock", "a") as choosing:
            fcntl.flock(choosing, fcntl.LOCK_EX)
            held = _free(devices, folder, wanted, places)
        if held:
            return held
        if not told:
            print(f"waiting for {wanted} of {', '.join(devices)}", flush=True)
            told = True
        time.sleep(poll_seconds)


def lease_gpu(count: int, runs_per_gpu: int) -> int:
    """The number of one of ``count`` visible GPUs, this process's until it ends."""
    # Jobs of a cluster may each see their own device under the same number.
    job = os.environ.get("SLURM_JOB_ID", "")
    folder = Path(tempfile.gettempdir()) / f"rethinking-gpu-{os.getuid()}{job and f'-{job}'}"
    (held,) = lease(visible_devices(count), folder, places=runs_per_gpu)
    _HELD.append(held)
    return held.position


def device_for(gpus: int, runs_per_gpu: int, tell: Callable[[str], None]):
    """The ``torch.device`` of a job that asked for ``gpus`` (0 or 1): a GPU of its own, or the CPU.

    The CPU is for machines that have no GPU, or that hide all of them (CUDA_VISIBLE_DEVICES is empty or -1).
    Raises ``ArtefactError`` with PyTorch's reason where there is a GPU and it cannot be used.
    """
    import torch

    if not gpus:
        return torch.device("cpu")
    try:
        torch.cuda.init()
        index = lease_gpu(torch.cuda.device_count(), runs_per_gpu)
        torch.cuda.set_device(index)
        device = torch.device("cuda", index)
        torch.ones(2, device=device).sum().item()  # fails where PyTorch has no code for this GPU
    except (RuntimeError, AssertionError) as error:  # what is missing, and PyTorch without CUDA
        if str(error).startswith(NOTHING) and not _shows_gpus():
            tell("a GPU was asked for and there is none: computing on the CPU (--resources gpu=0 says so)")
            return torch.device("cpu")
        raise ArtefactError(
            f"a GPU was asked for and cannot be used: {error}. Mend that, or compute on the CPU with "
            "--resources gpu=0"
        ) from error
    return device


def on_device(jobs: Iterable[dict], snakemake, tell: Callable[[str], None]) -> Iterator[tuple[dict, Any]]:
    """Each of ``jobs`` with the ``torch.device`` of all; it is leased only once there is a job to do.

    ``snakemake`` is that of the script: its threads, GPUs and configuration.
    """
    import torch

    device = None
    for job in jobs:
        if device is None:
            torch.set_num_threads(snakemake.threads)
            places = snakemake.config["execution"]["runs_per_gpu"]
            device = device_for(snakemake.resources.get("gpu", 0), places, tell)
        yield job, device


def computed_on(device, dtype) -> dict:
    """The device, precision and threads of a computation by PyTorch, as results record them."""
    import torch

    from rethinking.precision import FLOAT32_PRODUCTS

    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "precision": str(dtype).removeprefix("torch."),
        "float32_products": FLOAT32_PRODUCTS,
        "threads": torch.get_num_threads(),
    }


def _shows_gpus() -> bool:
    """Whether the operating system has GPUs of NVIDIA's that this process is meant to see."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    return not hidden and any(DEVICE_FILES.glob("nvidia[0-9]*"))


_HELD: list[Lease] = []  # a lock that nothing refers to would be closed, and so freed
