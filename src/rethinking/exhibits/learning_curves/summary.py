"""Loss and accuracies by condition and epoch (figure 1a)."""

import pandas as pd

from rethinking.statistics import RUN, outcomes, summary_of


def _held(histories: pd.DataFrame) -> pd.DataFrame:
    """Histories in which a run that stopped early keeps its last values up to its longest sibling."""
    held = []
    for _, condition in histories.groupby(["condition", "network"], sort=False):
        grid = condition[["epoch", "step"]].drop_duplicates().sort_values("epoch")
        for _, run in condition.groupby(RUN, sort=False):
            full = grid.merge(run.drop(columns="step"), on="epoch", how="left")
            columns = full.columns.difference(["epoch", "step"])
            # Only what lies behind the last epoch is filled: a diverged run keeps its empty places.
            behind = full["epoch"] > run["epoch"].max()
            full.loc[behind, columns] = run.sort_values("epoch")[columns].iloc[-1].to_numpy()
            held.append(full)
    return pd.concat(held, ignore_index=True)


def summarise(histories: pd.DataFrame, fit: float, confidence: float) -> pd.DataFrame:
    """Loss and accuracies by condition and epoch (figure 1a); keys condition, network, epoch, step.

    A run that diverged or ended below ``fit`` train accuracy counts as failed at every epoch.
    ``epochs_to_fit`` stands at the last epoch of its condition.
    """
    ended = outcomes(histories, fit)
    held = _held(histories).merge(ended[[*RUN, "failed"]], on=RUN)
    ends = held.groupby(["condition", "network"], sort=False)[["epoch", "step"]].max()
    last = ended.drop(columns=["epoch", "step"]).join(ends, on=["condition", "network"])
    keys = ["condition", "network", "epoch", "step"]
    quantities = ["online_loss", "train_loss", "train_accuracy", "test_loss", "test_accuracy"]
    parts = [summary_of(held, keys, quantity, confidence) for quantity in quantities]
    return pd.concat([*parts, summary_of(last, keys, "epochs_to_fit", confidence)], ignore_index=True)
