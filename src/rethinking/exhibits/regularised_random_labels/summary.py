"""How well random labels are fitted, by network and regulariser (table 4)."""

import numpy as np
import pandas as pd

from rethinking.exhibits.requests import UNCHANGED, without_settings
from rethinking.statistics import outcomes, summary_of

KEYS = ["network", "settings", "random_crop", "augmentation", "weight_decay"]


def summarise(histories: pd.DataFrame, fit: float, confidence: float) -> pd.DataFrame:
    """Accuracies on random labels by network and regularisers (table 4), in the order of the rows.

    Keys: ``network``, ``settings`` (what a row changes in the network's entry, "none" for nothing) and the
    three regularisers. Quantities: ``train_accuracy``, on centre crops after the last epoch;
    ``online_accuracy``, the mean over the mini-batches of the last epoch, whose images are cropped and
    turned; ``counted_accuracy``, which of both the paper counts: the second with random crops or
    augmentation, else the first; ``test_accuracy``; and ``fitted``, the share of runs that converged.

    A run has converged if its counted accuracy after the last epoch is at least ``fit``. ``failed`` counts
    the runs that have not; ``diverged`` those whose loss was not finite. They have no accuracies.
    """
    last = outcomes(histories, fit)
    names = last["network"].astype(str)
    last["network"] = names.map(without_settings)
    last["settings"] = [name.partition("@")[2] or UNCHANGED for name in names]
    # Without augmentation, mini-batches lag behind the network as it stands at the end of the epoch.
    redrawn = last["random_crop"] | last["augmentation"]
    last["counted_accuracy"] = np.where(redrawn, last["online_accuracy"], last["train_accuracy"])
    accuracies = ["counted_accuracy", "online_accuracy", "train_accuracy", "test_accuracy"]
    last.loc[last["diverged"], accuracies] = np.nan
    converged = last["counted_accuracy"] >= fit
    last["fitted"] = converged.astype(float)
    last["failed"] = ~converged
    counts = last.groupby(KEYS, sort=False)[["diverged"]].sum().astype(int)
    parts = [summary_of(last, KEYS, quantity, confidence) for quantity in accuracies]
    # That a run has not converged is what this share says, and no reason to leave it out.
    parts.append(summary_of(last.drop(columns="failed"), KEYS, "fitted", confidence))
    table = pd.concat(parts, ignore_index=True).join(counts, on=KEYS)
    table["chance"] = np.where(table["quantity"] == "test_accuracy", 1 / last["classes"].iloc[0], np.nan)
    return table
