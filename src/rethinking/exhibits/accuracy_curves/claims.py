"""The claims of section 3.1 about figure 2b, put to the test."""

from collections.abc import Iterator

import pandas as pd

from rethinking.statistics import binomial_interval
from rethinking.verdicts import Claim, Yardstick, measured

WITH, WITHOUT = "inception", "inception_no_bn"
# "3 to 4 points", and a point either way: the paper's own table 1 has 3.75, its figure 2b 1.7.
BATCH_NORM_GAIN = 0.02, 0.05
# The most that early stopping may gain and still be nothing: the best of many epochs lies above the last one
# by chance.
NO_GAIN = 0.01


def _batch_norm(cells: pd.DataFrame, yardstick: Yardstick) -> Claim:
    """Whether BatchNorm is worth as much test accuracy as the paper says."""
    place = WITH, f"gain_over_{WITHOUT}"
    low, high = BATCH_NORM_GAIN
    found, holds = None, False
    if place in cells.index:
        found = measured(cells.loc[place])
        accuracy, examples = cells.loc[(WITH, "test_accuracy"), "mean"], yardstick.baseline.test_examples
        lower, upper = binomial_interval(accuracy, examples, yardstick.confidence)
        half = (upper - lower) / 2 * 2**0.5  # of the difference of two accuracies
        found = found.widened(found.mean - half, found.mean + half, "test set")
        holds = low <= found.mean <= high and found.lower > 0
    return Claim(
        "BatchNorm gains test accuracy",
        "difference of test accuracies",
        "0.03 to 0.04",
        found,
        holds,
        f"between {low:g} and {high:g}, and above 0 beyond the interval; every run fits",
    )


def claims(summary: pd.DataFrame, yardstick: Yardstick, condition: str) -> Iterator[Claim]:
    """Figure 2b: BatchNorm gains a few points, early stopping none; the paper claims both of true labels."""
    if condition != "true_labels":
        return
    ends = summary.sort_values("epoch", kind="stable").drop_duplicates(["network", "quantity"], keep="last")
    cells = ends.set_index(["network", "quantity"])
    yield _batch_norm(cells, yardstick)
    examples = yardstick.baseline.test_examples
    for network in summary["network"].unique():
        found = measured(cells.loc[network, "early_stopping_gain"])
        best = cells.loc[(network, "best_test_accuracy"), "mean"]
        lower, upper = binomial_interval(best, examples, yardstick.confidence)
        most = max(NO_GAIN, (upper - lower) / 2)
        yield Claim(
            f"{network}: early stopping gains nothing",
            "best test accuracy above the last",
            "no gain",
            found,
            found.mean <= most,
            f"at most {most:.3g}: {NO_GAIN:g}, or half the interval of {examples:,} test images; every run "
            f"fits",
        )
