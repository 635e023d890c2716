"""Sensitivity to one training example and generalisation gap, by learner and labels (section 2.2)."""

import numpy as np
import pandas as pd

from rethinking.statistics import summary_of

KERNEL = "kernel"
KEYS = ["learner", "labels", "change"]
ONE_EXAMPLE = "one example"
# What a seed has from its replacements: their mean, and for a bound of all of them the largest.
LARGEST = ("zero_one_largest", "cross_entropy_largest", "scores")
MEAN = (
    *("changed", "changed_train", "zero_one", "zero_one_train", "left_out"),
    *("total_variation", "total_variation_train", "cross_entropy", "cross_entropy_train"),
)
OF_SAMPLE = ("train_error", "test_error", "gap", "loo_error")
# Every learner has these. Those that a learner does not have, such as probabilities, are left out.
EVERYWHERE = ("changed", "zero_one_largest", "left_out", "gap")


def summarise(rows: pd.DataFrame, fit: float, confidence: float) -> pd.DataFrame:
    """Every quantity of the experiments by learner, labels and change; ``change`` says what was changed.

    ``rows`` are those of ``stability_of_network`` and ``stability_of_kernel`` for every seed; ``learner`` is
    the network's name or "kernel". Replacements within a seed share their sample, so that a seed counts as
    one value: the mean over its replacements, or the largest of a quantity that is a maximum. ``largest`` is
    the largest single value of all replacements and seeds. A seed has ``failed`` if its first function does
    not fit ``fit`` of its labels, or if a training diverged.
    """
    rows = rows.assign(learner=rows["network"].fillna(KERNEL))
    parts = []
    for _, of_learner in rows.groupby("learner", sort=False):
        for quantity in (*OF_SAMPLE, *MEAN, *LARGEST):
            if quantity not in of_learner:
                continue
            once = quantity in (*OF_SAMPLE, "left_out")
            asked = of_learner[of_learner["change"] == ONE_EXAMPLE] if once else of_learner
            values = asked.assign(value=asked[quantity].astype(float))
            if values["value"].isna().all() and quantity not in EVERYWHERE:
                continue
            seeds = values.groupby([*KEYS, "seed"], sort=False)
            table = (
                seeds["value"].agg("max" if quantity in LARGEST else "mean").rename(quantity).reset_index()
            )
            missing = seeds["value"].agg(lambda found: found.isna().any()).to_numpy()
            train_error = seeds["train_error"].first().astype(float).to_numpy()
            with np.errstate(invalid="ignore"):
                table["failed"] = missing | ~(1 - train_error >= fit)
            part = summary_of(table, KEYS, quantity, confidence)
            largest = values.groupby(KEYS, sort=False)["value"].max().rename("largest")
            parts.append(part.join(largest, on=KEYS))
    return pd.concat(parts, ignore_index=True)


def sentences(summary: pd.DataFrame) -> list[str]:
    """What the report says beside the figure, a sentence a learner."""
    cells = (
        summary[summary["change"] == ONE_EXAMPLE].set_index(["learner", "labels", "quantity"]).sort_index()
    )
    found = []
    for learner in summary["learner"].unique():
        told = []
        for labels in summary.loc[summary["learner"] == learner, "labels"].unique():
            here = cells.loc[(learner, labels)]
            told.append(
                f"with {labels.replace('_', ' ')}, one example changes the class of "
                f"{100 * here.loc['changed', 'mean']:.2g} % of the test images and the 0/1 loss of some "
                f"point by {here.loc['zero_one_largest', 'largest']:g}; the gap is "
                f"{100 * here.loc['gap', 'mean']:.1f} %"
            )
        found.append(f"{learner}: {'; '.join(told)}.")
    return found
