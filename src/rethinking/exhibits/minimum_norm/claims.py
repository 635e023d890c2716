"""The claims of section 5 about gradient descent, put to the test."""

from collections.abc import Iterator

import pandas as pd

from rethinking.verdicts import Claim, measured

# The distance to the minimum norm, as a part of that norm, that counts as there. A start outside the span
# stays farther away than the second number.
NEAR, FAR = 0.05, 0.5
# The end of a descent from this start follows from how the start is made,
BY_CONSTRUCTION = "outside the span"
# and the end of this one is computed by its closed form. SGD takes real steps.
CLOSED_FORM = "gradient descent"


def claims(summary: pd.DataFrame) -> Iterator[Claim]:
    """Section 5: descent from zero ends at the interpolant of least norm, from outside the span it cannot."""
    distances = summary[summary["quantity"] == "distance"].sort_values("step", kind="stable")
    for (optimiser, start), curve in distances.groupby(["optimiser", "start"], sort=False):
        last = curve.iloc[-1]
        outside = start == BY_CONSTRUCTION
        yield Claim(
            f"{optimiser} from {start}" + (": stays away" if outside else ": finds the minimum norm"),
            "distance to the minimum norm",
            "stays" if outside else "goes to 0",
            measured(last),
            last["mean"] > FAR if outside else last["largest"] <= NEAR,
            f"above {FAR:g} of its norm" if outside else f"at most {NEAR:g} of its norm with every seed",
            consequence=outside or optimiser == CLOSED_FORM,
        )
