"""Theorem 1 and its corollary, put to the test on a data set."""

from collections.abc import Iterator

import pandas as pd

from rethinking.exhibits.expressivity.summary import CONSTRUCTED
from rethinking.expressivity.architecture import weights_needed
from rethinking.verdicts import Claim, measured

LARGEST_RESIDUAL = 1e-6  # of the labels


def claims(summary: pd.DataFrame) -> Iterator[Claim]:
    """Section 4: networks of any depth with O(n + d) weights fit random labels of the largest size."""
    made = summary[summary["network"] == CONSTRUCTED]
    largest = made[made["examples"] == made["examples"].max()]
    for depth, cells in largest.groupby("depth"):
        rows = cells.set_index("quantity")
        points, inputs, outputs = (int(rows.iloc[0][key]) for key in ("examples", "inputs", "outputs"))
        needed = weights_needed(points, inputs, outputs, int(depth))
        residual = measured(rows.loc["relative_residual"])
        right, weights = rows.loc["train_accuracy"], rows.loc["weights"]
        fits = right["mean"] == 1 and not right["failed"] and residual.mean <= LARGEST_RESIDUAL
        yield Claim(
            f"depth {int(depth)}: fits {points:,} random labels",
            "residual, relative to the labels",
            "0",
            residual,
            bool(fits and weights["mean"] <= needed),
            f"every label right with every seed, a residual of at most {LARGEST_RESIDUAL:g}, and {needed:,} "
            "weights",
            consequence=True,
        )
