"""Which reading of "test error" the paper's figure 1c agrees with, network by network.

The paper does not say whether test labels are corrupted along with the training labels. It claims neither
reading, so these claims are this project's own.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from rethinking.exhibits.noise_sweep.summary import ERRORS
from rethinking.verdicts import FEWEST_LEVELS, Claim, Measured

IN_WORDS = {"test_error": "true test labels", "corrupted_test_error": "corrupted test labels"}
# How far a reading may be from the paper's curve on average: of the range of error that the curve spans.
CLOSE = 0.05
# Parts of the same range: what our distance at p = 0 excuses at most; how much farther the other reading is.
EXCUSED, APART = 0.15, 0.02


def _distances(line: pd.DataFrame, theirs: pd.Series) -> dict[str, float]:
    """The mean distance from the paper's curve over levels between the ends, by reading; empty without
    any.
    """
    found = {}
    for reading in ERRORS:
        ours = line[line["quantity"] == reading].set_index("label_noise")["mean"]
        shared = [noise for noise in ours.index if 0 < noise < 1 and noise in theirs.index]
        if len(shared) >= FEWEST_LEVELS:
            found[reading] = float(np.abs(ours[shared] - theirs[shared]).mean())
    return found


def claims(summary: pd.DataFrame, paper: pd.DataFrame | None) -> Iterator[Claim]:
    """For each network of the paper and each reading, whether the paper's curve is of that reading.

    At p = 0 both readings are the same, and the paper's figure differs from its own table 1. So a reading may
    be as far from the curve as ours and the paper's are at p = 0.
    """
    for network, line in summary.groupby("network", sort=False):
        if paper is None or network not in set(paper["network"]):
            continue
        theirs = paper[paper["network"] == network].set_index("label_noise")["test_error"]
        distances = _distances(line, theirs)
        start = line[(line["quantity"] == "test_error") & (line["label_noise"] == 0)]["mean"]
        at_zero = abs(float(start.iloc[0]) - theirs[0.0]) if len(start) and 0.0 in theirs.index else 0.0
        span = float(theirs.max() - theirs.min())
        close = max(CLOSE * span, min(at_zero, EXCUSED * span))
        for reading, distance in distances.items():
            others = [each for name, each in distances.items() if name != reading]
            of_reading = line[line["quantity"] == reading]
            found = Measured(
                distance, np.nan, np.nan, int(of_reading["planned"].sum()), int(of_reading["failed"].sum())
            )
            yield Claim(
                f"{network}: the paper's figure 1c is about {IN_WORDS[reading]}",
                "mean distance from the paper's curve",
                "not stated in the paper",
                found,
                distance <= close and all(distance + APART * span < other for other in others),
                f"at most {close:.3g} for p between 0 and 1 ({CLOSE:g} of the range of the curve, or our "
                f"distance at p = 0 up to {EXCUSED:g} of it), and by {APART:g} of the range less than under "
                "the other reading; every run fits",
                own=True,
            )
