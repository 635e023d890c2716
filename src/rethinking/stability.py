"""How far a learned function moves when one training example is left out or replaced (section 2.2).

An algorithm A is uniformly β-stable if |ℓ(A(S), z) - ℓ(A(Sⁱ), z)| <= β for every training set S, every point
z and every Sⁱ that differs from S in one example (Bousquet and Elisseeff, JMLR 2, 2002). β is one number for
all labels, so it bounds true and random labels alike. What is measured on some S is a lower bound of β.

A weaker notion is the generalisation gap itself (Shalev-Shwartz et al., JMLR 11, 2010): where z_i in S
is replaced by z', both drawn like the test points, E[ℓ(A(Sⁱ), z_i) - ℓ(A(S), z_i)] is the expected gap.

Kernel regression has closed forms: no function is fitted again.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from rethinking.kernels.cholesky import Factor, NotPositiveDefinite
from rethinking.kernels.kernels import Points
from rethinking.kernels.systems import fit, predict


def inverse_diagonal(factor: Factor) -> np.ndarray:
    """The diagonal of (K + ridge·1)⁻¹ = L⁻ᵀL⁻¹, float64 (n,): the squared norms of the columns of L⁻¹.

    Columns are solved for a panel at a time, each from its own row down: n³/6 multiplications in all, and
    memory for one panel beside the factor.
    """
    backend, xp = factor.backend, factor.backend.xp
    spans = list(pairwise(factor.starts))
    parts = []
    for number, (first, last) in enumerate(spans):
        columns = xp.zeros((len(factor) - first, last - first), factor.panels[0].dtype)
        columns[xp.arange(last - first), xp.arange(last - first)] = 1
        for (start, stop), panel in zip(spans[number:], factor.panels[number:], strict=True):
            width, here = stop - start, columns[start - first : stop - first]
            backend.solve_triangle(panel[:width], here, False)
            backend.subtract_product(columns[stop - first :], panel[width:], here, False)
        parts.append(backend.to_host(xp.einsum("ij,ij->j", columns, columns)))
    return np.concatenate(parts).astype(np.float64)


class LeaveOneOut(NamedTuple):
    """What is predicted at each training point by the function that was fitted without it."""

    predictions: np.ndarray  # float64 (n, k)
    residuals: np.ndarray  # targets - predictions, float64 (n, k)


class KernelRegression(NamedTuple):
    """The function Σ_j α_j k(·, x_j) with (K + ridge·1)α = y, and the factor that gave it.

    Example::

        fitted = KernelRegression.fitted(Points(points, Gaussian(0.02)), one_hot(labels, 10))
        error = classification_error(fitted.leave_one_out().predictions, labels)
        moved = fitted.movement_without(np.arange(5), test_points)
        beta = np.abs(moved).max(axis=(1, 2))  # of each of the five examples
    """

    gram: Points
    targets: np.ndarray  # float64 (n, k)
    ridge: float
    weights: np.ndarray  # float64 (n, k)
    factor: Factor

    @classmethod
    def fitted(cls, gram: Points, targets: np.ndarray, ridge: float = 0.0) -> "KernelRegression":
        """Fit ``targets`` (n, k) at the points of ``gram``, in float64, by one Cholesky factorisation.

        Raises what ``systems.fit`` does, and ``ValueError`` for a ``gram`` of another precision, whose
        weights would have to be refined.
        """
        if gram.dtype != np.float64:
            raise ValueError(f"expected a kernel matrix in float64, found {gram.dtype}")
        weights, factor = fit(gram, targets, ridge)
        return cls(gram, np.asarray(targets, dtype=np.float64), ridge, weights, factor)

    def predictions(self, points: np.ndarray) -> np.ndarray:
        """The function at ``points`` (m, d), float64 (m, k)."""
        return predict(self.gram, self.gram.at(points), self.weights)

    def leave_one_out(self) -> LeaveOneOut:
        """The predictions at all n training points, each by the function fitted to the n - 1 others.

        The residual at x_i is α_i / [(K + ridge·1)⁻¹]_ii, so that nothing is fitted again (Rasmussen and
        Williams, Gaussian Processes for Machine Learning, 2006, section 5.4.2).
        """
        residuals = self.weights / inverse_diagonal(self.factor)[:, None]
        return LeaveOneOut(self.targets - residuals, residuals)

    def _checked(self, positions) -> np.ndarray:
        positions, n = np.asarray(positions), len(self.weights)
        if positions.ndim != 1 or not len(positions) or not np.issubdtype(positions.dtype, np.integer):
            raise ValueError(f"expected positions as whole numbers (r,), found {positions}")
        if not 0 <= positions.min() <= positions.max() < n:
            raise ValueError(f"expected positions from 0 to {n - 1}, found {positions}")
        return positions

    def _columns(self, positions: np.ndarray) -> np.ndarray:
        units = np.zeros((len(self.weights), len(positions)))
        units[positions, np.arange(len(positions))] = 1
        return self.factor.solve(units)

    def movement_without(self, positions: np.ndarray, points: np.ndarray) -> np.ndarray:
        """f_{S∖i} - f_S at ``points`` (m, d) for each example i of ``positions`` (r,): float64 (r, m, k).

        With C = (K + ridge·1)⁻¹, leaving out x_i changes the weights by -C_{·i} α_i / C_ii. Raises
        ``ValueError`` for positions that are none.
        """
        positions = self._checked(positions)
        columns = self._columns(positions)
        reach = predict(self.gram, self.gram.at(points), columns)
        own = columns[positions, np.arange(len(positions))]
        return -reach.T[:, :, None] * (self.weights[positions] / own[:, None])[:, None, :]

    def movement_replaced(
        self, positions: np.ndarray, incoming: np.ndarray, targets: np.ndarray, points: np.ndarray
    ) -> np.ndarray:
        """f_{Sⁱ} - f_S at ``points`` (m, d): float64 (r, m, k).

        In the r-th Sⁱ the example at ``positions[r]`` is replaced by the r-th point of ``incoming`` (r, d)
        with the r-th of ``targets`` (r, k). The old example is left out as in ``movement_without``. The new
        one then adds v(z)/(v(x') + ridge) · (y' - f_{S∖i}(x')), where v(z) is the part of k(z, x') that the
        other examples do not explain. Both steps change the inverse by a matrix of rank one.

        Raises ``ValueError`` for positions, points and targets that do not go together;
        ``NotPositiveDefinite`` where a new point without ridge is a copy of another.
        """
        positions, targets = self._checked(positions), np.asarray(targets, dtype=np.float64)
        count, each = len(positions), np.arange(len(positions))
        if len(incoming) != count or targets.shape != (count, self.weights.shape[1]):
            raise ValueError(
                f"expected {count} incoming points, one a position, and targets of "
                f"{(count, self.weights.shape[1])}, found {len(incoming)} and {targets.shape}"
            )
        gram = self.gram
        arriving, places = gram.at(incoming), gram.at(points)
        seen = np.empty((count, len(gram)))
        gram.block(slice(0, count), slice(0, len(gram)), seen, arriving)
        explained = self.factor.solve(seen.T)  # C k_{x'}, a column an incoming point
        columns = self._columns(positions)
        own = columns[positions, each]
        share = explained[positions, each] / own
        gone = self.weights[positions] / own[:, None]  # α_i / C_ii

        left = arriving.diagonal(0, count)
        variance = left - np.einsum("ij,ji->i", seen, explained) + share * explained[positions, each]
        smallest = 4 * (len(gram) * left.max() + gram.rounding) * np.finfo(np.float64).eps
        if (variance + self.ridge <= smallest).any():
            number = int((variance + self.ridge <= smallest).argmax())
            raise NotPositiveDefinite(
                f"incoming point {number} is a copy of another point of its training set, or so near to one "
                f"that float64 cannot tell them apart; leave it out, raise the gamma, or take a ridge"
            )
        before = predict(gram, arriving, self.weights) - explained[positions, each][:, None] * gone
        step = (targets - before) / (variance + self.ridge)[:, None]

        reach, covered = np.hsplit(predict(gram, places, np.hstack([columns, explained])), 2)
        unexplained = np.empty((len(places), count))
        arriving.block(slice(0, len(places)), slice(0, count), unexplained, places)
        unexplained += reach * share - covered
        return unexplained.T[:, :, None] * step[:, None, :] - reach.T[:, :, None] * gone[:, None, :]


def zero_one_loss(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """1.0 where the largest of the scores (n, k) is not that of the label (n,), else 0.0; float64 (n,)."""
    return (np.asarray(scores).argmax(axis=1) != labels).astype(np.float64)


def bounded_cross_entropy(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """min(-log p_y / log k, 1) for probabilities (n, k) and labels (n,): float64 (n,) in [0, 1].

    In units of the cross-entropy of guessing among k classes, and cut off there: uniform stability is about
    bounded losses.
    """
    of_label = np.asarray(probabilities)[np.arange(len(labels)), labels]
    with np.errstate(divide="ignore"):
        return np.minimum(-np.log(of_label) / np.log(probabilities.shape[1]), 1.0)


class Change(NamedTuple):
    """The mean and the largest |ℓ(A(S), z) - ℓ(A(Sⁱ), z)| over the points z."""

    mean: float
    largest: float


def loss_change(
    loss: Callable[[np.ndarray, np.ndarray], np.ndarray],
    before: np.ndarray,
    after: np.ndarray,
    labels: np.ndarray,
) -> Change:
    """How far a loss moves from one function to another; ``loss`` is such as ``zero_one_loss``.

    ``before`` and ``after`` are the outputs (n, k) of both functions at points with ``labels`` (n,). Raises
    ``ValueError`` for outputs of other shapes and for values that are not finite.
    """
    before, after = _pair(before, after)
    if len(labels) != len(before):
        raise ValueError(f"expected {len(before)} labels, one a point, found {len(labels)}")
    moved = np.abs(loss(before, labels) - loss(after, labels))
    return Change(float(moved.mean()), float(moved.max()))


def _pair(before, after) -> tuple[np.ndarray, np.ndarray]:
    before, after = np.asarray(before), np.asarray(after)
    if before.ndim != 2 or not before.size or before.shape != after.shape:
        raise ValueError(
            f"expected the outputs (n, k) of both functions, found {before.shape} and {after.shape}"
        )
    if not (np.isfinite(before).all() and np.isfinite(after).all()):
        raise ValueError("expected finite outputs; did a training diverge?")
    return before, after


def total_variation(before: np.ndarray, after: np.ndarray) -> float:
    """The mean over points of ½ Σ_k |p_k - q_k| between probabilities (n, k): 0 if equal, 1 if disjoint.

    Raises ``ValueError`` for shapes that differ and for values that are not finite.
    """
    before, after = _pair(before, after)
    return float(np.abs(before - after).sum(axis=1).mean() / 2)


def changed_classes(before: np.ndarray, after: np.ndarray) -> float:
    """The share of points whose largest output (n, k) is of another class. Raises as ``total_variation``."""
    before, after = _pair(before, after)
    return float(np.mean(before.argmax(axis=1) != after.argmax(axis=1)))
