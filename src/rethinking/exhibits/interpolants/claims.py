"""The claims of section 5 about interpolants, put to the test."""

import math
from collections.abc import Iterator

import pandas as pd

from rethinking import verdicts
from rethinking.verdicts import Claim, Yardstick, every_label_is_fitted, measured

MINIMUM_NORM = "minimum norm"
# Its behaviour follows from how it is made.
BY_CONSTRUCTION = "random labels on the test set"


def claims(summary: pd.DataFrame, yardstick: Yardstick, examples: int) -> Iterator[Claim]:
    """Section 5: among interpolants of the same data some do not generalise.

    Errors are measured on ``examples`` of the test images, or on all if there are fewer.
    """
    tested = yardstick.baseline.of_examples(examples).test_examples
    cells = summary.set_index(["interpolant", "quantity"])
    best = None
    if (MINIMUM_NORM, "test_error") in cells.index:
        best = cells.loc[MINIMUM_NORM]
    for name in summary["interpolant"].unique():
        if name == MINIMUM_NORM:
            continue
        ours, found, holds, bar = cells.loc[name], None, False, math.nan
        if best is not None:
            least, found = (
                verdicts.on_test_set(measured(rows.loc["test_error"]), tested, yardstick.confidence)
                for rows in (best, ours)
            )
            fit = all(every_label_is_fitted(rows.loc["train_error"]) for rows in (best, ours))
            longer = ours.loc["norm", "mean"] > best.loc["norm", "mean"]
            bar = least.upper
            holds = fit and longer and found.lower > bar
            found = found._replace(failed=found.failed + least.failed)
        yield Claim(
            f"{name}: fits as well and generalises worse",
            "test error",
            "worse",
            found,
            holds,
            f"above that of the minimum norm ({bar:.3g} at most) beyond the intervals, with a larger norm; "
            "both fit every label",
            consequence=name == BY_CONSTRUCTION,
        )
