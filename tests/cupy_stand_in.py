"""A stand-in for CuPy: its arrays are NumPy's behind a wall.

Like CuPy's, they mix with no array of NumPy's and become one only where they are asked to.
"""

import types
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from scipy import linalg

from rethinking.kernels.backends import Cpu


def content(value):
    """What a Device array holds; a NumPy array is refused, as CuPy does."""
    if isinstance(value, Device):
        return value.held
    if isinstance(value, tuple):
        return tuple(content(part) for part in value)
    if isinstance(value, np.ndarray | list):
        raise TypeError(f"Unsupported type {type(value)}")
    return value


class Launch(NamedTuple):
    """A kernel that CuPy would compile; dtypes by name."""

    name: str
    inputs: tuple[str | None, ...]  # None for a number
    output: str
    computed: str | None  # in which dtype, where that was asked for


LAUNCHED: set[Launch] = set()


def launched(name, inputs, output, dtype=None):
    """Keep a kernel in mind; products are cuBLAS's, and no kernels of CuPy's."""
    kinds = tuple(each.dtype.name if isinstance(each, Device) else None for each in inputs)
    if name != "matmul":
        LAUNCHED.add(Launch(name, kinds, output.dtype.name, dtype and np.dtype(dtype).name))


class Device(NDArrayOperatorsMixin):
    """An array on the device. Has only what these modules use, under CuPy's names."""

    def __init__(self, held):
        self.held = np.asarray(held)

    def __array__(self, *_, **__):
        raise TypeError("Implicit conversion to a NumPy array is not allowed")

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **settings):
        if method != "__call__":
            return NotImplemented
        settings["out"] = content(out) if out else None
        found = ufunc(*map(content, inputs), **settings)
        result = out[0] if out else Device(found)
        launched(ufunc.__name__, inputs, result)
        return result

    def __getitem__(self, key):
        return Device(self.held[content(key)])

    def __setitem__(self, key, value):
        self.held[content(key)] = content(value)
        launched("elementwise_copy", [value], self)

    def __len__(self):
        return len(self.held)

    def __bool__(self):
        return bool(self.held)

    def __int__(self):
        return int(self.held)

    def __float__(self):
        return float(self.held)

    def __getattr__(self, name):
        if name not in ("dtype", "shape", "ndim", "size", "nbytes", "flags", "T"):
            raise AttributeError(name)
        found = getattr(self.held, name)
        return Device(found) if name == "T" else found


def _method(name):
    def method(self, **settings):
        found = Device(getattr(self.held, name)(**settings))
        launched(name, [self], found)
        return found

    return method


for _name in ("all", "any", "argmax", "max", "mean", "sum"):
    setattr(Device, _name, _method(_name))


class StandIn:
    """CuPy and cupyx in one. ``left`` is what a failed factorisation leaves where no error is asked for."""

    def __init__(self, left="garbage"):
        self.left, self.called, self.raises = left, set(), False
        for name in ("empty", "zeros", "arange"):
            setattr(self, name, self._makes(getattr(np, name)))
        for name in ("subtract", "minimum", "exp", "abs", "isfinite"):
            setattr(self, name, self._ufunc(getattr(np, name)))
        self.cublas = types.SimpleNamespace(gemm=self._gemm)
        self.linalg = types.SimpleNamespace(cholesky=self._cholesky)
        self.scipy = types.SimpleNamespace(
            linalg=types.SimpleNamespace(solve_triangular=self._solve_triangular)
        )
        self.used = []
        self.cuda = types.SimpleNamespace(
            runtime=types.SimpleNamespace(memGetInfo=lambda: (5000, 8000), getDeviceCount=lambda: 1),
            Device=lambda index: types.SimpleNamespace(use=lambda: self.used.append(index)),
        )

    @contextmanager
    def errstate(self, linalg):
        """CuPy's setting: whether anybody looks at what cuSOLVER reports. By default nobody does."""
        before, self.raises = self.raises, linalg == "raise"
        try:
            yield
        finally:
            self.raises = before

    def _makes(self, function):
        def make(*arguments, **settings):
            made = function(*arguments, **settings)
            if function is np.empty and made.dtype.kind == "f":
                made.fill(np.nan)  # nothing may rest on what was in the memory
            return Device(made)

        return make

    def _ufunc(self, function):
        def call(*arguments, out=None, **settings):
            found = function(*map(content, arguments), out=content(out), **settings)
            result = Device(found) if out is None else out
            launched(function.__name__, arguments, result, settings.get("dtype"))
            return result

        return call

    def asarray(self, array):
        return array if isinstance(array, Device) else Device(np.array(array))

    def asnumpy(self, array):
        return np.array(array.held if isinstance(array, Device) else array)

    def zeros_like(self, array):
        return Device(np.zeros_like(content(array)))

    def einsum(self, subscripts, *arrays):
        return Device(np.einsum(subscripts, *map(content, arrays)))

    def get_default_memory_pool(self):
        return types.SimpleNamespace(free_bytes=lambda: 700)

    def _gemm(self, transa, transb, a, b, out=None, alpha=1.0, beta=0.0):
        self.called.add("gemm")
        assert isinstance(a, Device)
        assert isinstance(b, Device)
        assert isinstance(out, Device)
        assert a.ndim == b.ndim == out.ndim == 2
        assert a.dtype == b.dtype == out.dtype
        a, b, c = a.held, b.held, out.held
        product = (a if transa == "N" else a.T) @ (b if transb == "N" else b.T)
        assert c.shape == product.shape
        # cuBLAS reads nothing of c where beta is 0.
        c[...] = alpha * product + (beta * c if beta else 0)
        return out

    def _cholesky(self, a):
        self.called.add("cholesky")
        assert a.ndim == 2
        assert a.flags.c_contiguous
        factor, _workspace = Device(np.tril(content(a))), self.empty(a.shape, a.dtype)
        minor = Cpu().cholesky(factor.held)
        if minor and self.raises:
            raise np.linalg.LinAlgError(f"Error reported by potrf in cuSOLVER. devInfo = {minor}")
        if minor and self.left == "NaN":
            factor.held.fill(np.nan)
        elif minor:
            # The factor up to the row that failed; then finite numbers, with pivots that look like some.
            factor.held[np.arange(len(a)), np.arange(len(a))] = abs(factor.held.diagonal()) + 1
        return factor

    def _solve_triangular(self, a, b, trans=0, lower=False, overwrite_b=False):
        """``cupyx.scipy.linalg``'s: in place where it may, which SciPy only does in column order."""
        self.called.add("solve_triangular")
        assert isinstance(a, Device)
        assert isinstance(b, Device)
        columns = Device(np.array(a.held, order="F"))
        found = b if overwrite_b and b.flags.f_contiguous else Device(np.array(b.held, order="F"))
        found.held[...] = linalg.solve_triangular(columns.held, b.held, trans=trans, lower=lower)
        return found
