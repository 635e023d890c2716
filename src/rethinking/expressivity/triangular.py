"""The triangular system of Theorem 1, A w = y with A_ij = max(x_i - b_j, 0), in linear time (appendix C).

The thresholds are b_1 < x_1 and b_(j+1) = x_j. (The paper has x_j < b_(j+1); with x_j ≤ b_(j+1) A is lower
triangular as well, and of all choices this one makes the entries on the diagonal largest.) Then A = L G L,
with L the lower triangular matrix of ones and G the diagonal matrix of the gaps g_i = x_i - b_i. So A is
never formed: multiplying by L adds up, and by its inverse takes differences.
"""

import numpy as np


def gaps_of(values: np.ndarray) -> np.ndarray:
    """The gaps g_i = x_i - b_i, float64 (n,), of increasing projections x.

    The first gap, which is free, is the mean of the others. They are the diagonal of A, so by Lemma 1 its
    eigenvalues. Raises ``ValueError`` unless ``values`` (n,) increase.
    """
    gaps = np.diff(values)
    if not len(values) or not (gaps > 0).all():
        raise ValueError("expected one or more increasing projections")
    return np.concatenate([[gaps.mean() if len(gaps) else 1.0], gaps])


def solve(gaps: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """w = L⁻¹ G⁻¹ L⁻¹ y, float64 (n, c), for gaps (n,) and targets y (n, c): differences of slopes."""
    slopes = np.diff(targets, axis=0, prepend=0.0) / gaps[:, None]
    return np.diff(slopes, axis=0, prepend=0.0)


def smallest_eigenvalue(gaps: np.ndarray) -> float:
    """Lemma 1: A's smallest eigenvalue is min_i (x_i - b_i)."""
    return float(gaps.min())


def condition_number(gaps: np.ndarray) -> float:
    """‖A‖ ‖A⁻¹‖ in the norm of the largest row sum, exact, in linear time.

    The last row of A has the largest sum. A row of A⁻¹ holds 1/g_i, -(1/g_i + 1/g_(i-1)) and 1/g_(i-1).
    """
    own = 1 / gaps
    before = np.concatenate([[0.0], own[:-1]])
    rows = 2 * (own + before)
    rows[:1] -= own[:1]  # w_1 is a slope, and w_2 the difference of two: they have fewer terms
    rows[1:2] -= before[1:2]
    return float(np.cumsum(gaps[::-1]).sum() * rows.max())
