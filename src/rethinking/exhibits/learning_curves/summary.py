"""Loss and accuracies by condition and epoch (figure 1a)."""

import pandas as pd

from rethinking.statistics import RUN, held, outcomes, summary_of


def summarise(histories: pd.DataFrame, fit: float, confidence: float) -> pd.DataFrame:
    """Loss and accuracies by condition and epoch (figure 1a); keys condition, network, epoch, step.

    A run that diverged or ended below ``fit`` train accuracy counts as failed at every epoch.
    ``epochs_to_fit`` stands at the last epoch of its condition.
    """
    ended = outcomes(histories, fit)
    curves = held(histories).merge(ended[[*RUN, "failed"]], on=RUN)
    ends = curves.groupby(["condition", "network"], sort=False)[["epoch", "step"]].max()
    last = ended.drop(columns=["epoch", "step"]).join(ends, on=["condition", "network"])
    keys = ["condition", "network", "epoch", "step"]
    quantities = ["online_loss", "train_loss", "train_accuracy", "test_loss", "test_accuracy"]
    parts = [summary_of(curves, keys, quantity, confidence) for quantity in quantities]
    return pd.concat([*parts, summary_of(last, keys, "epochs_to_fit", confidence)], ignore_index=True)
