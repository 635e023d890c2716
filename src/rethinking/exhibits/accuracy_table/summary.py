"""Final accuracies by network, condition and regularisers (table 1)."""

import numpy as np
import pandas as pd

from rethinking.statistics import RUN, outcomes, summary_of


def summarise(histories: pd.DataFrame, fit: float, confidence: float) -> pd.DataFrame:
    """Final accuracies by network, condition and regularisers (table 1), with the parameter count.

    Runs that diverged are counted in ``diverged`` and left out of the means. Runs that ended below
    ``fit`` train accuracy are counted in ``not_fitted`` and are part of the means. ``chance`` is the
    test accuracy of guessing. ``best_test_accuracy`` is the highest that a run has had after any epoch, and
    ``corrupted_test_accuracy`` the last one against test labels that were corrupted as the training labels
    were.
    """
    keys = ["network", "condition", "random_crop", "weight_decay"]
    last = outcomes(histories, fit)
    counts = last.groupby(keys, sort=False)[["diverged", "not_fitted"]].sum().astype(int)
    best = histories.groupby(RUN, sort=False)["test_accuracy"].max().rename("best_test_accuracy")
    last = last.join(best, on=RUN)
    tested = ["test_accuracy", "best_test_accuracy", "corrupted_test_accuracy"]
    accuracies = ["train_accuracy", *tested]
    last.loc[last["diverged"], accuracies] = np.nan
    parts = [summary_of(last, keys, q, confidence) for q in ["parameters", *accuracies]]
    table = pd.concat(parts, ignore_index=True).join(counts, on=keys)
    table["chance"] = np.where(table["quantity"].isin(tested), 1 / last["classes"].iloc[0], np.nan)
    exact = table["quantity"] == "parameters"
    table.loc[exact, ["lower", "upper"]] = np.nan
    table.loc[exact, "failed"] = 0
    return table
