"""What an exact solve will take, and where its panels can be, before anything is computed."""

from typing import NamedTuple

import numpy as np

from rethinking.kernels.panels import panel_width, panels_bytes

PLACES = ("GPU", "memory", "disk")
# What is held beside the panels: a panel that is being computed, tiles of points and of predictions.
TILE_ROWS = {"GPU": 8192, "memory": 1024, "disk": 1024}
# Memory that is left to everything else.
SPARE = 0.05


class TooLarge(Exception):
    """A system that fits nowhere; the message has the sizes that would."""


class SolvePlan(NamedTuple):
    """One solve: n points of d features, k right-hand sides, the place of its panels."""

    n: int
    features: int
    targets: int
    dtype: np.dtype
    place: str  # one of PLACES

    @property
    def panels_bytes(self) -> int:
        """The size of the factor: half the matrix and a little more."""
        return panels_bytes(self.n, self.dtype)

    @property
    def work_bytes(self) -> int:
        """What is held in memory besides, beyond the points themselves."""
        tile = TILE_ROWS[self.place]
        width, size = panel_width(self.n), self.dtype.itemsize
        tiles = (min(tile, self.n) + width) * (self.features + 2) + max(2048, tile) * 2048
        vectors = 6 * self.n * (self.targets + 1)
        one_panel = self.n * width if self.place == "disk" else 0
        return (tiles + vectors + one_panel) * size

    @property
    def memory_bytes(self) -> int:
        """What must be free in the place's memory."""
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


def _largest(features: int, targets: int, dtype, place: str, free: dict[str, int]) -> int:
    """The most points for which a place suffices, found by bisection."""
    low, high = 0, 10_000_000
    while high - low > 1:
        middle = (low + high) // 2
        fits = _fits(SolvePlan(middle, features, targets, np.dtype(dtype), place), free)
        low, high = (middle, high) if fits else (low, middle)
    return low


def plan_solve(n: int, features: int, targets: int, dtype, free: dict[str, int]) -> SolvePlan:
    """Where a solve of this size can be done: the first of ``free`` that holds it.

    ``free`` has bytes by place ("GPU", "memory", "disk"), in the order in which they are to be tried;
    panels on "disk" need memory for one of them besides. Raises ``TooLarge``.
    """
    for place in free:
        plan = SolvePlan(n, features, targets, np.dtype(dtype), place)
        if _fits(plan, free):
            return plan
    sizes = [
        f"{place} ({size / 1e9:.1f} GB free): n = {_largest(features, targets, np.float64, place, free)} "
        f"in float64, {_largest(features, targets, np.float32, place, free)} in float32"
        for place, size in free.items()
    ]
    wanted = SolvePlan(n, features, targets, np.dtype(dtype), "memory")
    raise TooLarge(
        f"a system of n = {n} in {np.dtype(dtype)} takes {wanted.memory_bytes / 1e9:.1f} GB and fits "
        f"nowhere. The largest that would: {'; '.join(sizes)}. Take fewer points, or float32, which is "
        f"refined to the residual of float64 where the condition is below some 1e8"
    )
