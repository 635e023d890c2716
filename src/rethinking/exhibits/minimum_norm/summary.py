"""Distance to the interpolant of least norm by optimiser, start and step (section 5)."""

import numpy as np
import pandas as pd

from rethinking.statistics import summary_of


def summarise(rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Distance to the interpolant of least norm by optimiser, start and step (section 5).

    ``rows`` are those of ``minimum_norm.descend`` for every seed. Distances and residuals span many orders
    of magnitude, so the mean and its interval are of their logarithms: ``mean`` is the geometric mean of the
    values above 0. ``largest`` is the largest value over the seeds.
    """
    keys = ["optimiser", "start", "step"]
    parts = []
    for quantity in ("distance", "residual", "outside_distance"):
        values = rows.assign(**{quantity: rows[quantity].astype(float)})
        with np.errstate(divide="ignore"):
            logs = values.assign(**{quantity: np.log10(values[quantity])})
        part = summary_of(logs, keys, quantity, confidence)
        part[["mean", "lower", "upper"]] = 10.0 ** part[["mean", "lower", "upper"]]
        part["failed"] = summary_of(values, keys, quantity, confidence)["failed"]
        largest = values.groupby(keys, sort=False)[quantity].max().rename("largest")
        parts.append(part.join(largest, on=keys))
    return pd.concat(parts, ignore_index=True)


def sentences(summary: pd.DataFrame) -> list[str]:
    """What the report says beside the figure: how each line was computed."""
    return [
        "The lines of gradient descent are its closed form, not a loop of steps: a step multiplies the error "
        "along each eigenvector, of eigenvalue λ, by 1 - ηλ, so t steps multiply it by (1 - ηλ)^t. The lines "
        f"of SGD are real steps on batches, up to {summary['step'].max():,} of them."
    ]
