"""Time to fit and test error by network and share of random labels (figures 1b and 1c)."""

import numpy as np
import pandas as pd

from rethinking.statistics import outcomes, summary_of

ERRORS = ("test_error", "corrupted_test_error")


def summarise(histories: pd.DataFrame, fit: float, confidence: float) -> pd.DataFrame:
    """Time to fit and test error by network and share of random labels (figures 1b and 1c).

    Quantities: ``epochs_to_fit``; ``relative_time_to_fit``, each run's epochs over those of the run
    with the same seed at noise 0; ``test_error`` after the last epoch, and ``corrupted_test_error``, the same
    against test labels that were corrupted as the training labels were. Where some run never reached
    ``fit`` the mean over the others would be too small: the row then has ``not_fitted`` > 0, no
    interval, and as ``mean`` a lower bound, which counts those runs with the epochs they had.
    ``chance`` is the test error of guessing, 1 - 1/k for k classes. A run that diverged has no test error.

    A relative time also fails if the run at noise 0 failed. Without any run at noise 0 there is no relative
    time, and nothing has failed.
    """
    last = outcomes(histories, fit)
    for error in ERRORS:
        accuracy = last[error.replace("error", "accuracy")]
        last[error] = np.where(last["diverged"], np.nan, 1 - accuracy)
    last["not_fitted"] = last["epochs_to_fit"].isna()
    last["epochs_to_fit"] = last["epochs_to_fit"].fillna(last["epoch"])
    base = last[last["label_noise"] == 0].set_index(["network", "seed"])
    base_time = base["epochs_to_fit"].where(~base["not_fitted"])
    ours = pd.MultiIndex.from_frame(last[["network", "seed"]])
    last["relative_time_to_fit"] = last["epochs_to_fit"] / base_time.reindex(ours).to_numpy()

    keys = ["network", "label_noise"]
    missed = last.groupby(keys, sort=False)["not_fitted"].sum().astype(int)
    base_failed = base["failed"].reindex(ours).eq(True).to_numpy()
    parts = []
    for quantity in ("epochs_to_fit", "relative_time_to_fit", *ERRORS):
        is_relative = quantity == "relative_time_to_fit"
        runs = last.assign(failed=last["failed"] | (is_relative & base_failed))
        part = summary_of(runs, keys, quantity, confidence).join(missed, on=keys)
        if is_relative:
            part.loc[~part["network"].isin(base.index.unique("network")), "failed"] = 0
        if quantity in ERRORS:
            part["not_fitted"] = 0
        part["chance"] = 1 - 1 / last["classes"].iloc[0] if quantity in ERRORS else np.nan
        part.loc[part["not_fitted"] > 0, ["lower", "upper"]] = np.nan
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
