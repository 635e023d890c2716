"""The claims of section 2 about figure 1a, put to the test."""

import math
from collections.abc import Iterator

import pandas as pd

from rethinking import verdicts
from rethinking.verdicts import Claim, Measured, Yardstick, fits, measured


def claims(summary: pd.DataFrame, yardstick: Yardstick) -> Iterator[Claim]:
    """Figure 1a: every condition is fitted, random labels later than true ones."""
    rows = summary.sort_values("epoch", kind="stable").drop_duplicates(
        ["network", "condition", "quantity"], keep="last"
    )
    ends = rows.set_index(["network", "condition", "quantity"])
    for network, conditions in summary.groupby("network", sort=False)["condition"]:
        for condition in conditions.unique():
            accuracy = measured(ends.loc[network, condition, "train_accuracy"])
            yield fits(f"{network} fits {condition}", "loss goes to 0", accuracy, yardstick.fit)
        both = [(network, condition, "epochs_to_fit") for condition in ("true_labels", "random_labels")]
        found, holds = None, False
        if all(place in ends.index for place in both):
            true, random = (verdicts.to_the_epoch(measured(ends.loc[place])) for place in both)
            holds = random.lower > true.upper
            found = Measured(
                random.mean / true.mean,
                random.lower / true.upper if true.upper > 0 else math.nan,
                random.upper / true.lower if true.lower > 0 else math.nan,
                random.planned + true.planned,
                random.failed + true.failed,
                random.interval,
            )
        yield Claim(
            f"{network}: random labels take longer than true ones",
            "ratio of epochs to fit",
            "longer",
            found,
            holds,
            "more epochs, beyond the intervals of the seeds and an epoch either way",
        )
