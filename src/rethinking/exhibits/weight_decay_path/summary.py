"""Accuracies by network, decayed parameters and coefficient of weight decay."""

import numpy as np
import pandas as pd

from rethinking.exhibits.weight_decay_path.kind import training
from rethinking.statistics import outcomes, summary_of

KEYS = ["network", "decayed", "coefficient"]


def summarise(
    histories: pd.DataFrame,
    lines: list[dict],
    coefficients: list[float],
    condition: str,
    fit: float,
    confidence: float,
) -> pd.DataFrame:
    """Final train and test accuracy along each line, by coefficient.

    Keys: ``network``, ``decayed`` and ``coefficient``. ``diverged`` counts runs whose loss was not finite,
    which have no accuracies. A run that diverged or ended below ``fit`` train accuracy has ``failed``.
    ``chance`` is the accuracy of guessing.
    """
    last = outcomes(histories, fit)
    accuracies = ["train_accuracy", "test_accuracy"]
    last.loc[last["diverged"], accuracies] = np.nan
    parts = []
    for line in lines:
        for coefficient in sorted(coefficients):
            asked = training(line, coefficient, condition)
            of_point = (last["network"] == asked.network) & (last["weight_decay"] == bool(asked.regularisers))
            parts.append(
                last[of_point].assign(
                    line_network=line["network"], decayed=line["decayed"], coefficient=coefficient
                )
            )
    runs = (
        pd.concat(parts, ignore_index=True)
        .drop(columns="network")
        .rename(columns={"line_network": "network"})
    )
    counts = runs.groupby(KEYS, sort=False)[["diverged"]].sum().astype(int)
    table = pd.concat(
        [summary_of(runs, KEYS, quantity, confidence) for quantity in accuracies], ignore_index=True
    )
    return table.join(counts, on=KEYS).assign(chance=1 / last["classes"].iloc[0])


def sentences(summary: pd.DataFrame) -> list[str]:
    """What the report says beside the figure: up to which coefficient each line still fits its labels."""
    found = []
    accuracy = summary[summary["quantity"] == "train_accuracy"]
    for (network, decayed), line in accuracy.groupby(["network", "decayed"], sort=False):
        fails = line[line["failed"] == line["planned"]]["coefficient"]
        below = line["coefficient"] < (
            line[line["failed"] > 0]["coefficient"].min() if (line["failed"] > 0).any() else np.inf
        )
        fits = line[below]["coefficient"]
        acts = f"{network}, decay on {decayed.replace('_', ' ')}"
        told = [f"fits its labels with coefficients up to {fits.max():g}" if len(fits) else "fits with none"]
        told += [f"with {fails.min():g} no run does"] if len(fails) else []
        found.append(f"{acts}: {', '.join(told)}.")
    return found
