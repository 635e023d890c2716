"""The path for the GPU, with a stand-in for CuPy: its arrays are NumPy's behind a wall.

Like CuPy's, they mix with no array of NumPy's and become one only where they are asked to.
"""

import types

import numpy as np
import pytest
from numpy.lib.mixins import NDArrayOperatorsMixin
from scipy import linalg

from rethinking.kernels import backends, panels, systems
from rethinking.kernels.backends import Cpu, Gpu
from rethinking.kernels.cholesky import NotPositiveDefinite, factorise
from rethinking.kernels.kernels import Gaussian, Linear, Points


def content(value):
    """What a Device array holds; a NumPy array is refused, as CuPy does."""
    if isinstance(value, Device):
        return value.held
    if isinstance(value, tuple):
        return tuple(content(part) for part in value)
    if isinstance(value, np.ndarray | list):
        raise TypeError(f"Unsupported type {type(value)}")
    return value


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
        return out[0] if out else Device(found)

    def __getitem__(self, key):
        return Device(self.held[content(key)])

    def __setitem__(self, key, value):
        self.held[content(key)] = content(value)

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
    return lambda self, **settings: Device(getattr(self.held, name)(**settings))


for _name in ("all", "any", "argmax", "max", "mean", "sum"):
    setattr(Device, _name, _method(_name))


class StandIn:
    """CuPy. ``raising`` is its setting for matrices that it cannot factor."""

    def __init__(self, raising=False):
        self.raising, self.called = raising, set()
        for name in ("empty", "zeros", "arange"):
            setattr(self, name, self._makes(getattr(np, name)))
        for name in ("subtract", "minimum", "exp", "abs", "isfinite"):
            setattr(self, name, self._ufunc(getattr(np, name)))
        self.cublas = types.SimpleNamespace(gemm=self._gemm)
        self.linalg = types.SimpleNamespace(cholesky=self._cholesky)
        memory = types.SimpleNamespace(memGetInfo=lambda: (5000, 8000), getDeviceCount=lambda: 1)
        self.cuda = types.SimpleNamespace(runtime=memory)

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
            return Device(found) if out is None else out

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
        try:
            return Device(np.linalg.cholesky(content(a)))
        except np.linalg.LinAlgError:
            if self.raising:
                raise
            return Device(np.full(a.shape, np.nan, a.dtype))

    def solve_triangular(self, a, b, trans=0, lower=False, overwrite_b=False):
        """``cupyx.scipy.linalg``'s: in place where it may, which SciPy only does in column order."""
        self.called.add("solve_triangular")
        assert isinstance(a, Device)
        assert isinstance(b, Device)
        found = linalg.solve_triangular(a.held, b.held, trans=trans, lower=lower)
        if overwrite_b and b.flags.f_contiguous:
            b.held[...] = found
            return b
        return Device(found)


@pytest.fixture(params=[False, True], ids=["gives NaN", "raises"])
def gpu(request, monkeypatch):
    monkeypatch.setattr(panels, "panel_width", lambda n: 48)
    monkeypatch.setattr(Gpu, "tile_rows", 70)
    cupy = StandIn(request.param)
    return Gpu(cupy, cupy)


RNG = np.random.default_rng(0)
POINTS = RNG.standard_normal((300, 5))
GREY = RNG.integers(0, 256, (300, 400), dtype=np.uint8)
TARGETS = systems.one_hot(RNG.integers(0, 3, 300), 3)
SYSTEMS = [
    (POINTS, Gaussian(2.0), 0.0),
    (POINTS, Linear(), 0.3),
    (GREY, Gaussian(0.05), 0.0),
    (GREY, Linear(), 0.0),
]


def test_the_wall_stands():
    cupy = StandIn()
    ours, theirs = np.ones(3), cupy.asarray(np.ones(3))
    for mix in (
        lambda: np.asarray(theirs),
        lambda: ours + theirs,
        lambda: theirs - ours,
        lambda: theirs @ ours,
        lambda: theirs[np.arange(2)] + theirs[:2].__setitem__(slice(2), ours),
        lambda: cupy.minimum(ours, 0),
        lambda: np.dot(ours, theirs),
    ):
        with pytest.raises(TypeError):
            mix()
    assert cupy.asnumpy(2 * theirs[1:] + np.float64(1)).tolist() == [3, 3]
    assert type(cupy.asnumpy(theirs)) is np.ndarray


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("x", "kernel", "ridge"), SYSTEMS)
def test_the_whole_solve_is_that_of_the_cpu(gpu, x, kernel, ridge, dtype):
    expected = systems.solve(Points(x, kernel, dtype), TARGETS, ridge)
    found = systems.solve(Points(x, kernel, dtype, gpu), TARGETS, ridge)
    assert gpu.xp.called == {"gemm", "cholesky", "solve_triangular"}
    assert type(found.weights) is np.ndarray
    # Both are within the rounding, times the condition, of the solution.
    rounding = 100 * expected.condition * np.finfo(float).eps
    error = np.linalg.norm(found.weights - expected.weights) / np.linalg.norm(expected.weights)
    assert error < min(rounding, 1e-6)
    assert found.norm == pytest.approx(expected.norm, rel=1e-8)
    assert found.norm_of_signs == pytest.approx(expected.norm_of_signs, rel=1e-8)
    assert found.residual < 1e-10
    rough = float(10 * expected.condition * np.finfo(dtype).eps)
    assert found.condition == pytest.approx(expected.condition, rel=max(1e-7, min(rough, 0.5)))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kernel", [Linear(), Gaussian(2.0)])
def test_predictions_are_those_of_the_cpu(gpu, kernel, dtype):
    others, weights = RNG.standard_normal((101, 5)), RNG.standard_normal((300, 4))
    ours, theirs = Points(POINTS, kernel, dtype), Points(POINTS, kernel, dtype, gpu)
    expected = systems.predict(ours, ours.at(others), weights, 37)
    found = systems.predict(theirs, theirs.at(others), weights, 37)
    assert type(found) is np.ndarray
    error = 300 * np.finfo(dtype).eps * abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=error)


def refusal(gram):
    with pytest.raises(NotPositiveDefinite) as raised:
        factorise(gram)
    return str(raised.value)


COPIED = {}
for _copy in (1, 47, 48, 130):
    COPIED[_copy] = POINTS.copy()
    COPIED[_copy][_copy] = POINTS[0]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("copy", COPIED)
def test_what_is_singular_is_refused_in_the_same_words(gpu, copy, dtype):
    message = refusal(Points(COPIED[copy], Gaussian(20.0), dtype, gpu))
    assert f"row {copy}, in panel {copy // 48}" in message
    assert message == refusal(Points(COPIED[copy], Gaussian(20.0), dtype))


def test_a_linear_kernel_of_few_features_is_refused_at_the_same_row(gpu):
    message = refusal(Points(POINTS, Linear(), backend=gpu))
    assert "row 5, in panel 0" in message
    assert message == refusal(Points(POINTS, Linear()))


@pytest.mark.parametrize("backend", [Cpu(), Gpu(StandIn(), StandIn()), Gpu(StandIn(True), StandIn())])
@pytest.mark.parametrize("size", [1, 40])
def test_the_order_of_the_minor_that_fails_is_told(backend, size):
    matrix = np.eye(size)
    matrix[-1, -1] = -1
    assert backend.cholesky(backend.to_device(matrix.copy())) == size
    assert backend.cholesky(backend.to_device(np.eye(size))) == 0


def test_a_failure_that_lapack_does_not_see_is_one_of_the_last_row(gpu):
    gpu.xp.linalg.cholesky = lambda tile: Device(np.full(tile.shape, np.nan))
    assert gpu.cholesky(gpu.to_device(np.eye(40))) == 40


@pytest.mark.parametrize("resident", [False, True])
def test_an_interrupted_solve_goes_on_to_identical_weights(gpu, tmp_path, resident):
    gram = Points(POINTS, Gaussian(2.0), backend=gpu)
    told, count = [], []

    def interrupting(done, total):
        count.append(done)
        if len(count) == 4:
            raise KeyboardInterrupt

    def folder():
        return panels.PanelFolder(tmp_path, "key", 1e9, resident, told.append)

    with pytest.raises(KeyboardInterrupt):
        factorise(gram, folder=folder(), report=interrupting)
    found = factorise(gram, folder=folder(), report=interrupting).solve(TARGETS)
    assert told == [f"going on from {tmp_path}: 4 of 7 panels are there"]
    assert len(count) == 7
    assert (found == factorise(gram).solve(TARGETS)).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_point_that_is_not_finite_is_named(gpu, bad):
    x = POINTS.copy()
    x[113, 2] = bad
    with pytest.raises(ValueError, match="point 113 has features"):
        Points(x, Linear(), backend=gpu)


def test_free_memory_is_the_devices_and_the_pools(gpu):
    assert gpu.free_bytes() == 5700


def test_there_is_no_gpu_without_cupy_a_driver_or_a_device(monkeypatch):
    cupy = StandIn()

    def fails():
        raise RuntimeError("cudaErrorInsufficientDriver")

    def none():
        raise ImportError("No module named 'cupy'")

    monkeypatch.setattr(backends, "Gpu", lambda: Gpu(cupy, cupy))
    assert backends.gpu_or_none().xp is cupy
    cupy.cuda.runtime.getDeviceCount = lambda: 0
    assert backends.gpu_or_none() is None
    cupy.cuda.runtime.getDeviceCount = fails
    assert backends.gpu_or_none() is None
    monkeypatch.setattr(backends, "Gpu", none)
    assert backends.gpu_or_none() is None
