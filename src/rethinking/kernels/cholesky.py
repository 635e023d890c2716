"""Cholesky's factorisation of a kernel matrix in half storage, and solutions with it.

The matrix is never there as a whole. Panel by panel of columns, its block is computed, the finished
panels are subtracted (a product), the tile on the diagonal is factored and the rest divided by it:
left-looking, so a panel that is finished never changes again.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from scipy.sparse.linalg import LinearOperator, onenormest

from rethinking.kernels.kernels import Gaussian, Linear
from rethinking.kernels.panels import PanelFolder, panel_starts


class NotPositiveDefinite(Exception):
    """A matrix that has no Cholesky factor, or that is singular to working precision."""


class Factor:
    """The lower triangular L with K + ridge·1 = L·Lᵀ, in panels of columns."""

    def __init__(self, backend, starts: list[int], panels: list):
        self.backend, self.starts, self.panels = backend, starts, panels

    def __len__(self) -> int:
        return self.starts[-1]

    def solve(self, right: np.ndarray) -> np.ndarray:
        """(K + ridge·1)⁻¹·right for right (n, m); float64, computed in the factor's precision."""
        dtype = self.panels[0].dtype
        x = self.backend.to_device(np.array(right, dtype=dtype, order="C"))
        spans = list(pairwise(self.starts))
        for (start, stop), panel in zip(spans, self.panels, strict=True):
            width = stop - start
            self.backend.solve_triangle(panel[:width], x[start:stop], False)
            self.backend.subtract_product(x[stop:], panel[width:], x[start:stop], False)
        for (start, stop), panel in zip(reversed(spans), reversed(self.panels), strict=True):
            width = stop - start
            self.backend.subtract_product(x[start:stop], panel[width:], x[stop:], True)
            self.backend.solve_triangle(panel[:width], x[start:stop], True)
        return self.backend.to_host(x).astype(np.float64)

    def inverse_norm(self) -> float:
        """An estimate of ‖(K + ridge·1)⁻¹‖₁, a lower bound that is seldom far off.

        Higham and Tisseur's estimator, SIAM J. Matrix Anal. Appl. 21 (2000), as SciPy has it.
        """

        def solve(right):
            return self.solve(right.reshape(len(self), -1)).reshape(right.shape)

        n = len(self)
        products = dict.fromkeys(("matvec", "rmatvec", "matmat", "rmatmat"), solve)
        inverse = LinearOperator((n, n), dtype=float, **products)
        # The estimator starts from random signs of NumPy's global generator.
        state = np.random.get_state()  # noqa: NPY002
        np.random.seed(0)  # noqa: NPY002
        try:
            return float(onenormest(inverse))
        finally:
            np.random.set_state(state)  # noqa: NPY002


def _duplicates(values) -> int:
    """How many rows are the same as an earlier one."""
    seen = {np.ascontiguousarray(row).tobytes() for row in values}
    return len(values) - len(seen)


def _explain(gram, ridge: float, number: int, row: int) -> str:
    """Why a matrix may not be positive definite, and how to mend that."""
    n = len(gram)
    diagonal = float(gram.diagonal(0, n).max())
    parts = [
        f"the {n} × {n} kernel matrix with ridge {ridge:g} is not positive definite in {gram.dtype}: "
        f"row {row}, in panel {number}"
    ]
    values = getattr(gram, "values", None)
    copies = 0 if values is None else _duplicates(gram.backend.to_host(values))
    features = None if values is None else values.shape[1]
    if copies:
        parts.append(f"{copies} points are exact copies of others")
    elif isinstance(gram.kernel, Linear) and features is not None and features < n:
        parts.append(f"a linear kernel of {features} features has rank {features} at most, less than n")
    elif isinstance(gram.kernel, Gaussian):
        same = "unless two points are" if values is None else "no two points are"
        parts.append(
            f"{same} the same, so the kernel is too wide for them: raise the gamma "
            f"(now {gram.kernel.gamma:g})"
        )
    # For a factor: the rounding of n × n values is below n·eps times the largest (Higham 2002, section 10.1).
    # For an accurate norm: its relative error goes with the same over the square of the ridge.
    error = n * float(np.finfo(gram.dtype).eps) * (diagonal + gram.rounding)
    enough = max(4 * error, 10 * (error * diagonal) ** 0.5, 1e-15)
    parts.append(f"a ridge of {enough:.1e} is sure to do in this precision")
    return "; ".join(parts)


def _refuse_too_narrow(gram, ridge: float) -> None:
    """Raise ``NotPositiveDefinite`` where a Gaussian kernel's exponents are rounded by a quarter or more."""
    if not isinstance(gram.kernel, Gaussian):
        return
    width, error = gram.kernel.gamma, gram.rounding * float(np.finfo(gram.dtype).eps)
    if 4 * error >= 1 + ridge:
        raise NotPositiveDefinite(
            f"a gamma of {width:g} is too large for points of this scale in {gram.dtype}: exponents are "
            f"rounded by up to {error:.0e}, and the kernel is so narrow that no point sees another; lower "
            f"the gamma, to less than {width / (8 * error):.0e}"
        )


def factorise(
    gram,
    ridge: float = 0.0,
    folder: PanelFolder | None = None,
    report: Callable[[float, float], None] = lambda done, total: None,
) -> Factor:
    """Factor K + ridge·1 for the kernel matrix K that ``gram`` computes, in its precision.

    ``gram`` is a ``kernels.Points`` or an ``accumulated.Accumulated``.
    ``folder`` keeps finished panels, and those that it has are not computed again. ``report`` is told
    the products done and all there are, (n³/3 multiplications and additions).

    Raises ``NotPositiveDefinite`` with the row, the likely cause and a ridge that would do, also where
    the factorisation would go through by the luck of rounding; ``StorageError`` where panels must be
    files and cannot be written.
    """
    backend, n, dtype = gram.backend, len(gram), gram.dtype
    xp = backend.xp
    starts = panel_starts(n)
    _refuse_too_narrow(gram, ridge)
    dependent = None if ridge else gram.first_dependent()
    if dependent is not None:
        number = int(np.searchsorted(starts, dependent, side="right")) - 1
        raise NotPositiveDefinite(_explain(gram, ridge, number, dependent))
    shapes = [(n - start, stop - start) for start, stop in pairwise(starts)]
    panels = folder.load(shapes, dtype, backend.to_device) if folder else []
    total = float(n) ** 3 / 3
    try:
        for number, (start, stop) in enumerate(pairwise(starts)):
            if number < len(panels):
                continue
            panel = xp.empty(shapes[number], dtype)
            width = stop - start
            gram.block(slice(start, n), slice(start, stop), panel)
            tile, below = panel[:width], panel[width:]
            diagonal = gram.diagonal(start, stop) + ridge
            tile[xp.arange(width), xp.arange(width)] = diagonal
            for first, earlier in zip(starts, panels, strict=False):
                rows = earlier[start - first :]
                backend.subtract_square(tile, rows[:width])
                backend.multiply_add(below, rows[width:], rows[:width], alpha=-1.0)
            minor = backend.cholesky(tile)
            # A pivot that is all rounding error would give weights that are, too.
            pivots = tile[xp.arange(width), xp.arange(width)] ** 2
            rounding = 4 * (n**0.5 * diagonal + gram.rounding) * np.finfo(dtype).eps
            negligible = backend.to_host(~(pivots > rounding))
            if minor:
                negligible[minor - 1 :] = True
            if negligible.any():
                row = start + int(negligible.argmax())
                raise NotPositiveDefinite(_explain(gram, ridge, number, row))
            backend.divide(below, tile)
            panels.append(backend.to_device(folder.add(panel, backend.to_host)) if folder else panel)
            # Of the columns up to c: the integral of 2x(n - x), for the products subtracted from each.
            report(n * float(stop) ** 2 - 2 * float(stop) ** 3 / 3, total)
    except (KeyboardInterrupt, SystemExit, MemoryError):
        if folder:
            folder.keep(backend.to_host)
        raise
    return Factor(backend, starts, panels)


def apply(gram, vectors: np.ndarray, ridge: float = 0.0) -> tuple[np.ndarray, float]:
    """(K + ridge·1)·vectors for vectors (n, m), in the precision of ``gram``, and ‖K + ridge·1‖₁.

    The matrix is computed again, one tile at a time, half of it.
    """
    backend, n = gram.backend, len(gram)
    xp = backend.xp
    v = backend.to_device(np.asarray(vectors, dtype=gram.dtype))
    product, sums = xp.zeros_like(v), xp.zeros(n, gram.dtype)
    for start, stop in pairwise(panel_starts(n)):
        width = stop - start
        scratch = xp.empty((max(width, min(backend.tile_rows, n)), width), gram.dtype)
        for first in (start, *range(stop, n, backend.tile_rows)):
            last = stop if first == start else min(first + backend.tile_rows, n)
            tile = scratch[: last - first]
            gram.block(slice(first, last), slice(start, stop), tile)
            if first == start:
                tile[xp.arange(width), xp.arange(width)] = gram.diagonal(start, stop) + ridge
            product[first:last] += tile @ v[start:stop]
            if first > start:
                product[start:stop] += tile.T @ v[first:last]
            xp.abs(tile, out=tile)
            sums[first:last] += tile.sum(axis=1)
            if first > start:
                sums[start:stop] += tile.sum(axis=0)
    return backend.to_host(product), float(sums.max())
