"""Errors at the end of training by label noise and width of a network."""

import numpy as np
import pandas as pd

from rethinking.exhibits.width_sweep.kind import training
from rethinking.statistics import outcomes, summary_of

KEYS = ["label_noise", "width", "parameters"]


def summarise(
    histories: pd.DataFrame,
    network: str,
    width_factors: list[float],
    label_noise: list[float],
    fit: float,
    confidence: float,
) -> pd.DataFrame:
    """Train and test error after the last epoch, by p, width factor and number of parameters.

    The train error is that on the labels that the network was given, the test error that on true labels. A
    run that diverged has no errors. A run that diverged or ended below ``fit`` train accuracy has ``failed``.
    ``chance`` is the test error of guessing.
    """
    last = outcomes(histories, fit)
    errors = []
    for part in ("train", "test"):
        last[f"{part}_error"] = np.where(last["diverged"], np.nan, 1 - last[f"{part}_accuracy"])
        errors.append(f"{part}_error")
    widths = {training(network, factor, 0).network: factor for factor in width_factors}
    runs = last.assign(width=last["network"].map(widths)).sort_values(["label_noise", "width"], kind="stable")
    table = pd.concat([summary_of(runs, KEYS, error, confidence) for error in errors], ignore_index=True)
    return table.assign(chance=1 - 1 / last["classes"].iloc[0])


def sentences(summary: pd.DataFrame) -> list[str]:
    """What the report says beside the figure: for each p, where all runs fit, and test errors."""
    found = []
    for noise, line in summary[summary["quantity"] == "test_error"].groupby("label_noise", sort=False):
        line = line[line["mean"].notna()].sort_values("parameters")
        if line.empty:
            continue
        missed = line.loc[line["failed"] > 0, "parameters"].max()
        fitting = line if np.isnan(missed) else line[line["parameters"] > missed]
        told = (
            f"every run fits from {fitting['parameters'].iloc[0]:,} parameters on"
            if len(fitting)
            else "not every run fits, whatever the width"
        )
        extremes = (("lowest", line["mean"].idxmin()), ("highest", line["mean"].idxmax()))
        values = [
            f"{which} {100 * line['mean'][at]:.2f} % with {line['parameters'][at]:,}"
            for which, at in extremes
        ]
        widest = f"{100 * line['mean'].iloc[-1]:.2f} % with the most"
        found.append(f"p = {noise:g}: {told}; test error: {', '.join([*values, widest])}.")
    return found
