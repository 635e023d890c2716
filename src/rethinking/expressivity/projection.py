"""A line on which the projections of all points are distinct: the first step of Theorem 1 (appendix C)."""

import math
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

BLOCK_BYTES = 1 << 25  # of points that are seen as float64 at a time
ROUNDS = 4  # of candidates, before points count as inseparable
BITS = 53  # of a float64


class Projection(NamedTuple):
    """The projections x_i = <a, z_i> of n points on one line, in increasing order."""

    direction: np.ndarray  # a, float64 (d,)
    values: np.ndarray  # x, float64 (n,), increasing
    order: np.ndarray  # int64 (n,): the rows of the points, by their projections

    @property
    def smallest_gap(self) -> float:
        """The smallest distance of two projections, as a part of their range; 1 for a single point."""
        if len(self.values) == 1:
            return 1.0
        return float(np.diff(self.values).min() / (self.values[-1] - self.values[0]))


def _blocks(points: np.ndarray):
    """Slices of rows, as float64 (rows, d) each of at most ``BLOCK_BYTES``, with the first row's number."""
    width = max(1, math.prod(points.shape[1:]))
    rows = max(1, BLOCK_BYTES // (8 * width))
    for start in range(0, len(points), rows):
        yield start, points[start : start + rows].reshape(-1, width).astype(np.float64)


def first_of_equal(points: np.ndarray) -> np.ndarray:
    """For each point the row of the first point that is equal to it, int64 (n,).

    ``points`` are (n, ...) of any real dtype. Takes O(nd) time and O(n) memory beyond them. Raises
    ``ValueError`` for values that are not finite.
    """
    found: dict[bytes, int] = {}
    first = np.empty(len(points), dtype=np.int64)
    for start, block in _blocks(points):
        if not np.isfinite(block).all():
            row = start + int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])
            raise ValueError(f"point {row} holds values that are not finite")
        block += 0.0  # -0 and 0 are equal, and differ in their bits
        for row, values in enumerate(block, start):
            first[row] = found.setdefault(blake2b(values.tobytes(), digest_size=16).digest(), row)
    return first


def directions(inputs: int, count: int, integers: bool, generator: np.random.Generator) -> np.ndarray:
    """Candidates for a, float64 (inputs, count), uniform in [-1, 1] and rounded to few binary places.

    So few that all projections of points of 8 bits (images in grey levels) are exact sums in float64, in
    whatever order they are added: a projection then has the same value in every batch. Of other
    points the places are those that suit 24 bits, the precision of float32.
    """
    places = BITS - (8 if integers else 24) - math.ceil(math.log2(max(2, inputs)))
    scale = 2.0 ** max(4, places)
    return np.rint(generator.uniform(-scale, scale, (inputs, count))) / scale


def separate(points: np.ndarray, generator: np.random.Generator, candidates: int = 32) -> Projection:
    """The one of several random directions whose projections of ``points`` are farthest from each other.

    ``points`` (n, ...) of any real dtype are distinct; trailing axes are flattened to d. The direction is
    that of ``candidates`` with the largest of all smallest gaps, because Theorem 1's largest weights are in
    proportion to the inverse of gaps. Takes O(nd + n log n) time and O(n) memory beyond the points for each
    candidate.

    Raises ``ValueError`` where even the best of four times as many candidates leaves a gap within rounding.
    """
    if not len(points):
        raise ValueError("there are no points; expected 1 or more")
    inputs, best = math.prod(points.shape[1:]), None
    integers = points.dtype in (np.uint8, np.int8)
    for _ in range(ROUNDS):
        tried = directions(inputs, candidates, integers, generator)
        values = np.empty((len(points), candidates))
        for start, block in _blocks(points):
            values[start : start + len(block)] = block @ tried
        for candidate in range(candidates):
            order = np.argsort(values[:, candidate], kind="stable")
            found = Projection(tried[:, candidate].copy(), values[order, candidate], order)
            if len(points) == 1:
                return found
            if found.values[0] < found.values[-1] and (
                best is None or found.smallest_gap > best.smallest_gap
            ):
                best = found
        rounding = 0.0 if integers else 4 * math.sqrt(inputs) * np.finfo(float).eps
        if best is not None and best.smallest_gap > rounding:
            return best
    gap = 0.0 if best is None else best.smallest_gap
    raise ValueError(
        f"no direction of {ROUNDS * candidates} separates the {len(points)} points: the smallest gap of "
        f"their projections is {gap:.1e} of the range at best, which is within rounding. Expected points "
        "that differ by more, or fewer of them"
    )
