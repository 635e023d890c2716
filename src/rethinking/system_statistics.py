"""From the results of kernel systems to the numbers that tables and figures show.

Summaries are long frames as those of ``rethinking.statistics``: the keys of what is shown, then
``quantity``, ``runs``, ``mean``, ``lower``, ``upper``, ``planned`` and ``failed``.
"""

import numpy as np
import pandas as pd

from rethinking.statistics import summary_of

# What a table sets or a figure draws of a system; each is a column of results.
QUANTITIES = (
    *("test_error", "train_error", "norm", "norm_of_signs", "ridge_value", "bandwidth"),
    *("residual", "condition", "examples", "seconds", "peak_memory_bytes"),
)
KEYS = ["system", "dataset", "features", "kernel", "ridge"]


def systems(results: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Errors, norms and what a solve took, by system and ridge (table 3).

    ``results`` has a row a solve: the columns of ``KEYS``, where ``ridge`` is "none", "chosen" or a number,
    and those of ``QUANTITIES``, empty where a system could not be solved. Systems without anything drawn
    at random are solved once and have no interval. A solve without a
    solution has failed for every quantity. ``chance`` is the test error of guessing, 1 - 1/k.
    """
    results = results.assign(**{name: pd.to_numeric(results[name]) for name in QUANTITIES})
    results["failed"] = results["test_error"].isna()
    table = pd.concat([summary_of(results, KEYS, name, confidence) for name in QUANTITIES], ignore_index=True)
    classes = results.groupby("system", sort=False)["classes"].first()
    is_error = table["quantity"] == "test_error"
    table["chance"] = np.where(is_error, 1 - 1 / table["system"].map(classes), np.nan)
    return table


def system_rows(summary: pd.DataFrame, paper: pd.DataFrame | None = None) -> pd.DataFrame:
    """The summary of systems with one row for each row of the table.

    Columns: the keys, ``runs``, ``not_solved`` and the mean of every quantity, with ``_lower`` and
    ``_upper`` for errors and norms; with ``paper`` also its numbers, ``paper_…``.
    """
    rows = []
    for values, group in summary.groupby(KEYS, sort=False):
        cells = group.set_index("quantity")
        row = dict(zip(KEYS, values, strict=True))
        row |= {
            "runs": int(cells.loc["test_error", "runs"]),
            "not_solved": int(cells.loc["test_error", "failed"]),
        }
        for quantity in QUANTITIES:
            row[quantity] = cells.loc[quantity, "mean"]
            if quantity in QUANTITIES[:4]:
                row |= {f"{quantity}_{end}": cells.loc[quantity, end] for end in ("lower", "upper")}
        rows.append(row)
    table = pd.DataFrame(rows)
    if paper is None:
        return table
    keys = ["system", "ridge"]
    printed = {column: f"paper_{column}" for column in paper if column in QUANTITIES}
    return table.merge(paper[[*keys, *printed]].rename(columns=printed), on=keys, how="left")


def ridge_gains(summary: pd.DataFrame) -> list[str]:
    """For each system in words: its test error without ridge, and the lowest over the ridges, both in %."""
    errors = summary[(summary["quantity"] == "test_error") & (summary["ridge"] != "chosen")]
    sentences = []
    for system, path in errors.groupby("system", sort=False):
        by_ridge = path.set_index(path["ridge"].astype(float))["mean"].sort_index()
        plain = by_ridge.get(0.0, np.nan)
        lowest = "none is solved"
        if by_ridge.notna().any():
            lowest = f"the lowest of {len(by_ridge)} ridges is {100 * by_ridge.min():.2f} %"
            lowest += f" (ridge {by_ridge.idxmin():g})" if by_ridge.idxmin() else " (no ridge)"
        without = f"test error {100 * plain:.2f} %" if np.isfinite(plain) else "no solution"
        sentences.append(f"{system}: {without} without ridge; {lowest}.")
    return sentences


def descents(rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
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


def interpolants(rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
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
