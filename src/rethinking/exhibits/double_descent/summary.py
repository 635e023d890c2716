"""Errors, norm, rank and condition by number of random features and label noise."""

import numpy as np
import pandas as pd

from rethinking.statistics import summary_of

KEYS = ["label_noise", "feature_count"]
SHARES = ("train_error", "test_error", "train_squared_error", "rank")
# At the peak these are heavy-tailed over seeds, by orders of magnitude.
HEAVY_TAILED = ("test_squared_error", "norm", "condition")


def summarise(rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Mean and interval of every quantity of ``random_fourier.Outcome``, by p and number of features.

    ``rows`` are those of the experiment ``random_fourier_features`` for every seed. An empty
    ``feature_count`` is the kernel itself. Of the test squared error, the norm and the condition number the
    mean and its interval are of their logarithms.
    """
    rows = rows.sort_values(KEYS, kind="stable")  # the kernel comes last
    parts = [summary_of(rows, KEYS, quantity, confidence) for quantity in SHARES]
    for quantity in HEAVY_TAILED:
        with np.errstate(divide="ignore"):
            logs = rows.assign(**{quantity: np.log10(rows[quantity].astype(float))})
        part = summary_of(logs, KEYS, quantity, confidence)
        part[["mean", "lower", "upper"]] = 10.0 ** part[["mean", "lower", "upper"]]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def sentences(summary: pd.DataFrame) -> list[str]:
    """What the report says beside the figure: for each p, the highest and lowest test error."""
    found = []
    errors = summary[summary["quantity"] == "test_error"]
    for noise, line in errors.groupby("label_noise", sort=False):
        curve = line[line["feature_count"].notna() & line["mean"].notna()]
        if curve.empty:
            continue
        highest, lowest = (curve.loc[index] for index in (curve["mean"].idxmax(), curve["mean"].idxmin()))
        told = [
            f"{100 * row['mean']:.2f} % with {row['feature_count']:,.0f} features"
            for row in (highest, lowest)
        ]
        kernel = line[line["feature_count"].isna()]
        limit = f"; the kernel itself has {100 * kernel['mean'].iloc[0]:.2f} %" if len(kernel) else ""
        found.append(f"p = {noise:g}: the highest test error is {told[0]}, the lowest is {told[1]}{limit}.")
    return found
