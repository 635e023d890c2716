"""The claims of section 3 about table 1, put to the test."""

import math
from collections.abc import Iterator

import pandas as pd

from rethinking import verdicts
from rethinking.verdicts import Claim, Yardstick, at_chance, fits, measured

# The most that doing without explicit regularisation may cost; the paper's largest loss is 5.2 points.
REGULARISATION_MARGIN = 0.06


def _generalises(
    network: str, plain: pd.Series | None, others: list[pd.Series], yardstick: Yardstick
) -> Claim:
    """Whether a network without regularisers does about as well as with them, and better than a line."""
    found, holds, best = None, False, math.nan
    baseline = yardstick.baseline
    bar = 1 - baseline.test_error
    if plain is not None and others:
        bar = max(bar, plain["chance"])
        found = verdicts.on_test_set(measured(plain), baseline.test_examples, yardstick.confidence)
        # A regularised network need not fit; if it diverged, it says nothing about the gain.
        diverged = sum(int(row["diverged"]) for row in others)
        found = found._replace(
            planned=found.planned + sum(int(row["planned"]) for row in others),
            failed=found.failed + diverged,
        )
        best = max(row["mean"] for row in others)
        holds = found.lower > bar and best - found.mean <= REGULARISATION_MARGIN
    regularised = f" ({best:.4g})" if math.isfinite(best) else ""
    return Claim(
        f"{network} generalises without explicit regularisation",
        "test accuracy",
        "loses at most 0.052",
        found,
        holds,
        f"above the linear classifier's {bar:.4g} beyond the interval, and at most {REGULARISATION_MARGIN:g} "
        f"below the best regularised row{regularised}; every run fits, no regularised one diverges",
    )


def claims(summary: pd.DataFrame, yardstick: Yardstick) -> Iterator[Claim]:
    """Table 1: random labels are fitted and teach nothing; regularisers are not what generalises."""
    rows = summary.set_index(["network", "condition", "random_crop", "weight_decay", "quantity"])

    def find(*where) -> pd.Series | None:
        return rows.loc[where] if where in rows.index else None

    for network in summary["network"].unique():
        for condition in ("true_labels", "random_labels"):
            row = find(network, condition, False, False, "train_accuracy")
            train = measured(row) if row is not None else None
            yield fits(f"{network} fits {condition}", "0.993 to 1", train, yardstick.fit)
        for quantity, on in (("test_accuracy", ""), ("corrupted_test_accuracy", " on corrupted test labels")):
            yield at_chance(
                f"{network}: random labels leave test accuracy{on} at chance",
                "test accuracy",
                find(network, "random_labels", False, False, quantity),
                yardstick,
            )._replace(consequence=bool(on))
        regularised = [
            find(network, "true_labels", crop, decay, "test_accuracy")
            for crop, decay in ((True, True), (True, False), (False, True))
        ]
        yield _generalises(
            network,
            find(network, "true_labels", False, False, "test_accuracy"),
            [row for row in regularised if row is not None],
            yardstick,
        )
