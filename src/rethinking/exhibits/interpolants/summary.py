"""Errors and norm of each interpolant (section 5)."""

import numpy as np
import pandas as pd

from rethinking.statistics import summary_of


def summarise(rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Errors and norm of each interpolant; keys interpolant. The mean of norms is the geometric one."""
    parts = [summary_of(rows, ["interpolant"], name, confidence) for name in ("train_error", "test_error")]
    logs = rows.assign(norm=np.log10(rows["norm"].astype(float)))
    norms = summary_of(logs, ["interpolant"], "norm", confidence)
    norms[["mean", "lower", "upper"]] = 10.0 ** norms[["mean", "lower", "upper"]]
    table = pd.concat([*parts, norms], ignore_index=True)
    chance = rows.groupby("interpolant", sort=False)["chance"].first()
    is_error = table["quantity"] == "test_error"
    table["chance"] = np.where(is_error, table["interpolant"].map(chance), np.nan)
    return table
