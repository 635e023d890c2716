"""Exact kernel systems beside what a user would take instead, both sides in one run.

    .venv/bin/python benchmarks/kernels.py [--mnist FOLDER] [--gpu] [--large]

Without a folder of MNIST's idx files the points are made up in their likeness. Every line is a ratio of two
things timed one after the other, the better of ``ROUNDS`` each; peak memory is of a fresh process that does
nothing else, less what it holds once the points are there. ``--large`` adds n = 60,000 in float64 on the CPU,
beside LAPACK's rate in the same hour, and n = 46,400 in float32, past the end of 32-bit indices. ``--gpu`` is
n = 60,000 on a GPU.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from scipy import linalg
from scipy.spatial.distance import pdist, squareform

from rethinking.classification import classification_error, one_hot
from rethinking.kernels.backends import Cpu, Gpu
from rethinking.kernels.cholesky import factorise
from rethinking.kernels.kernels import Gaussian, Points
from rethinking.kernels.systems import fit, predict

GAMMA = 0.02
ROUNDS = 3
CLASSES = 10


def read(folder: Path | None, n: int) -> tuple[np.ndarray, np.ndarray]:
    """n points as grey levels, uint8 (n, 784), and their labels."""
    if folder is not None:
        points = np.fromfile(folder / "train-images-idx3-ubyte", np.uint8, offset=16).reshape(-1, 784)
        return points[:n], np.fromfile(folder / "train-labels-idx1-ubyte", np.uint8, offset=8)[:n].astype(int)
    generator = np.random.default_rng(0)
    labels = generator.integers(0, CLASSES, n)
    prototypes = generator.random((CLASSES, 784)) < 0.2
    strokes = prototypes[labels] * generator.integers(100, 256, (n, 784))
    return np.where(generator.random((n, 784)) < 0.1, 255 - strokes, strokes).astype(np.uint8), labels


# What is compared. Each takes points and labels and returns the weights; each runs in a fresh process for its
# memory, so the names are on the command line.


def ours(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The fit alone, which is what the others do."""
    return fit(Points(points, Gaussian(GAMMA)), one_hot(labels, CLASSES))[0]


def snippet(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The authors' way, with the solver told that the matrix is positive definite."""
    matrix = np.exp(-GAMMA * squareform(pdist(points / 255)) ** 2)
    return linalg.solve(matrix, one_hot(labels, CLASSES), assume_a="pos")


def scikit_learn(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """KernelRidge without a ridge."""
    from sklearn.kernel_ridge import KernelRidge

    model = KernelRidge(alpha=0, kernel="rbf", gamma=GAMMA).fit(points / 255, one_hot(labels, CLASSES))
    return model.dual_coef_


WAYS = {way.__name__: way for way in (ours, snippet, scikit_learn)}


def seconds(function, *arguments) -> float:
    """The shortest of a few times."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        function(*arguments)
        times.append(time.perf_counter() - started)
    return min(times)


def high_water() -> int:
    """The most bytes that this process has held."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024


def memory(way: str, n: int, folder: Path | None) -> int:
    """Peak bytes of one fit in a fresh process, beyond its points and libraries."""
    command = [sys.executable, __file__, "--peak", way, str(n), *(["--mnist", str(folder)] if folder else [])]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def print_peak(way: str, n: int, folder: Path | None) -> None:
    """Say what ``memory`` asks for."""
    points, labels = read(folder, n)
    WAYS[way](points[:256], labels[:256])  # imports, and what BLAS always holds
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins anew, from what is held now
    before = high_water()
    WAYS[way](points, labels)
    print(high_water() - before)


def factorisation(n: int, folder: Path | None) -> None:
    """Our factorisation beside LAPACK's in place: rates in GFLOP/s, the kernel matrix not counted."""
    points, _ = read(folder, n)
    gram = Points(points, Gaussian(GAMMA))
    full = np.empty((n, n))
    whole, half = slice(0, n), []

    class Stored:
        """The same matrix, read from memory, so that only the factorisation is timed."""

        backend, dtype, rounding, kernel = gram.backend, gram.dtype, gram.rounding, gram.kernel

        def __len__(self) -> int:
            return n

        def first_dependent(self) -> None:
            """Not looked for: this is no part of what LAPACK does."""

        def diagonal(self, start: int, stop: int) -> np.ndarray:
            return gram.diagonal(start, stop)

        def block(self, rows: slice, columns: slice, out: np.ndarray) -> None:
            started = time.perf_counter()
            gram.block(rows, columns, out)
            half.append(time.perf_counter() - started)

    theirs, mine = [], []
    for _ in range(ROUNDS):
        gram.block(whole, whole, full)
        started = time.perf_counter()
        linalg.cho_factor(full.T, overwrite_a=True, check_finite=False)
        theirs.append(time.perf_counter() - started)
        half.clear()
        started = time.perf_counter()
        factorise(Stored())
        mine.append(time.perf_counter() - started - sum(half))
    products = n**3 / 3e9
    print(
        f"factor, n = {n:,}: {products / min(mine):.0f} GFLOP/s, cho_factor in place "
        f"{products / min(theirs):.0f}; ratio {min(theirs) / min(mine):.2f}"
    )


def fits(n: int, folder: Path | None) -> None:
    """Whole fits beside the authors' snippet and scikit-learn, in time and memory."""
    points, labels = read(folder, n)
    weights = {name: way(points, labels) for name, way in WAYS.items()}
    times = {name: seconds(way, points, labels) for name, way in WAYS.items()}
    peaks = {name: memory(name, n, folder) for name in WAYS}
    for name in ("snippet", "scikit_learn"):
        apart = np.abs(weights[name] - weights["ours"]).max() / np.abs(weights["ours"]).max()
        print(
            f"fit, n = {n:,}, against {name}: {times[name] / times['ours']:.1f} times as fast, "
            f"{peaks['ours'] / peaks[name]:.2f} of its peak memory; weights differ by {apart:.0e}"
        )


def peaks(sizes: list[int], folder: Path | None) -> None:
    """Peak memory of our fit in units of n² doubles."""
    for n in sizes:
        print(f"peak memory, n = {n:,}: {memory('ours', n, folder) / (8 * n * n):.3f} of n² doubles")


def whole(n: int, folder: Path | None, backend, dtype=np.float64) -> None:
    """One solve at full size: the fit, and all that is measured of it."""
    points, labels = read(folder, n)
    targets = one_hot(labels, CLASSES)
    started = time.perf_counter()
    gram = Points(points, Gaussian(GAMMA), dtype, backend)
    weights, _ = fit(gram, targets)
    seconds_of_fit = time.perf_counter() - started
    held = f", {high_water() / 1e9:.1f} GB" if backend.name == "CPU" else ""
    print(f"fit, n = {n:,}, {gram.dtype}, {backend.name}: {seconds_of_fit:.1f} s{held}", flush=True)
    error = classification_error(predict(gram, gram.at(points[:2000]), weights), labels[:2000])
    print(f"  train error on 2,000 of them: {error:.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mnist", type=Path, help="folder with MNIST's idx files")
    parser.add_argument("--gpu", action="store_true", help="n = 60,000 on a GPU")
    parser.add_argument("--large", action="store_true", help="n = 60,000 and 46,400 on the CPU, too")
    parser.add_argument("--peak", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peak:
        print_peak(given.peak[0], int(given.peak[1]), given.mnist)
    elif given.gpu:
        device = Gpu()
        device.try_out()
        whole(2000, given.mnist, device)  # starts CUDA and its libraries
        whole(60000, given.mnist, device)
    else:
        factorisation(12000, given.mnist)
        fits(8000, given.mnist)
        peaks([10000, 16000], given.mnist)
        if given.large:
            factorisation(12000, given.mnist)
            whole(60000, given.mnist, Cpu())
            whole(46400, given.mnist, Cpu(), np.float32)
