"""Kernels, and the symmetric matrix of a kernel at given points, computed block by block."""

import hashlib
from typing import NamedTuple

import numpy as np

from rethinking.kernels.backends import Cpu


class Linear(NamedTuple):
    """k(x, z) = ⟨x, z⟩."""

    def of_products(self, xp, products, a_squares, b_squares) -> None:
        """Inner products (m, n) ← k, given the squared norms of the points, (m,) and (n,)."""

    def diagonal(self, squares):
        """k(x, x) for points with these squared norms."""
        return squares


class Gaussian(NamedTuple):
    """k(x, z) = exp(-γ‖x - z‖²) with γ = ``gamma``, as the authors' own snippet calls it.

    A larger gamma is a narrower kernel. Source: README of github.com/pluskid/fitting-random-labels.
    """

    gamma: float

    def of_products(self, xp, products, a_squares, b_squares) -> None:
        """Inner products (m, n) ← k, given the squared norms of the points, (m,) and (n,)."""
        products *= 2 * self.gamma
        products -= self.gamma * a_squares[:, None]
        products -= self.gamma * b_squares[None, :]
        self.of_exponents(xp, products)

    def of_exponents(self, xp, exponents) -> None:
        """Exponents -γ‖x - z‖² ← k."""
        # Rounding leaves an exponent of about 1e-15 above 0 where two points are the same.
        xp.minimum(exponents, 0, out=exponents)
        xp.exp(exponents, out=exponents)

    def diagonal(self, squares):
        """k(x, x) for points with these squared norms."""
        return squares * 0 + 1


Kernel = Linear | Gaussian


class Points:
    """The kernel matrix of the rows of ``values`` (n, d), computed from them wherever it is wanted.

    ``values`` stay in their own dtype; a tile of rows at a time becomes ``dtype``. Those of dtype uint8 are
    grey levels 0..255 and are divided by 255. A Gaussian kernel's points are seen from their mean, or from
    ``origin``: their distances stay and lose fewer digits. Raises ``ValueError`` for values that are not
    finite, have no rows or are other integers, or for a gamma that is not above 0.
    """

    def __init__(self, values: np.ndarray, kernel: Kernel, dtype=np.float64, backend=None, origin=None):
        self.backend = backend or Cpu()
        self.kernel, self.dtype = kernel, np.dtype(dtype)
        if values.ndim != 2 or not values.size:
            raise ValueError(f"expected points as rows (n, d), at least one of each, found {values.shape}")
        if isinstance(kernel, Gaussian) and not 0 < kernel.gamma < np.inf:
            raise ValueError(f"expected a gamma above 0, found {kernel.gamma}")
        if values.dtype != np.uint8 and not np.issubdtype(values.dtype, np.floating):
            raise ValueError(
                f"expected floats of the scale that the kernel is for, or grey levels as uint8, "
                f"found {values.dtype}"
            )
        self.values = self.backend.to_device(values)
        self.scale = 1 / 255 if self.values.dtype == np.uint8 else 1.0
        if origin is None and isinstance(kernel, Gaussian):
            origin = self.values.mean(axis=0, dtype=np.float64) * self.scale
            if not bool(self.backend.xp.isfinite(origin).all()):
                origin = None  # the point that is not finite is named below
        self.origin = origin  # float64 (d,); None for 0
        self.squares = self.backend.xp.empty(len(values), self.dtype)
        for start, stop in self._tiles(0, len(values)):
            rows = self._rows(start, stop, 0)
            rows *= self.scale
            self.squares[start:stop] = self.backend.xp.einsum("ij,ij->i", rows, rows)
        if not bool(self.backend.xp.isfinite(self.squares).all()):
            bad = int((~self.backend.xp.isfinite(self.squares)).argmax())
            raise ValueError(f"point {bad} has features that are not finite, or too large to be squared")

    def __len__(self) -> int:
        return len(self.values)

    def _tiles(self, start: int, stop: int):
        for first in range(start, stop, self.backend.tile_rows):
            yield first, min(first + self.backend.tile_rows, stop)

    def _rows(self, start: int, stop: int, more: int):
        """The points from ``start`` to ``stop`` in units of ``scale``, with room for ``more`` columns."""
        d, xp = self.values.shape[1], self.backend.xp
        rows = xp.empty((stop - start, d + more), self.dtype)
        # One pass, in float64: NumPy would subtract from float32 points as float32, and round them.
        origin = 0.0 if self.origin is None else self.origin / self.scale
        xp.subtract(self.values[start:stop], origin, out=rows[:, :d], dtype=np.float64)
        return rows

    def _left(self, start: int, stop: int):
        if isinstance(self.kernel, Linear):
            return self._rows(start, stop, 0)
        rows = self._rows(start, stop, 2)
        rows[:, -2], rows[:, -1] = -self.kernel.gamma * self.squares[start:stop], 1
        return rows

    def _right(self, start: int, stop: int):
        if isinstance(self.kernel, Linear):
            rows = self._rows(start, stop, 0)
            rows *= self.scale**2
            return rows
        # One product gives the exponent 2γ⟨x, z⟩ - γ‖x‖² - γ‖z‖²: the squares are two columns more.
        rows = self._rows(start, stop, 2)
        rows[:, :-2] *= 2 * self.kernel.gamma * self.scale**2
        rows[:, -2], rows[:, -1] = 1, -self.kernel.gamma * self.squares[start:stop]
        return rows

    def diagonal(self, start: int, stop: int):
        """k(x, x) at the points from ``start`` to ``stop``."""
        return self.kernel.diagonal(self.squares[start:stop])

    def block(self, rows: slice, columns: slice, out, others: "Points | None" = None) -> None:
        """out ← k between ``rows``, of these points or of ``others``, and these points' ``columns``."""
        if others is not None and not (isinstance(others, Points) and others.origin is self.origin):
            found = type(others).__name__
            raise ValueError(f"expected other points as `at` gives them, found {found} of another origin")
        right = self._right(columns.start, columns.stop)
        for start, stop in self._tiles(rows.start, rows.stop):
            tile = out[start - rows.start : stop - rows.start]
            self.backend.multiply_add(tile, (others or self)._left(start, stop), right, beta=0.0)
            if isinstance(self.kernel, Gaussian):
                self.kernel.of_exponents(self.backend.xp, tile)

    def in_float64(self) -> "Points":
        """The same matrix, computed in float64."""
        if self.dtype == np.float64:
            return self
        return Points(self.values, self.kernel, np.float64, self.backend, self.origin)

    def at(self, others: np.ndarray) -> "Points":
        """The same kernel at other points, such as those to predict, seen from the same origin."""
        same = (others.dtype == np.uint8) == (self.values.dtype == np.uint8)
        if others.ndim != 2 or others.shape[1] != self.values.shape[1] or not same:
            ours = f"{self.values.shape[1]} features and of the scale of {self.values.dtype}"
            raise ValueError(f"expected points of {ours}, found {others.dtype} {others.shape}")
        return Points(others, self.kernel, self.dtype, self.backend, self.origin)

    @property
    def rounding(self) -> float:
        """A bound of the error of this matrix's values by rounding, as a multiple of the dtype's eps."""
        largest = float(self.squares.max())
        # The exponent is a sum whose parts are as large as this, and can all but cancel.
        return 4 * self.kernel.gamma * largest if isinstance(self.kernel, Gaussian) else largest

    def first_dependent(self) -> int | None:
        """The first row that makes the matrix singular for sure: a copy, or one too many features' rank."""
        seen = set()
        limit = self.values.shape[1] if isinstance(self.kernel, Linear) else len(self)
        for number, row in enumerate(self.backend.to_host(self.values[:limit])):
            found = hashlib.blake2b(np.ascontiguousarray(row).data, digest_size=16).digest()
            if found in seen:
                return number
            seen.add(found)
        return limit if limit < len(self) else None
