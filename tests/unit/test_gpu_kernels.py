"""The kernels that CuPy compiles for a solve, compiled for an H100 (sm_90) without a GPU or a driver.

Which ones they are, the stand-in for CuPy tells: each operation of a solve by its name and dtypes. CuPy's own
code for them goes through NVRTC with CuPy's headers and options, so a library, a header or a type that is
missing is found here.
"""

import functools

import numpy as np
import pytest

from cupy_stand_in import LAUNCHED, Launch, StandIn
from rethinking.classification import one_hot
from rethinking.kernels import systems
from rethinking.kernels.accumulated import Accumulated, Products
from rethinking.kernels.backends import Gpu
from rethinking.kernels.kernels import Gaussian, Linear, Points
from rethinking.kernels.panels import panel_starts

cupy = pytest.importorskip("cupy", reason="CuPy is not installed", exc_type=ImportError)
ARCHITECTURE = "90"
REDUCTIONS = {"all", "max", "mean", "sum"}
# Of these CuPy lets others see the code.
COMPILED = {
    "all": cupy._core._routines_logic.all,
    "max": cupy._core._routines_statistics.amax,
    "sum": cupy._core._routines_math.sum_auto_dtype,
}
NDARRAY, INDEXER, SCALAR = 1, 2, 3  # kinds of arguments, as CuPy counts them


@pytest.fixture(scope="module")
def compiled():
    """Compile source with CuPy's headers and options; returns what the GPU would run, an ELF file."""
    from cupy._core import core
    from cupy.cuda import compiler

    try:
        compiler.nvrtc.getVersion()
    except Exception as error:
        pytest.skip(f"NVRTC cannot be loaded: {error}")
    found = []

    def compile_only(source, options, *_, **__):
        # As for a device of this architecture; CuPy would ask the driver and then load it there.
        binary, _ = compiler.compile_using_nvrtc(source, options, ARCHITECTURE)
        found.append(binary)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiler, "_compile_module_with_cache", compile_only)
        patch.setattr(compiler, "_get_arch_for_options_for_nvrtc", lambda arch: (f"-arch=sm_{arch}", "cubin"))
        patch.setattr(compiler, "_get_nvrtc_version", compiler.nvrtc.getVersion)

        def compiled(source):
            core.compile_with_cache(source, (), ARCHITECTURE)
            return found.pop()

        yield compiled


@functools.cache
def launched():
    """The operations of solves and predictions with every kernel, precision and kind of points."""
    stand_in, generator = StandIn(), np.random.default_rng(0)
    gpu = Gpu(stand_in, stand_in)
    LAUNCHED.clear()
    targets = one_hot(np.arange(40) % 3, 3)
    grey = generator.integers(0, 256, (40, 50), dtype=np.uint8)
    products = (grey.astype(float) @ grey.T / 255**2)[:, :40]
    assert len(panel_starts(40)) == 2
    stored = Products(products.astype("f").ravel(), products.astype("f"), *[products.diagonal()] * 2)
    for dtype in (np.float64, np.float32):
        for kernel in (Linear(), Gaussian(0.05)):
            grams = [
                Points(values, kernel, dtype, gpu) for values in (grey, (grey / 255).astype("f"), grey / 255)
            ]
            grams.append(Accumulated(stored, kernel, dtype, gpu))
            for gram in grams:
                solution = systems.solve(gram, targets, 0.1)
                others = gram.at(np.asarray(gram.values.held)) if isinstance(gram, Points) else gram.others
                systems.predict(gram, others, solution.weights)
    gpu.try_out()
    return frozenset(LAUNCHED)


def c_type(dtype):
    """The type's name in C."""
    names = {"float64": "double", "float32": "float", "uint8": "unsigned char", "int64": "long long"}
    return names.get(np.dtype(dtype).name, np.dtype(dtype).name)


def loop_of(operation, launch):
    """CuPy's loop for an operation: the first one that takes the dtypes and gives what was asked for."""
    for loop in operation._ops.ops:
        takes = all(
            kind is None or np.can_cast(kind, taken)
            for kind, taken in zip(launch.inputs, loop.in_types, strict=True)
        )
        gives = launch.computed in (None, np.dtype(loop.out_types[0]).name)
        if takes and gives and np.can_cast(loop.out_types[0], launch.output, "same_kind"):
            return loop
    raise AssertionError(f"CuPy has no loop for {launch}")


def elementwise(launch, ufunc):
    """The source of an operation on arrays of two dimensions that are not contiguous."""
    loop = loop_of(ufunc, launch)
    parameters, body = [], []
    for index, (kind, taken) in enumerate(zip(launch.inputs, loop.in_types, strict=True)):
        given = f"CArray<{c_type(kind)}, 2, 0, 1>" if kind else c_type(taken)
        parameters.append(f"const {given} _raw_in{index}")
        body.append(f"typedef {c_type(taken)} in{index}_type;")
        body.append(f"const in{index}_type in{index}(_raw_in{index}{'[_ind.get()]' if kind else ''});")
    parameters += [f"CArray<{c_type(launch.output)}, 2, 0, 1> _raw_out0", "CIndexer<2, 1> _ind"]
    body.append(f"typedef {c_type(loop.out_types[0])} out0_type; out0_type out0;")
    body += [f"{loop.routine};", "_raw_out0[_ind.get()] = out0;"]
    name = "_".join(["k", launch.name, *map(str, (*launch.inputs, launch.output, launch.computed))])
    return (
        f'extern "C" __global__ void {name}({", ".join(parameters)}) {{\n'
        f"  CUPY_FOR(i, _ind.size()) {{ _ind.set(i); {' '.join(body)} }}\n}}\n"
    )


def reduction(launch, kernel):
    """The source of a sum or the like over one of two dimensions, as CuPy writes it."""
    from cupy._core import _kernel, _reduction

    loop = loop_of(kernel, launch)
    before, combine, after, accumulated = loop.routine
    types = (("type_in0_raw", np.dtype(launch.inputs[0])), ("type_out0_raw", np.dtype(loop.out_types[0])))
    arrays = [
        _kernel._ArgInfo(NDARRAY, cupy.ndarray, dtype, dimensions, True, True)
        for (_, dtype), dimensions in zip(types, (2, 1), strict=True)
    ]
    indexers = [
        _kernel._ArgInfo(INDEXER, cupy._core._carray.Indexer, None, dimensions, True, True)
        for dimensions in (2, 1)
    ]
    stride = _kernel._ArgInfo(SCALAR, cupy._core._scalar.CScalar, np.dtype(np.int32), 0, True, True)
    return _reduction._create_reduction_function_code(
        f"k_{launch.name}",
        512,
        accumulated or "type_out0_raw",
        kernel._params,
        (*arrays, *indexers, stride),
        kernel.identity,
        before,
        combine,
        after,
        _kernel._TypeMap((*types, ("IndexT", np.dtype(np.int32)))),
        kernel._input_expr,
        kernel._output_expr,
        kernel.preamble,
        (),
    )


def test_what_a_solve_launches_is_known():
    names = {each.name for each in launched()}
    assert names >= {"subtract", "exp", "minimum", "isfinite", "elementwise_copy", *REDUCTIONS}
    assert Launch("subtract", ("uint8", "float64"), "float32", "float64") in launched()


def test_elementwise_kernels_compile_for_an_h100(compiled):
    sources, preambles = [], []
    for launch in sorted(launched(), key=str):
        if launch.name not in REDUCTIONS:
            ufunc = getattr(cupy, launch.name, None) or getattr(cupy._core._ufuncs, launch.name)
            sources.append(elementwise(launch, ufunc))
            preambles.append(ufunc._preamble)
    binary = compiled("\n".join([*dict.fromkeys(preambles), *sources]))
    assert binary.startswith(b"\x7fELF")
    assert binary.count(b".text.k_") >= len(sources) > 30


@pytest.mark.parametrize("launch", sorted(each for each in launched() if each.name in COMPILED), ids=str)
def test_reductions_compile_for_an_h100(compiled, launch):
    binary = compiled(reduction(launch, COMPILED[launch.name]))
    assert binary.startswith(b"\x7fELF")
    assert f".text.k_{launch.name}".encode() in binary


def test_what_is_wrong_does_not_compile(compiled):
    from cupy.cuda.compiler import CompileException

    with pytest.raises(CompileException, match="undefined"):
        compiled('extern "C" __global__ void k(CArray<double, 1, 1, 1> x) { x[0] = undefined; }')
