"""The few operations that an exact solve is made of, with LAPACK on the CPU and CuPy on a GPU.

All matrices are C-contiguous and of one floating dtype; a block of whole rows of one is so too, which is
what lets BLAS work on blocks in place. Everything else that ``xp`` (NumPy or CuPy) does is written once,
in the modules that use a backend.
"""

import ctypes
from pathlib import Path

import numpy as np
from scipy.linalg import get_blas_funcs, get_lapack_funcs

DEVICE_FILES = Path("/dev")


class Cpu:
    """NumPy with SciPy's BLAS and LAPACK."""

    name = "CPU"
    xp = np
    # Rows of a tile that is filled at once: small enough for the cache.
    tile_rows = 1024
    # Rows of one product. OpenBLAS packs a copy of a whole operand, some 25 MB a thread, and keeps it.
    product_rows = 1024

    def to_device(self, array: np.ndarray) -> np.ndarray:
        """The array where the backend computes."""
        return array

    def to_host(self, array: np.ndarray) -> np.ndarray:
        """The array as NumPy's."""
        return array

    def multiply_add(self, out, a, b, alpha: float = 1.0, beta: float = 1.0) -> None:
        """out ← beta·out + alpha·a·bᵀ for out (m, n), a (m, k), b (n, k)."""
        if out.size:
            gemm = get_blas_funcs("gemm", dtype=out.dtype)
            for start in range(0, len(out), self.product_rows):
                rows = slice(start, start + self.product_rows)
                # BLAS is column-major: it sees the transposes, outᵀ ← beta·outᵀ + alpha·b·aᵀ, and copies
                # nothing.
                gemm(alpha, b.T, a[rows].T, beta=beta, c=out[rows].T, trans_a=True, overwrite_c=True)

    def subtract_square(self, tile, a) -> None:
        """The lower triangle of tile ← tile - a·aᵀ for tile (m, m), a (m, k)."""
        syrk = get_blas_funcs("syrk", dtype=tile.dtype)
        syrk(-1.0, a.T, beta=1.0, c=tile.T, trans=True, lower=False, overwrite_c=True)

    def cholesky(self, tile) -> int:
        """The lower triangle of tile ← its Cholesky factor; 0, or the order of the minor that has none."""
        potrf = get_lapack_funcs("potrf", dtype=tile.dtype)
        _, info = potrf(tile.T, lower=False, clean=False, overwrite_a=True)
        return info

    def divide(self, rows, tile) -> None:
        """rows ← rows·L⁻ᵀ for rows (m, b) and L the lower triangle of tile (b, b)."""
        trsm = get_blas_funcs("trsm", dtype=rows.dtype)
        for start in range(0, len(rows), self.product_rows):
            some = rows[start : start + self.product_rows]
            trsm(1.0, tile.T, some.T, side=False, lower=False, trans_a=True, overwrite_b=True)

    def solve_triangle(self, tile, right, transposed: bool) -> None:
        """right ← L⁻¹·right or L⁻ᵀ·right, for L the lower triangle of tile."""
        trsm = get_blas_funcs("trsm", dtype=right.dtype)
        trsm(1.0, tile.T, right.T, side=True, lower=False, trans_a=transposed, overwrite_b=True)

    def subtract_product(self, out, a, b, transposed: bool) -> None:
        """out ← out - a·b or out - aᵀ·b for out and b of few columns."""
        if a.size:
            # Not NumPy's product: it has a BLAS of its own, with threads and buffers of its own.
            gemm = get_blas_funcs("gemm", dtype=out.dtype)
            gemm(-1.0, b.T, a.T, beta=1.0, c=out.T, trans_b=transposed, overwrite_c=True)

    def free_bytes(self) -> int:
        """Memory that can still be had."""
        from rethinking.kernels.memory import available_memory

        return available_memory()


class UnusableGpu(Exception):
    """A GPU that this machine has and that CuPy cannot use; the message has the library's own reason."""


def _imported() -> tuple:
    """``cupy`` and ``cupyx``, with the modules of theirs that are called."""
    import cupy
    import cupy.cublas
    import cupyx
    import cupyx.cusolver  # CuPy would load it with the first factorisation only
    import cupyx.scipy.linalg

    return cupy, cupyx


class Gpu:
    """CuPy. Every call is cuBLAS or cuSOLVER on one block, so 32-bit indices are never exceeded.

    ``cupy`` and ``cupyx`` are imported unless they are given.
    """

    name = "GPU"
    tile_rows = 8192

    def __init__(self, cupy=None, cupyx=None):
        self.xp, self.cupyx = (cupy, cupyx) if cupy is not None else _imported()

    def to_device(self, array):
        """The array in the GPU's memory."""
        return self.xp.asarray(array)

    def to_host(self, array) -> np.ndarray:
        """The array as NumPy's."""
        return self.xp.asnumpy(array)

    def multiply_add(self, out, a, b, alpha: float = 1.0, beta: float = 1.0) -> None:
        """out ← beta·out + alpha·a·bᵀ for out (m, n), a (m, k), b (n, k)."""
        if out.size:
            self.xp.cublas.gemm("N", "T", a, b, out=out, alpha=alpha, beta=beta)

    def subtract_square(self, tile, a) -> None:
        """tile ← tile - a·aᵀ: a product, because cuBLAS is many times slower at half of one in float64."""
        self.multiply_add(tile, a, a, alpha=-1.0)

    def cholesky(self, tile) -> int:
        """The lower triangle of tile ← its Cholesky factor; 0, or the order of the minor that has none."""
        # By default CuPy does not look at what cuSOLVER reports, and returns what it left: finite numbers up
        # to the row that failed, and after it.
        try:
            with self.cupyx.errstate(linalg="raise"):
                factor = self.xp.linalg.cholesky(tile)
        except np.linalg.LinAlgError:
            factor = None
        # cuSOLVER reports a pivot that is not above 0; what is not a number is not below 0 either.
        if factor is not None and bool(self.xp.isfinite(factor).all()):
            tile[...] = factor
            return 0
        # CuPy does not say where it failed. LAPACK does, and leaves the factor of what comes before.
        host = np.array(self.to_host(tile))
        minor = Cpu().cholesky(host) or len(tile)
        tile[...] = self.to_device(host)
        return minor

    def divide(self, rows, tile) -> None:
        """rows ← rows·L⁻ᵀ for rows (m, b) and L the lower triangle of tile (b, b)."""
        if rows.size:
            solve = self.cupyx.scipy.linalg.solve_triangular
            rows.T[...] = solve(tile, rows.T, lower=True, overwrite_b=True)

    def solve_triangle(self, tile, right, transposed: bool) -> None:
        """right ← L⁻¹·right or L⁻ᵀ·right, for L the lower triangle of tile."""
        trans = "T" if transposed else "N"
        right[...] = self.cupyx.scipy.linalg.solve_triangular(tile, right, lower=True, trans=trans)

    def subtract_product(self, out, a, b, transposed: bool) -> None:
        """out ← out - a·b or out - aᵀ·b for out and b of few columns."""
        if a.size:
            out -= (a.T if transposed else a) @ b

    def free_bytes(self) -> int:
        """Memory of the current device that can still be had."""
        free, _ = self.xp.cuda.runtime.memGetInfo()
        return free + self.xp.get_default_memory_pool().free_bytes()

    def devices(self) -> int:
        """How many GPUs CuPy sees; 0 where the driver has none. Raises ``UnusableGpu``."""
        try:
            return self.xp.cuda.runtime.getDeviceCount()
        except Exception as error:  # CuPy's own, which is no exception of Python's
            if "cudaErrorNoDevice" in str(error):
                return 0
            raise UnusableGpu(_reason(error)) from error

    def try_out(self) -> None:
        """Compute a little with every library that a solve needs. Raises ``UnusableGpu``."""
        try:
            found = _small_solve(self)
        except Exception as error:  # a library of CUDA's that is missing, or that cannot do with this GPU
            raise UnusableGpu(_reason(error)) from error
        expected = _small_solve(Cpu())
        if not np.allclose(found, expected):
            raise UnusableGpu(f"a system of two rows gave {found.tolist()} and not {expected.tolist()}")


def _small_solve(backend) -> np.ndarray:
    """A product, a factorisation and the solution of a triangular system, (2, 1)."""
    tile, right = (backend.to_device(np.array(rows)) for rows in ([[4.0, 2], [2, 5]], [[2.0], [5]]))
    backend.multiply_add(tile, right, right)
    backend.cholesky(tile)
    backend.solve_triangle(tile, right, False)
    return backend.to_host(right)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _may_have_gpu() -> bool:
    """Whether the system shows a GPU of NVIDIA's, or has the driver's library."""
    if any(DEVICE_FILES.glob("nvidia[0-9]*")):
        return True
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def gpu_or_none() -> Gpu | None:
    """The GPU that CuPy sees; None on a machine that has none, or that shows none to this process.

    Raises ``UnusableGpu`` where there may be one and CuPy is missing, lacks a library, or finds the driver
    missing or too old.
    """
    if not _may_have_gpu():
        return None
    try:
        backend = Gpu()
    except Exception as error:
        raise UnusableGpu(_reason(error)) from error
    return backend if backend.devices() else None
