"""Theorem 1 by construction: time against the number of points, and against a dense triangular solve.

    .venv/bin/python benchmarks/expressivity.py [--largest 500000] [--threads 2]

*Linear*: the time to construct a network of depth 2 for n random points of 64 numbers and one column of
labels; the last column, the time a point, is what to look at. *Images*: 50,000 random images of 3,072 grey
levels with ten columns of labels: construction, the memory that it takes beyond the images, evaluation at all
of them, largest error. *Dense*: a system of 5,000 points as a matrix (``scipy.linalg.solve_triangular``),
which is what one would write first, against ours; both from the projections on.
"""

import argparse
import time
import tracemalloc

import numpy as np
import torch
from scipy.linalg import solve_triangular
from threadpoolctl import threadpool_limits

from rethinking.expressivity.network import exact_network
from rethinking.expressivity.triangular import gaps_of, solve

BATCH = 5000


def timed(function, *arguments):
    began = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - began, result


def linear(largest: int) -> None:
    """Seconds against n."""
    n = 5000
    while n <= largest:
        points = np.random.default_rng(0).standard_normal((n, 64))
        labels = np.random.default_rng(1).standard_normal(n)
        seconds, _ = timed(exact_network, points, labels, np.random.default_rng(2))
        print(f"n = {n:>7,}: {seconds:7.2f} s, {1e6 * seconds / n:5.1f} µs a point", flush=True)
        n *= 10


def images(threads: int) -> None:
    """Construction and evaluation at the size of CIFAR-10."""
    torch.set_num_threads(threads)
    generator = np.random.default_rng(0)
    points = generator.integers(0, 256, (50_000, 32, 32, 3), dtype=np.uint8)
    targets = np.eye(10)[generator.integers(0, 10, len(points))]
    for depth in (2, 8, 64):
        seconds, network = timed(exact_network, points, targets, np.random.default_rng(1), depth)
        began = time.perf_counter()
        with torch.no_grad():
            outputs = torch.cat([network(part) for part in torch.from_numpy(points).split(BATCH)])
        print(
            f"depth {depth:>2}: constructed in {seconds:.1f} s, evaluated in "
            f"{time.perf_counter() - began:.1f} s, largest error "
            f"{np.abs(outputs.numpy() - targets).max():.1e}",
            flush=True,
        )
    tracemalloc.start()
    exact_network(points, targets, np.random.default_rng(1))
    print(f"memory to construct it: {tracemalloc.get_traced_memory()[1] / 2**20:.0f} MB")
    tracemalloc.stop()


def dense() -> None:
    """Our solve against that of a dense triangular matrix."""
    n = 5000
    generator = np.random.default_rng(0)
    values, targets = np.sort(generator.standard_normal(n)), generator.standard_normal((n, 10))

    def ours():
        return solve(gaps_of(values), targets)

    def theirs():
        thresholds = np.concatenate([[values[0] - gaps_of(values)[0]], values[:-1]])
        return solve_triangular(np.maximum(values[:, None] - thresholds, 0), targets, lower=True)

    (fast, w), (slow, v) = timed(ours), timed(theirs)
    print(f"n = {n:,}: ours {1e3 * fast:.2f} ms, dense {1e3 * slow:.0f} ms, ratio {slow / fast:.0f}")
    print(f"largest difference of the weights, relative: {np.abs(w - v).max() / np.abs(v).max():.1e}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", type=int, default=500_000)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    with threadpool_limits(options.threads):
        linear(options.largest)
        images(options.threads)
        dense()
