"""Accuracies by network and epoch, and the best test accuracy so far (figure 2b)."""

import numpy as np
import pandas as pd

from rethinking.statistics import RUN, held, outcomes, summary_of

KEYS = ["network", "epoch", "step"]


def summarise(histories: pd.DataFrame, networks: list[str], fit: float, confidence: float) -> pd.DataFrame:
    """Train, test and best test accuracy of every network by epoch (figure 2b).

    ``best_test_accuracy`` is the highest test accuracy that a run has had up to an epoch. At the last epoch
    of a network stand two more quantities: ``early_stopping_gain``, by how much its best test accuracy is
    above its last; and ``gain_over_<network>`` for each other network, by how much its last test accuracy is
    above that one's, run by run with the same seed. A run that diverged or ended below ``fit`` train accuracy
    counts as failed; one that diverged has no accuracies.
    """
    ended = outcomes(histories, fit)
    curves = held(histories).merge(ended[[*RUN, "failed", "diverged"]], on=RUN)
    curves.loc[curves["diverged"], ["train_accuracy", "test_accuracy"]] = np.nan
    curves = curves.sort_values("epoch", kind="stable")
    curves["best_test_accuracy"] = curves.groupby(RUN, sort=False)["test_accuracy"].cummax()
    quantities = ["train_accuracy", "test_accuracy", "best_test_accuracy"]
    parts = [summary_of(curves, KEYS, quantity, confidence) for quantity in quantities]
    last = curves.loc[curves.groupby(RUN, sort=False)["epoch"].idxmax()].copy()
    last["early_stopping_gain"] = last["best_test_accuracy"] - last["test_accuracy"]
    parts.append(summary_of(last, KEYS, "early_stopping_gain", confidence))
    for other in networks:
        theirs = last[last["network"] == other].set_index("seed")
        ours = last[last["network"] != other].copy()
        if not len(ours):
            continue
        gain = f"gain_over_{other}"
        ours[gain] = ours["test_accuracy"] - theirs["test_accuracy"].reindex(ours["seed"]).to_numpy()
        ours["failed"] |= theirs["failed"].reindex(ours["seed"]).to_numpy()
        parts.append(summary_of(ours, KEYS, gain, confidence))
    return pd.concat(parts, ignore_index=True)


def sentences(summary: pd.DataFrame) -> list[str]:
    """What the report says beside the figure: last and best test accuracy of each network."""
    ends = summary.sort_values("epoch", kind="stable").drop_duplicates(["network", "quantity"], keep="last")
    cells = ends.set_index(["network", "quantity"])["mean"]
    return [
        f"{network}: test accuracy {100 * cells[network, 'test_accuracy']:.2f} % after the last epoch, at "
        f"best {100 * cells[network, 'best_test_accuracy']:.2f} % on the way."
        for network in ends["network"].unique()
    ]
