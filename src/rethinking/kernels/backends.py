"""The few operations that an exact solve is made of, with LAPACK on the CPU and CuPy on a GPU.

All matrices are C-contiguous and of one floating dtype; a block of whole rows of one is so too, which is
what lets BLAS work on blocks in place. Everything else that ``xp`` (NumPy or CuPy) does is written once,
in the modules that use a backend.
"""

import numpy as np
from scipy.linalg import get_blas_funcs, get_lapack_funcs


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


class Gpu:
    """CuPy. Every call is cuBLAS or cuSOLVER on one block, so 32-bit indices are never exceeded.

    ``cupy`` and ``linalg`` (``cupyx.scipy.linalg``) are imported unless they are given.
    """

    name = "GPU"
    tile_rows = 8192

    def __init__(self, cupy=None, linalg=None):
        if cupy is None:
            import cupy
            import cupy.cublas
            import cupyx.scipy.linalg as linalg
        self.xp, self.linalg = cupy, linalg

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
        # CuPy fills what it cannot factor with NaN, or raises, by a setting of the user's.
        try:
            factor = self.xp.linalg.cholesky(tile)
        except np.linalg.LinAlgError:
            factor = None
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
            rows.T[...] = self.linalg.solve_triangular(tile, rows.T, lower=True, overwrite_b=True)

    def solve_triangle(self, tile, right, transposed: bool) -> None:
        """right ← L⁻¹·right or L⁻ᵀ·right, for L the lower triangle of tile."""
        trans = "T" if transposed else "N"
        right[...] = self.linalg.solve_triangular(tile, right, lower=True, trans=trans)

    def subtract_product(self, out, a, b, transposed: bool) -> None:
        """out ← out - a·b or out - aᵀ·b for out and b of few columns."""
        out -= (a.T if transposed else a) @ b

    def free_bytes(self) -> int:
        """Memory of the current device that can still be had."""
        free, _ = self.xp.cuda.runtime.memGetInfo()
        return free + self.xp.get_default_memory_pool().free_bytes()


def gpu_or_none() -> Gpu | None:
    """The GPU that CuPy sees, None without one."""
    try:
        backend = Gpu()
        return backend if backend.xp.cuda.runtime.getDeviceCount() else None
    except Exception:  # no CuPy, no driver, no device: CuPy has an exception of its own for each
        return None
