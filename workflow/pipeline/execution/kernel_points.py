"""Guarantee: a solve computes on the device that it was given, or ends with the library's own reason.

The module turns stored images, features and inner products into the points that the solver takes.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pipeline.execution.devices import lease_gpu
from pipeline.storage.writing import ArtefactError, existing_parent
from rethinking.kernels.accumulated import Accumulated, Products, subset
from rethinking.kernels.backends import Cpu, UnusableGpu, gpu_or_none
from rethinking.kernels.kernels import Gaussian, Kernel, Linear, Points
from rethinking.kernels.selection import Split


def kernel_of(spec: dict, gamma: float | None) -> Kernel:
    """The kernel that a specification names."""
    if spec["kernel"] != "gaussian":
        return Linear()
    assert gamma is not None, "the schema asks for a gamma of each Gaussian kernel"
    return Gaussian(gamma)


def as_rows(values: np.ndarray) -> np.ndarray:
    """Images (N, H, W, C) or features (N, D) as points (N, d)."""
    return values.reshape(len(values), -1)


def backend_for(gpus: int, runs_per_gpu: int, tell: Callable[[str], None]):
    """Where a solve that asked for ``gpus`` (0 or 1) computes: a GPU of its own, or the CPU.

    Raises ``ArtefactError`` with the library's reason where this machine has a GPU that cannot be used.
    """
    if not gpus:
        return Cpu()
    try:
        backend = gpu_or_none()
        if backend is None:
            tell("a GPU was asked for and CuPy sees none: solving on the CPU (--resources gpu=0 says so)")
            return Cpu()
        backend.xp.cuda.Device(lease_gpu(backend.devices(), runs_per_gpu)).use()
        backend.try_out()
    except UnusableGpu as error:
        raise ArtefactError(
            f"a GPU was asked for and cannot be used: {error}. Mend that, or solve on the CPU with "
            f"--resources gpu=0"
        ) from error
    return backend


def free_space(backend, folder: Path) -> dict[str, int]:
    """Bytes that panels could take by place, in the order in which places are tried."""
    free = {} if backend.name == "CPU" else {"GPU": backend.free_bytes()}
    free["memory"] = Cpu().free_bytes()
    # Panels of a solve that was stopped will be used, or written over.
    ours = sum(path.stat().st_size for path in folder.glob("panel-*.npy") if path.is_file())
    free["disk"] = shutil.disk_usage(existing_parent(folder / "panels")).free + ours
    return free


def _are_products(stored: dict[str, np.ndarray]) -> bool:
    """Whether inner products are stored instead of points."""
    return "train_squares" in stored


def sizes(stored: dict[str, np.ndarray]) -> tuple[int, int]:
    """Values of one point, and bytes of all points; both 0 for inner products, read a tile at a time."""
    if _are_products(stored):
        return 0, 0
    return stored["train"][0].size, stored["train"].nbytes + stored["test"].nbytes


def points(stored: dict[str, np.ndarray], kernel: Kernel, dtype: np.dtype, backend) -> tuple:
    """The kernel matrix of stored training points and the test points, as the solver takes them."""
    if _are_products(stored):
        products = Accumulated(_products(stored), kernel, dtype, backend)
        return products, products.others
    gram = Points(as_rows(stored["train"]), kernel, dtype, backend)
    return gram, gram.at(as_rows(stored["test"]))


def split_points(stored: dict[str, np.ndarray], split: Split) -> dict[str, np.ndarray]:
    """The stored points of the fitted examples, with those held out as the test points."""
    if _are_products(stored):
        return subset(_products(stored), split.fitted, split.held_out)._asdict()
    return {"train": stored["train"][split.fitted], "test": stored["train"][split.held_out]}


def _products(stored: dict[str, np.ndarray]) -> Products:
    return Products(*(stored[name] for name in Products._fields))
