"""Leave-one-out of kernel regression from one factorisation, against refitting for each example.

    .venv/bin/python benchmarks/leave_one_out.py [--points 10000] [--refitted 1000] [--threads 2]

The first line is the time for all examples of the larger problem; the second the ratio to what one would
write first: to solve the system of the other examples anew (SciPy's ``solve`` with ``assume_a="pos"``) for
each example. A tenth of the refits are run and their time is multiplied by ten.
"""

import argparse
import time

import numpy as np
import scipy.linalg
import scipy.spatial
from threadpoolctl import threadpool_limits

from rethinking.kernels.kernels import Gaussian, Points
from rethinking.stability import KernelRegression

GAMMA, RIDGE, SHARE = 0.05, 1e-3, 10


def ours(points: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    began = time.perf_counter()
    regression = KernelRegression.fitted(Points(points, Gaussian(GAMMA)), targets, RIDGE)
    return time.perf_counter() - began, regression.leave_one_out().predictions


def main(points: int, refitted: int) -> None:
    generator = np.random.default_rng(0)
    x, y = generator.standard_normal((points, 20)), generator.standard_normal((points, 10))
    began = time.perf_counter()
    fit, _ = ours(x, y)
    whole = time.perf_counter() - began
    print(f"n = {points:,}: {whole:.1f} s for all examples, of which {fit:.1f} s to fit once")

    x, y = x[:refitted], y[:refitted]
    began = time.perf_counter()
    _, predictions = ours(x, y)
    fast = time.perf_counter() - began
    kernel = np.exp(-GAMMA * scipy.spatial.distance.cdist(x, x, "sqeuclidean"))
    began, apart = time.perf_counter(), 0.0
    for i in range(0, refitted, SHARE):
        rest = np.arange(refitted) != i
        system = kernel[np.ix_(rest, rest)] + RIDGE * np.eye(refitted - 1)
        weights = scipy.linalg.solve(system, y[rest], assume_a="pos")
        apart = max(apart, np.abs(kernel[i, rest] @ weights - predictions[i]).max())
    slow = SHARE * (time.perf_counter() - began)
    print(f"n = {refitted:,}: ours {fast:.2f} s, refitting {slow:.0f} s, ratio {slow / fast:.0f}")
    print(f"largest difference of a prediction: {apart:.1e}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--refitted", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    with threadpool_limits(options.threads):
        main(options.points, options.refitted)
