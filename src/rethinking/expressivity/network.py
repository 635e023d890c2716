"""ReLU networks that fit any labels on any distinct points, by construction (Theorem 1, Corollary 1).

Depth 2 is the paper's construction. To make a deeper network, the paper (appendix C) gives each layer an
interval of the projections and joins the layers by a multiplexer, which is approximate at the ends of
intervals. Here each layer sees the projection clamped to its interval and adds the rise of the function over
the interval. That is exact, and the weights of an interval are multiplied by distances within it alone.
"""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from rethinking.expressivity.architecture import intervals_of
from rethinking.expressivity.projection import first_of_equal, separate
from rethinking.expressivity.triangular import gaps_of, solve

TILE = 512  # units and points whose ReLUs are computed at a time: they fit a cache in float64


class InterpolatingNetwork(nn.Module):
    """A ReLU network of the form of Theorem 1 (depth 2) or its corollary (depth k), with weights of zero.

    ``exact_network`` sets the weights so that it fits labels. It maps images or points (N, ...), flattened to
    (N, inputs), to (N, outputs); its weights can be loaded, moved, cast and trained as those of any module.

    Depth 2: Σ_j w_j max(<a, z> - b_j, 0), with the direction a (inputs), the thresholds b (points), the
    weights w (points, outputs). Depth k: the first hidden layer clamps <a, z> to the first interval. Each of
    the k - 2 others has the ReLUs of one interval, clamps <a, z> to the next one, and hands on <a, z> and the
    sum so far, through ReLUs that change neither. Ones that only hand on are not counted as weights.
    """

    def __init__(self, inputs: int, outputs: int, points: int, depth: int = 2):
        super().__init__()
        self.depth, self.bounds = depth, intervals_of(points, depth)
        self.direction = nn.Parameter(torch.zeros(inputs, dtype=torch.float64))
        self.thresholds = nn.Parameter(torch.zeros(points, dtype=torch.float64))
        self.weights = nn.Parameter(torch.zeros(points, outputs, dtype=torch.float64))
        if depth > 2:
            ends = torch.zeros(2, len(self.bounds) - 1, dtype=torch.float64)
            self.intervals = nn.Parameter(ends)  # lower ends, upper ends
        self.double()

    @property
    def width(self) -> int:
        """Units of the widest hidden layer, O(n/k).

        From depth 3 on, there are beside the interval's: two that clamp, one for the projection, two for each
        output's sum, which may be negative.
        """
        widest = max(end - start for start, end in pairwise(self.bounds))
        return widest if self.depth == 2 else widest + 3 + 2 * self.weights.shape[1]

    def project(self, points: Tensor) -> Tensor:
        """The projections <a, z>, (N,), of points (N, ...)."""
        return points.flatten(1).to(self.direction.dtype) @ self.direction

    def forward(self, points: Tensor) -> Tensor:
        """The outputs (N, outputs), in O(Nd + (n + kN) log n) time and O(n + N) memory beyond the points."""
        return self._add_up(points, _piecewise_linear)

    def relu_by_relu(self, points: Tensor) -> Tensor:
        """The outputs with every ReLU computed by itself: N × n of them, and their rounding.

        Equal to ``forward`` but for rounding, which is larger: slopes of neighbouring ReLUs cancel.
        """
        return self._add_up(points, _relu_by_relu)

    def _add_up(self, points: Tensor, outputs_of) -> Tensor:
        inside = projections = self.project(points)
        total = projections.new_zeros(len(projections), self.weights.shape[1])
        for interval, (start, end) in enumerate(pairwise(self.bounds)):
            if self.depth > 2:
                lower, upper = self.intervals[:, interval]
                inside = torch.relu(projections - lower) - torch.relu(projections - upper)
            total = total + outputs_of(inside, self.thresholds[start:end], self.weights[start:end])
        return total


def _piecewise_linear(inside: Tensor, thresholds: Tensor, weights: Tensor) -> Tensor:
    """Σ_j w_j max(x - b_j, 0), (N, c), for x (N,), b (n,), w (n, c): a piecewise linear function of x.

    Between two thresholds its slope is the sum of the weights before, so nothing large is subtracted.
    """
    corners, order = thresholds.sort()
    slopes = weights[order].cumsum(0)
    rises = slopes[:-1] * corners.diff()[:, None]
    heights = torch.cat([torch.zeros_like(slopes[:1]), rises.cumsum(0)])
    # The threshold before x: at a corner the slope, and so the gradient, is that on the left, as max's is.
    last = torch.searchsorted(corners.detach(), inside.detach()) - 1
    at = last.clamp(min=0)
    return (heights[at] + slopes[at] * (inside - corners[at])[:, None]) * (last >= 0)[:, None]


def _relu_by_relu(inside: Tensor, thresholds: Tensor, weights: Tensor) -> Tensor:
    """The same, as a layer of ReLUs computes it, some units and some points at a time."""
    return torch.cat(
        [
            torch.stack(
                [
                    torch.relu(seen[:, None] - unit) @ weight
                    for unit, weight in zip(thresholds.split(TILE), weights.split(TILE), strict=True)
                ]
            ).sum(0)
            for seen in inside.split(TILE)
        ]
    )


def _checked(points: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows of distinct points, and the targets as float64 (n, c)."""
    points, targets = np.asarray(points), np.asarray(targets, dtype=np.float64)
    if points.ndim < 2 or len(points) != len(targets) or targets.ndim not in (1, 2) or not len(points):
        raise ValueError(
            f"points have the shape {points.shape}, targets {targets.shape}; expected (n, ...) and (n,) or "
            "(n, c), with n of 1 or more"
        )
    targets = targets.reshape(len(targets), -1)
    if not np.isfinite(targets).all():
        row = int(np.flatnonzero(~np.isfinite(targets).all(axis=1))[0])
        raise ValueError(f"the targets of point {row} are not finite")
    first = first_of_equal(points)
    differ = np.flatnonzero((targets != targets[first]).any(axis=1))
    if len(differ):
        row = int(differ[0])
        raise ValueError(
            f"points {int(first[row])} and {row} are equal and have different targets, so no function fits "
            f"both ({len(differ)} such points); remove one of the two"
        )
    return np.flatnonzero(first == np.arange(len(points))), targets


def exact_network(
    points: np.ndarray,
    targets: np.ndarray,
    generator: np.random.Generator,
    depth: int = 2,
    candidates: int = 32,
) -> InterpolatingNetwork:
    """A ReLU network of ``depth`` layers of weights that maps each point to its targets.

    ``points`` (n, ...) of any real dtype, ``targets`` (n,) or (n, c). The direction is drawn by ``generator``
    (``projection.separate``). Takes O(nd + n log n) time and O(n) memory beyond the points. The network is
    float64; in float64 its outputs are the targets to rounding, which is the larger the smaller a gap of two
    projections is: measure the residual. Equal points with equal targets count once.

    Example::

        network = exact_network(images, np.eye(10)[labels], np.random.default_rng(0), depth=8)
        network(torch.from_numpy(images)).argmax(1)  # the labels

    Raises ``ValueError`` for equal points with different targets, values that are not finite, points that no
    direction separates, and a depth out of range.
    """
    rows, targets = _checked(points, targets)
    outputs = targets.shape[1]
    network = InterpolatingNetwork(int(np.prod(points.shape[1:])), outputs, len(rows), depth)
    distinct = points if len(rows) == len(points) else points[rows]
    projection = separate(distinct, generator, candidates)
    values, targets = projection.values, targets[rows][projection.order]
    gaps = gaps_of(values)
    thresholds = values - gaps  # b_1, then each the projection before
    thresholds[1:] = values[:-1]
    weights = np.empty((len(rows), outputs))
    lower, upper = np.empty((2, len(network.bounds) - 1))
    for interval, (start, end) in enumerate(pairwise(network.bounds)):
        before = targets[start - 1] if start else np.zeros(outputs)
        weights[start:end] = solve(gaps[start:end], targets[start:end] - before)
        lower[interval], upper[interval] = thresholds[start], values[end - 1]
        if depth > 2:
            thresholds[start:end] -= lower[interval]
    with torch.no_grad():
        network.direction.copy_(torch.from_numpy(projection.direction))
        network.thresholds.copy_(torch.from_numpy(thresholds))
        network.weights.copy_(torch.from_numpy(weights))
        if depth > 2:
            network.intervals.copy_(torch.from_numpy(np.stack([lower, upper])))
    return network
