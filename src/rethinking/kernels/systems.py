"""Exact kernel regression: solve, measure, predict (section 5 of the paper)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from rethinking.kernels.cholesky import Factor, NotPositiveDefinite, apply, factorise
from rethinking.kernels.panels import PanelFolder

# A correction that does not shrink the residual to this part of it is the last one.
CONTRACTION = 0.5
MOST_REFINEMENTS = 20
LARGEST_RESIDUAL = 1e-6  # a residual above this is no solution
PREDICTED = 2048  # points that are predicted at a time, from as many training points
LARGEST_NORM_ERROR = 0.01  # of the squared norm, from the residual


class Solution(NamedTuple):
    """The solved system (K + ridge·1)·weights = targets."""

    weights: np.ndarray  # float64 (n, k)
    norm: float  # of the functions in the kernel's Hilbert space, over all k together
    norm_of_signs: float  # the same for targets ±1 where ours are 1 and 0
    residual: float  # ‖targets - (K + ridge·1)·weights‖ / ‖targets‖, computed in float64
    condition_number: float  # estimate of ‖A‖₁·‖A⁻¹‖₁ for A = K + ridge·1
    refinements: int
    fitted: np.ndarray  # K·weights, the functions at their own points, float64 (n, k)


def _norm(weights: np.ndarray, fitted: np.ndarray) -> float:
    # ‖f‖² = αᵀKα. With Kα itself: y - ridge·α is the same and loses all digits where the ridge dwarfs K.
    return float(np.sqrt(max(np.sum(weights * fitted), 0.0)))


def _checked(gram, targets) -> np.ndarray:
    targets = np.asarray(targets, dtype=np.float64)
    if targets.ndim != 2 or len(targets) != len(gram):
        raise ValueError(f"expected targets of ({len(gram)}, k), found {targets.shape}")
    if not (np.isfinite(targets).all() and targets.any()):
        raise ValueError("expected targets that are finite numbers and not all 0")
    return targets


def fit(
    gram,
    targets: np.ndarray,
    ridge: float = 0.0,
    *,
    folder: PanelFolder | None = None,
    report: Callable[[float, float], None] = lambda done, total: None,
) -> tuple[np.ndarray, Factor]:
    """The weights (n, k), float64, with (K + ridge·1)·weights = targets, and the factor that gave them.

    K is the kernel matrix ``gram`` (n, n), ``targets`` are (n, k), usually ``one_hot`` labels. The system
    is solved once, in the precision of ``gram``. ``folder`` keeps finished panels for a solve that is
    killed; ``report`` is told the multiplications done and all there are.

    Raises ``ValueError`` for targets or a ridge that make no system, ``cholesky.NotPositiveDefinite`` and
    ``panels.StorageError``.
    """
    targets = _checked(gram, targets)
    if not 0 <= ridge < np.inf:
        raise ValueError(f"expected a ridge of at least 0, found {ridge}")
    factor = factorise(gram, ridge, folder, report)
    return factor.solve(targets), factor


def refine(gram, factor: Factor, weights: np.ndarray, targets: np.ndarray, ridge: float):
    """Weights corrected by residuals in float64 until these shrink no more, and how many times.

    Makes of a factorisation in float32 a solution as good as one in float64. Each correction computes
    the kernel matrix once more.
    """
    exact = gram.in_float64()
    difference = targets - apply(exact, weights, ridge)[0]
    residual, count = np.linalg.norm(difference), 0
    while count < MOST_REFINEMENTS:
        better = weights + factor.solve(difference)
        difference = targets - apply(exact, better, ridge)[0]
        before, residual = residual, np.linalg.norm(difference)
        if not residual < before:
            break
        weights, count = better, count + 1
        if residual > CONTRACTION * before:
            break
    return weights, count


def solve(
    gram,
    targets: np.ndarray,
    ridge: float = 0.0,
    *,
    folder: PanelFolder | None = None,
    report: Callable[[float, float], None] = lambda done, total: None,
) -> Solution:
    """``fit``, refined where ``gram`` is in float32, with all that is to be known of the solution.

    Without ridge it interpolates the targets with the smallest norm (the paper's equation 3).

    ``norm`` is √(Σ_k α_kᵀKα_k). The paper gives "the norm" of its solutions (220 for MNIST's pixels, 390 for
    wavelets) and not for which targets, so ``norm_of_signs`` is that for targets 2y - 1.

    Raises what ``fit`` does, and ``cholesky.NotPositiveDefinite`` also where a matrix that could be factored
    is so near to a singular one that more than ``LARGEST_RESIDUAL`` of the targets is left, or that what is
    left could change the squared norm by more than ``LARGEST_NORM_ERROR`` of it.
    """
    targets = _checked(gram, targets)
    # The system is linear: with a column of ones, solved along, the weights for 2y - 1 are known too.
    right = np.column_stack([targets, np.ones(len(targets))])
    try:
        weights, factor = fit(gram, right, ridge, folder=folder, report=report)
        refinements = 0
        if gram.dtype != np.float64:
            weights, refinements = refine(gram, factor, weights, right, ridge)
        fitted, largest = apply(gram.in_float64(), weights)
        # The diagonal of K is not negative, so the ridge adds to the 1-norm as it is.
        condition = (largest + ridge) * factor.inverse_norm()
    except (KeyboardInterrupt, SystemExit, MemoryError):
        if folder:
            folder.keep(gram.backend.to_host)
        raise
    ours, ones = weights[:, :-1], weights[:, -1:]
    fitted, fitted_ones = fitted[:, :-1], fitted[:, -1:]
    left = targets - fitted - ridge * ours
    solution = Solution(
        ours,
        _norm(ours, fitted),
        _norm(2 * ours - ones, 2 * fitted - fitted_ones),
        float(np.linalg.norm(left) / np.linalg.norm(targets)),
        condition,
        refinements,
        fitted,
    )
    # Weights that are off by A⁻¹·left, A = K + ridge·1, change αᵀKα by 2αᵀKA⁻¹·left. ‖KA⁻¹‖ is at most 1.
    share = min(1.0, largest / ridge) if ridge else 1.0
    norm_error = share * np.linalg.norm(ours) * np.linalg.norm(left)
    is_exact = solution.residual <= LARGEST_RESIDUAL and norm_error <= LARGEST_NORM_ERROR * solution.norm**2
    if not is_exact:
        raise NotPositiveDefinite(
            f"the {len(gram)} × {len(gram)} kernel matrix with ridge {ridge:g} is singular to the precision "
            f"of {gram.dtype}: its condition number is {condition:.1e} or more, and the solution leaves "
            f"{solution.residual:.1e} of the targets; raise the gamma or the ridge, or take float64"
        )
    return solution


def predict(gram, others, weights: np.ndarray, tile: int = PREDICTED) -> np.ndarray:
    """The values of Σ_i weights_i·k(·, x_i) at ``others``, float64 (m, k), computed in tiles.

    ``others`` is what ``gram.at`` gives for new points, or ``others`` of an ``Accumulated``. In float64
    always: weights of a system that is nearly singular are large and of both signs.
    """
    gram = gram.in_float64()
    others = others.in_float64() if hasattr(others, "in_float64") else others
    backend, xp = gram.backend, gram.backend.xp
    alpha = backend.to_device(np.asarray(weights, dtype=gram.dtype))
    values = xp.zeros((len(others), weights.shape[1]), gram.dtype)
    for start in range(0, len(others), tile):
        rows = slice(start, min(start + tile, len(others)))
        for first in range(0, len(gram), tile):
            columns = slice(first, min(first + tile, len(gram)))
            block = xp.empty((rows.stop - rows.start, columns.stop - columns.start), gram.dtype)
            gram.block(rows, columns, block, others)
            values[rows] += block @ alpha[columns]
    return backend.to_host(values).astype(np.float64)
