"""The memory that an exact solve will take, and where its panels can be, before anything is computed."""

from typing import NamedTuple

import numpy as np

from rethinking.kernels.backends import Cpu, Gpu
from rethinking.kernels.panels import panel_width, panels_bytes
from rethinking.kernels.systems import PREDICTED

PLACES = ("GPU", "memory", "disk")
TILE_ROWS = {"GPU": Gpu.tile_rows, "memory": Cpu.tile_rows, "disk": Cpu.tile_rows}
# Memory that is left to everything else.
SPARE = 0.05


class TooLarge(Exception):
    """A system that fits nowhere; the message has the sizes that would."""


class SolvePlan(NamedTuple):
    """One solve: n points of d features, k right-hand sides, the place of its panels."""

    n: int
    features: int  # 0 where inner products are stored
    targets: int
    dtype: np.dtype
    place: str  # one of PLACES
    points_bytes: int = 0  # of training and test points, which are in memory already and go to a GPU as well

    @property
    def panels_bytes(self) -> int:
        """The size of the factor: half the matrix and a little more."""
        return panels_bytes(self.n, self.dtype)

    @property
    def work_bytes(self) -> int:
        """The other memory that is held: tiles of points and of the matrix, right-hand sides, on a GPU the
        points.

        In float64, whatever the panels are in: residuals and predictions are computed so.
        """
        width, on_gpu = panel_width(self.n), self.place == "GPU"
        tile, predicted = min(TILE_ROWS[self.place], self.n), min(PREDICTED, self.n)
        if self.features:
            points: float = (tile + max(width, predicted)) * (self.features + 2)
        else:  # stored products, copied as they are, in float32
            points = max(tile * width, predicted**2) / 2
        values = max(max(tile, width) * width, predicted**2)
        vectors = 6 * self.n * (self.targets + 1)
        one_panel = self.n * width * self.dtype.itemsize if self.place == "disk" else 0
        # CuPy factors a copy of a tile, for which cuSOLVER wants as much room again, and looks at each value.
        factored = 3 * width**2 if on_gpu else 0
        numbers = points + values + vectors + factored
        return int(8 * numbers) + one_panel + (self.points_bytes if on_gpu else 0)

    @property
    def memory_bytes(self) -> int:
        """The bytes that must be free in the place's memory."""
        return self.work_bytes + (0 if self.place == "disk" else self.panels_bytes)

    @property
    def gram_products(self) -> float:
        """Multiplications and additions for the kernel matrix, half of it."""
        return float(self.n) ** 2 * (self.features + 2)

    @property
    def factor_products(self) -> float:
        """Multiplications and additions of the factorisation."""
        return float(self.n) ** 3 / 3

    def __str__(self) -> str:
        where = {"GPU": "the GPU's memory", "memory": "memory", "disk": "files, read as they are needed"}
        return (
            f"{self.n} × {self.n} in {self.dtype}, {self.features} features, {self.targets} right-hand "
            f"sides: {self.panels_bytes / 1e9:.2f} GB of panels in {where[self.place]}, "
            f"{self.work_bytes / 1e9:.2f} GB besides; {self.gram_products / 1e12:.2f} TFLOP for the kernel "
            f"matrix, {self.factor_products / 1e12:.2f} for the factorisation"
        )


def _fits(plan: SolvePlan, free: dict[str, int]) -> bool:
    """Whether the plan's place holds it; panels on disk need memory for one of them besides."""
    memory = free.get("memory", 0) if plan.place == "disk" else free[plan.place]
    on_disk = plan.panels_bytes if plan.place == "disk" else 0
    return plan.memory_bytes <= (1 - SPARE) * memory and on_disk <= (1 - SPARE) * free[plan.place]


def _largest(plan: SolvePlan, free: dict[str, int]) -> int:
    """The most points for which the plan's place suffices, found by bisection."""
    low, high = 0, 10_000_000
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _fits(plan._replace(n=middle), free) else (low, middle)
    return low


def plan_solve(
    n: int, features: int, targets: int, dtype, free: dict[str, int], points_bytes: int = 0
) -> SolvePlan:
    """Where a solve of this size can be done: the first of ``free`` that holds it.

    ``free`` has bytes by place ("GPU", "memory", "disk"), in the order in which they are to be tried;
    panels on "disk" need memory for one of them besides. ``points_bytes`` are those of all points, training
    and test, which a GPU holds as well. Raises ``TooLarge``.
    """
    wanted = SolvePlan(n, features, targets, np.dtype(dtype), "memory", points_bytes)
    plans = [wanted._replace(place=place) for place in free]
    for plan in plans:
        if _fits(plan, free):
            return plan
    sizes = []
    for plan in plans:
        double, single = (
            _largest(plan._replace(dtype=np.dtype(each)), free) for each in (np.float64, np.float32)
        )
        gigabytes = free[plan.place] / 1e9
        sizes.append(f"{plan.place} ({gigabytes:.1f} GB free): n = {double} in float64, {single} in float32")
    raise TooLarge(
        f"a system of n = {n} in {np.dtype(dtype)} takes {wanted.memory_bytes / 1e9:.1f} GB and fits "
        f"nowhere. The largest that would: {'; '.join(sizes)}. Take fewer points, or float32, which is "
        f"refined to the residual of float64 where the condition is below some 1e8"
    )
