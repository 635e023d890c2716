"""The kernel matrix of features that are too many to be held: their inner products, summed block by block."""

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rethinking.kernels.backends import Cpu
from rethinking.kernels.kernels import Gaussian, Kernel
from rethinking.kernels.panels import panel_starts

if TYPE_CHECKING:
    import torch


ROWS = 256  # points whose features or products are in float64 at a time


class Products(NamedTuple):
    """Inner products of the features of n training and m test points, float32."""

    train: np.ndarray  # the panels of the (n, n) matrix (``panels.panel_starts``), one after another
    test: np.ndarray  # (m, n)
    train_squares: np.ndarray  # (n,), squared norms, float64
    test_squares: np.ndarray  # (m,)


def _spans(n: int) -> list[tuple[slice, slice]]:
    """For each panel of n columns, its place among all values and its columns."""
    spans, offset = [], 0
    for start, stop in pairwise(panel_starts(n)):
        size = (n - start) * (stop - start)
        spans.append((slice(offset, offset + size), slice(start, stop)))
        offset += size
    return spans


def products_bytes(n: int, m: int) -> int:
    """The size of the inner products of n training and m test points."""
    return 4 * (_spans(n)[-1][0].stop + m * n) + 8 * (n + m)


def accumulate(
    blocks: Iterable[tuple["torch.Tensor", "torch.Tensor"]], n: int, m: int, device: "torch.device"
) -> Products:
    """Sum the inner products of ``blocks`` of features: pairs of float32 tensors (n, d) and (m, d).

    Only one block is held at a time, and is overwritten; d may differ between them. Sums are in float32, of
    features seen from their mean c over the training points: much of an inner product is the same for all
    points, and would be rounded with each block. From ⟨x - c, z - c⟩ = ⟨x, z⟩ - ⟨x, c⟩ - ⟨z, c⟩ + ⟨c, c⟩
    the inner products follow in float64, and are rounded to float32 once.
    """
    import torch  # a second that those who only read products need not wait

    spans = _spans(n)
    train = torch.zeros(spans[-1][0].stop, device=device)
    test = torch.zeros(m, n, device=device)

    def sums(*shape: int) -> "torch.Tensor":
        return torch.zeros(shape, dtype=torch.float64, device=device)

    squares, shares = ([sums(n), sums(m)] for _ in range(2))
    constant = sums()
    for ours, others in blocks:
        centre = ours.mean(dim=0)
        constant += centre.double().square().sum()
        for total, share, features in zip(squares, shares, (ours, others), strict=True):
            for start in range(0, len(features), ROWS):
                rows = features[start : start + ROWS]
                total[start : start + ROWS] += rows.square().sum(dim=1, dtype=torch.float64)
                # Not a product with a vector, which rounds rows that are the same in different ways.
                share[start : start + ROWS] += (rows.double() * centre).sum(dim=1)
            features -= centre
        for place, columns in spans:
            start = columns.start
            train[place].view(n - start, -1).addmm_(ours[start:], ours[columns].T)
        test.addmm_(others, ours.T)
        del ours, others, features, rows  # before the next block is made
    _add_shares(test, shares[1], shares[0] - constant)
    for place, columns in spans:
        panel = train[place].view(n - columns.start, -1)
        _add_shares(panel, shares[0][columns.start :], shares[0][columns] - constant)
        # A product's two triangles may be rounded differently; the matrix is to be symmetric.
        tile = panel[: columns.stop - columns.start]
        tile.copy_(tile.tril() + tile.tril(-1).T)
    return Products(*(each.cpu().numpy() for each in (train, test, *squares)))


def _add_shares(products: "torch.Tensor", rows: "torch.Tensor", columns: "torch.Tensor") -> None:
    """Products (a, b) ← products + rows (a,) + columns (b,), computed in float64."""
    for start in range(0, len(products), ROWS):
        some = products[start : start + ROWS].double()
        some += rows[start : start + ROWS, None]
        some += columns
        products[start : start + ROWS] = some


class Accumulated:
    """The kernel matrix of stored inner products, with the methods that the solver uses of
    ``kernels.Points``.

    For the solver a block must lie within one panel's columns, at or below its diagonal.
    """

    def __init__(self, products: Products, kernel: Kernel, dtype=np.float64, backend=None):
        self.products, self.kernel = products, kernel
        self.backend, self.dtype = backend or Cpu(), np.dtype(dtype)
        if isinstance(kernel, Gaussian) and not 0 < kernel.gamma < np.inf:
            raise ValueError(f"expected a gamma above 0, found {kernel.gamma}")
        for name, squares in zip(("training", "test"), products[2:], strict=True):
            if not np.isfinite(squares).all():
                raise ValueError(f"{name} point {int((~np.isfinite(squares)).argmax())} is not finite")
        self.squares, self.other_squares = (
            self.backend.to_device(np.asarray(each, dtype=self.dtype)) for each in products[2:]
        )
        self.spans = _spans(len(self))

    def __len__(self) -> int:
        return len(self.products.train_squares)

    def diagonal(self, start: int, stop: int):
        """k(x, x) at the training points from ``start`` to ``stop``."""
        return self.kernel.diagonal(self.squares[start:stop])

    def _stored(self, rows: slice, columns: slice) -> np.ndarray:
        for place, span in self.spans:
            if span.start <= columns.start < columns.stop <= span.stop and rows.start >= span.start:
                panel = self.products.train[place].reshape(len(self) - span.start, -1)
                return panel[
                    rows.start - span.start : rows.stop - span.start,
                    columns.start - span.start : columns.stop - span.start,
                ]
        raise ValueError(f"rows {rows} and columns {columns} are not within one panel")

    def block(self, rows: slice, columns: slice, out, others=None) -> None:
        """out ← k between ``rows``, of the training points or of ``others``, and training ``columns``."""
        squares = self.squares if others is None else self.other_squares
        stored = self._stored(rows, columns) if others is None else others[rows, columns]
        tile = self.backend.tile_rows
        for start in range(0, len(out), tile):
            part = out[start : start + tile]
            part[...] = self.backend.to_device(np.ascontiguousarray(stored[start : start + tile]))
            first = rows.start + start
            self.kernel.of_products(
                self.backend.xp, part, squares[first : first + len(part)], self.squares[columns]
            )

    def in_float64(self) -> "Accumulated":
        """The same matrix, computed in float64."""
        return Accumulated(self.products, self.kernel, np.float64, self.backend)

    @property
    def rounding(self) -> float:
        """A bound of the error of this matrix's values by rounding, as a multiple of the dtype's eps."""
        largest = float(self.squares.max())
        error = 4 * self.kernel.gamma * largest if isinstance(self.kernel, Gaussian) else largest
        # The products were rounded to float32, whatever is computed with them.
        return error * max(1.0, float(np.finfo(np.float32).eps / np.finfo(self.dtype).eps))

    def first_dependent(self) -> None:
        """Unknown: the features are not there."""

    @property
    def others(self) -> np.ndarray:
        """The test points as ``systems.predict`` takes them."""
        return self.products.test


def take(train: np.ndarray, n: int, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The inner products between some training points and others, (len(rows), len(columns)).

    ``train`` are the panels of ``Products``, ``rows`` and ``columns`` sorted positions.
    """
    out = np.empty((len(rows), len(columns)), train.dtype)
    for place, span in _spans(n):
        start = span.start
        panel = train[place].reshape(n - start, -1)
        r, c = (np.searchsorted(chosen, (start, span.stop)) for chosen in (rows, columns))
        inside, below = slice(*c), rows[r[0] :] - start
        out[r[0] :, inside] = panel[below][:, columns[inside] - start]
        # Above the diagonal: the mirror image of the part below it.
        right = columns[c[1] :] - start
        out[slice(*r), c[1] :] = panel[right][:, rows[slice(*r)] - start].T
    return out


def subset(products: Products, fitted: np.ndarray, held_out: np.ndarray) -> Products:
    """The products of training points ``fitted`` with themselves and with training points ``held_out``.

    Both are sorted positions; the ones held out take the place of the test points.
    """
    n = len(products.train_squares)
    square = take(products.train, n, fitted, fitted)
    panels = [square[columns.start :, columns].ravel() for _, columns in _spans(len(fitted))]
    cross = take(products.train, n, held_out, fitted)
    squares = products.train_squares
    return Products(np.concatenate(panels), cross, squares[fitted], squares[held_out])
