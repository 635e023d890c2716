"""Final accuracies by network, condition and regularisers (table 1)."""

import numpy as np
import pandas as pd

from rethinking.statistics import outcomes, summary_of


def summarise(histories: pd.DataFrame, fit: float, confidence: float) -> pd.DataFrame:
    """Final accuracies by network, condition and regularisers (table 1), with the parameter count.

    Runs that diverged are counted in ``diverged`` and left out of the means. Runs that ended below
    ``fit`` train accuracy are counted in ``not_fitted`` and are part of the means. ``chance`` is the
    test accuracy of guessing.
    """
    keys = ["network", "condition", "random_crop", "weight_decay"]
    last = outcomes(histories, fit)
    counts = last.groupby(keys, sort=False)[["diverged", "not_fitted"]].sum().astype(int)
    accuracies = ["train_accuracy", "test_accuracy"]
    last.loc[last["diverged"], accuracies] = np.nan
    parts = [summary_of(last, keys, q, confidence) for q in ["parameters", *accuracies]]
    table = pd.concat(parts, ignore_index=True).join(counts, on=keys)
    table["chance"] = np.where(table["quantity"] == "test_accuracy", 1 / last["classes"].iloc[0], np.nan)
    exact = table["quantity"] == "parameters"
    table.loc[exact, ["lower", "upper"]] = np.nan
    table.loc[exact, "failed"] = 0
    return table
