"""The path for the GPU, with a stand-in for CuPy, against that of the CPU."""

import re
import types
import weakref

import numpy as np
import pytest
import torch

from cupy_stand_in import Device, StandIn
from pipeline.execution import devices, kernel_points
from pipeline.execution.memory import named_memory_errors
from pipeline.storage.writing import ArtefactError
from rethinking.classification import one_hot
from rethinking.kernels import backends, panels, systems
from rethinking.kernels.accumulated import Accumulated, accumulate
from rethinking.kernels.backends import Cpu, Gpu
from rethinking.kernels.cholesky import NotPositiveDefinite, factorise
from rethinking.kernels.kernels import Gaussian, Linear, Points
from rethinking.kernels.plan import SolvePlan


@pytest.fixture(params=["garbage", "NaN"])
def gpu(request, monkeypatch):
    monkeypatch.setattr(panels, "panel_width", lambda n: 48)
    monkeypatch.setattr(Gpu, "tile_rows", 70)
    cupy = StandIn(request.param)
    return Gpu(cupy, cupy)


RNG = np.random.default_rng(0)
POINTS = RNG.standard_normal((300, 5))
GREY = RNG.integers(0, 256, (300, 400), dtype=np.uint8)
TARGETS = one_hot(RNG.integers(0, 3, 300), 3)
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
    rounding = 100 * expected.condition_number * np.finfo(float).eps
    error = np.linalg.norm(found.weights - expected.weights) / np.linalg.norm(expected.weights)
    assert error < min(rounding, 1e-6)
    assert found.norm == pytest.approx(expected.norm, rel=1e-8)
    assert found.norm_of_signs == pytest.approx(expected.norm_of_signs, rel=1e-8)
    assert found.residual < 1e-10
    rough = float(10 * expected.condition_number * np.finfo(dtype).eps)
    assert found.condition_number == pytest.approx(expected.condition_number, rel=max(1e-7, min(rough, 0.5)))


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


BACKENDS = [Cpu(), *(Gpu(each, each) for each in (StandIn("garbage"), StandIn("NaN")))]


@pytest.mark.parametrize("backend", BACKENDS, ids=["LAPACK", "garbage", "NaN"])
@pytest.mark.parametrize("size", [1, 40])
def test_the_order_of_the_minor_that_fails_is_told(backend, size):
    matrix = np.eye(size)
    matrix[-1, -1] = -1
    assert backend.cholesky(backend.to_device(matrix.copy())) == size
    assert backend.cholesky(backend.to_device(np.eye(size))) == 0


def test_nobody_looks_at_what_cusolver_reports_unless_asked():
    cupy = StandIn()
    matrix = np.diag([1.0, 4.0, -9.0, 16.0])
    left = cupy.linalg.cholesky(cupy.asarray(matrix)).held
    assert np.isfinite(left).all()
    assert (left.diagonal() > 0).all()
    with cupy.errstate(linalg="raise"), pytest.raises(np.linalg.LinAlgError, match="devInfo = 3"):
        cupy.linalg.cholesky(cupy.asarray(matrix))


def test_the_setting_is_the_users_again_after_a_factorisation(gpu):
    gpu.cholesky(gpu.to_device(-np.eye(3)))
    assert not gpu.xp.raises


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


# --- what of the device's memory is held ----------------------------------------------------------------


@pytest.fixture
def ledger(monkeypatch):
    """Bytes on the device: those held now, and the most that were."""
    held = types.SimpleNamespace(now=0, most=0)
    make = Device.__init__

    def release(size):
        held.now -= size

    def counted(self, values):
        make(self, values)
        if self.held.base is None and not isinstance(values, Device):
            held.now += self.held.nbytes
            held.most = max(held.most, held.now)
            weakref.finalize(self.held, release, self.held.nbytes)

    monkeypatch.setattr(Device, "__init__", counted)
    return held


def stored_products(n, m, d):
    x = torch.from_numpy(RNG.standard_normal((n + m, d)).astype(np.float32))
    return accumulate([(x[:n], x[n:])], n, m, torch.device("cpu"))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("n", "features"), [(1500, 5), (1500, 400), (3000, 30), (2600, 0)])
def test_a_solve_takes_no_more_of_the_device_than_planned(ledger, n, features, dtype):
    cupy, m = StandIn(), n
    gpu = Gpu(cupy, cupy)
    if features:
        x, z = (RNG.integers(0, 256, (count, features), dtype=np.uint8) for count in (n, m))
        gram, size = Points(x, Gaussian(4 / features), dtype, gpu), x.nbytes + z.nbytes
        others = gram.at(z)
    else:
        gram, size = Accumulated(stored_products(n, m, 100), Gaussian(1e-3), dtype, gpu), 0
        others = gram.others
    solution = systems.solve(gram, one_hot(np.arange(n) % 10, 10), 1.0)
    systems.predict(gram, others, solution.weights)
    assert solution.refinements > 0 or dtype == np.float64
    planned = SolvePlan(n, features, 11, np.dtype(dtype), "GPU", size)
    assert planned.panels_bytes < ledger.most <= planned.memory_bytes
    # Besides a tile of predictions, which is made when the panels are gone, it is about what is held.
    assert planned.work_bytes - 8 * min(2048, n) ** 2 < 2 * (ledger.most - planned.panels_bytes)
    del gram, others, solution
    assert ledger.now == 0


def test_panels_of_a_stopped_solve_come_back_one_at_a_time(gpu, ledger, tmp_path):
    gram = Points(POINTS, Gaussian(2.0), backend=gpu)
    folder = panels.PanelFolder(tmp_path, "key")
    factor = factorise(gram, folder=folder)
    folder.keep(gpu.to_host)
    shapes = [panel.shape for panel in factor.panels]
    before = ledger.now
    alive = []

    def to_device(panel):
        assert sum(each() is not None for each in alive) == 0
        alive.append(weakref.ref(panel))
        return gpu.to_device(panel)

    found = panels.PanelFolder(tmp_path, "key").load(shapes, gram.dtype, to_device)
    assert all((one.held == other.held).all() for one, other in zip(found, factor.panels, strict=True))
    assert ledger.now - before == sum(each.nbytes for each in factor.panels)


# --- which GPU there is ---------------------------------------------------------------------------------


def failing(error):
    def fails(*_, **__):
        raise error

    return fails


class CUDARuntimeError(RuntimeError):
    """CuPy's, with its words."""


OLD = CUDARuntimeError("cudaErrorInsufficientDriver: CUDA driver version is insufficient for CUDA runtime")
NO_DEVICE = CUDARuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine with a driver and CuPy's stand-in, for the workflow too."""
    cupy = StandIn()
    monkeypatch.setattr(backends, "_may_have_gpu", lambda: True)
    monkeypatch.setattr(backends, "Gpu", lambda: Gpu(cupy, cupy))
    monkeypatch.setattr(devices.tempfile, "gettempdir", lambda: str(tmp_path))
    return cupy


def test_a_gpu_that_works_is_taken(machine):
    told = []
    assert backends.gpu_or_none().xp is machine
    assert kernel_points.backend_for(1, 1, told.append).xp is machine
    assert machine.used == [0]
    assert not told


@pytest.mark.parametrize("missing", ["hardware", "device", "devices"])
def test_without_a_gpu_it_is_the_cpu_and_that_is_said(machine, monkeypatch, missing):
    if missing == "hardware":
        monkeypatch.setattr(backends, "_may_have_gpu", lambda: False)
        monkeypatch.setattr(backends, "Gpu", failing(AssertionError("CuPy is not looked for")))
    elif missing == "device":
        machine.cuda.runtime.getDeviceCount = failing(NO_DEVICE)
    else:
        machine.cuda.runtime.getDeviceCount = lambda: 0
    told = []
    assert backends.gpu_or_none() is None
    assert kernel_points.backend_for(1, 1, told.append).name == "CPU"
    assert "a GPU was asked for and CuPy sees none: solving on the CPU" in told[0]


def test_a_job_that_asks_for_no_gpu_looks_for_none(monkeypatch):
    monkeypatch.setattr(kernel_points, "gpu_or_none", failing(AssertionError("not asked for")))
    assert kernel_points.backend_for(0, 1, failing(AssertionError("nothing to tell"))).name == "CPU"


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        ("import", ImportError("libcublas.so.13: cannot open shared object file")),
        ("import", ModuleNotFoundError("No module named 'cupy'")),
        ("count", OLD),
        ("factorisation", CUDARuntimeError("CUSOLVER_STATUS_ARCH_MISMATCH")),
        ("product", RuntimeError("libnvrtc.so.13: failed to load")),
    ],
)
def test_a_gpu_that_cannot_be_used_ends_the_job_with_the_librarys_reason(machine, monkeypatch, broken, error):
    if broken == "import":
        monkeypatch.setattr(backends, "Gpu", failing(error))
    elif broken == "count":
        machine.cuda.runtime.getDeviceCount = failing(error)
    elif broken == "factorisation":
        machine.linalg.cholesky = failing(error)
    else:
        machine.cublas.gemm = failing(error)
    with pytest.raises(ArtefactError) as refusal:
        kernel_points.backend_for(1, 1, failing(AssertionError("nothing to tell")))
    assert f"cannot be used: {type(error).__name__}: {error}" in str(refusal.value)
    assert "--resources gpu=0" in str(refusal.value)


def test_a_gpu_that_computes_something_else_is_not_used(machine):
    machine.linalg.cholesky = lambda tile: Device(np.eye(len(tile)))
    with pytest.raises(ArtefactError, match=r"a system of two rows gave \[\[2"):
        kernel_points.backend_for(1, 1, print)


def test_a_device_or_the_drivers_library_may_mean_a_gpu(monkeypatch, tmp_path):
    monkeypatch.setattr(backends, "DEVICE_FILES", tmp_path)
    opened = []
    monkeypatch.setattr(backends.ctypes, "CDLL", opened.append)
    assert backends._may_have_gpu()
    assert opened == ["libcuda.so.1"]
    monkeypatch.setattr(backends.ctypes, "CDLL", failing(OSError("cannot open shared object file")))
    (tmp_path / "nvidiactl").touch()
    assert not backends._may_have_gpu()
    (tmp_path / "nvidia0").touch()
    assert backends._may_have_gpu()


def test_memory_that_runs_out_is_named_and_what_is_finished_is_kept(gpu, tmp_path):
    class OutOfMemoryError(MemoryError):
        """CuPy's."""

    gram, made = Points(POINTS, Gaussian(2.0), backend=gpu), gpu.xp.empty

    def empty(shape, dtype):
        if shape[0] == len(POINTS) - 3 * 48:
            raise OutOfMemoryError("Out of memory allocating 8,589,934,592 bytes")
        return made(shape, dtype)

    gpu.xp.empty = empty
    with (
        pytest.raises(ArtefactError, match=r"GPU ran out of memory.*8,589,934,592 bytes.*gpu=0"),
        named_memory_errors("GPU"),
    ):
        factorise(gram, folder=panels.PanelFolder(tmp_path, "key"))
    assert len(list(tmp_path.glob("panel-*.npy"))) == 3


def test_pytorchs_out_of_memory_is_named_and_no_other_error_is():
    for error in (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), MemoryError("x")):
        with (
            pytest.raises(ArtefactError, match=re.escape(str(error))),
            named_memory_errors("GPU"),
        ):
            raise error
    with pytest.raises(RuntimeError, match="another"), named_memory_errors("GPU"):
        raise RuntimeError("another")
