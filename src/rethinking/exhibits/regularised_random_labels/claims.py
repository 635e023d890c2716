"""The claims of appendix E about table 4, put to the test."""

from collections.abc import Iterator

import pandas as pd

from rethinking.exhibits.regularised_random_labels.summary import KEYS
from rethinking.exhibits.requests import UNCHANGED
from rethinking.plotting.style import settings
from rethinking.verdicts import Claim, Measured, Yardstick, fits, measured

# By network and regulariser, the only combination that "failed to converge" in the paper.
FAILED_TO_CONVERGE = ("alexnet", "weight_decay")
IN_WORDS = {"random_crop": "random crops", "augmentation": "augmentation", "weight_decay": "weight decay"}


def _fails_to_converge(subject: str, share: pd.Series, own: bool, yardstick: Yardstick) -> Claim:
    """The claim that no run of a row fits its labels; that none does is no failure of the claim.

    A run that diverged has failed. With settings of its own, a row says nothing about the paper's.
    """
    counts = int(share["planned"]), int(share["diverged"])
    found = Measured(float(share["mean"]), share["lower"], share["upper"], *counts)
    return Claim(
        f"{subject}: fails to converge",
        "share of runs that fit",
        "failed to converge",
        found,
        found.mean == 0,
        f"no run reaches a train accuracy of {yardstick.fit:g} by its last epoch, and none diverges",
        own=own,
    )


def claims(summary: pd.DataFrame, yardstick: Yardstick) -> Iterator[Claim]:
    """Table 4: random labels are fitted with every regulariser, but by AlexNet with weight decay."""
    for values, rows in summary.groupby(KEYS, sort=False):
        row = dict(zip(KEYS, values, strict=True))
        used = [name for name in IN_WORDS if row[name]]
        changed = f" ({settings(row['settings'])})" if row["settings"] != UNCHANGED else ""
        subject = f"{row['network']}{changed}, random labels with "
        subject += " and ".join(IN_WORDS[name] for name in used) or "no regulariser"
        cells = rows.set_index("quantity")
        if (row["network"], *used) == FAILED_TO_CONVERGE:
            yield _fails_to_converge(subject, cells.loc["fitted"], bool(changed), yardstick)
        else:
            accuracy = measured(cells.loc["counted_accuracy"])
            yield fits(f"{subject}: are fitted", "0.992 to 1", accuracy, yardstick.fit)
