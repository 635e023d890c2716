"""The rules that claims share: when a measured value is chance, fits, or lies beyond another one.

A verdict has to be able to fall. So a value is compared together with its interval, every run behind a value
must have succeeded, and a number that is not finite matches nothing.
"""

import math
from typing import NamedTuple

import pandas as pd

from rethinking.baseline import Baseline
from rethinking.scorecard import MATCHED, NOT_MATCHED, NOT_RUN
from rethinking.statistics import binomial_interval

# How far from guessing an accuracy or error may always be and still count as guessing: a part of the accuracy
# of guessing, and at most a share of all images. The paper's own values are up to 0.0061 from 0.1.
CHANCE_FLOOR = 0.1, 0.01
# Up to how many times the binomial interval that of the seeds counts. Networks answer alike for images that
# are alike, so they scatter more than coins. Without a limit, seeds that scatter would be at chance anywhere.
CHANCE_SCATTER = 2
# Spearman's rank correlation with p from which a quantity grows. One pair of neighbours among five levels may
# be in the wrong order, and a quantity that only jumps after p = 0 does not grow with p.
GROWTH_CORRELATION = 0.9
FEWEST_LEVELS = 3


class Yardstick(NamedTuple):
    """The measure that the claims about one figure or table are held against."""

    fit: float  # the train accuracy that counts as fitted
    confidence: float  # of every interval
    baselines: dict[str, Baseline]  # by the title of the data set

    @property
    def baseline(self) -> Baseline:
        """That of the only data set."""
        (only,) = self.baselines.values()
        return only


class Measured(NamedTuple):
    """A mean with its interval, the runs behind it, and how many of them failed."""

    mean: float
    lower: float
    upper: float
    planned: int
    failed: int
    interval: str = ""  # what the interval covers

    @property
    def half(self) -> float:
        """Half the width of the interval, 0 without one."""
        return (self.upper - self.lower) / 2 if math.isfinite(self.upper - self.lower) else 0.0

    @property
    def cells(self) -> dict:
        """The cells of a scorecard's row about the measured value."""
        interval = {"lower": self.lower, "upper": self.upper, "interval": self.interval}
        return {"ours": self.mean, **interval, "runs": self.planned, "failed": self.failed}

    def widened(self, lower: float, upper: float, covers: str) -> "Measured":
        """The interval that covers this one, if there is one, and another."""
        if not math.isfinite(self.lower):
            return self._replace(lower=lower, upper=upper, interval=covers)
        lower, upper = min(lower, self.lower), max(upper, self.upper)
        return self._replace(lower=lower, upper=upper, interval=f"{self.interval}, {covers}")


def measured(row: pd.Series) -> Measured:
    """A row of a summary."""
    interval = "seeds" if math.isfinite(row["lower"]) else ""
    counts = (int(row["planned"]), int(row["failed"]))
    return Measured(float(row["mean"]), float(row["lower"]), float(row["upper"]), *counts, interval)


def on_test_set(found: Measured, examples: int, confidence: float) -> Measured:
    """A share of the test images whose interval also covers the binomial variation of the test set."""
    return found.widened(*binomial_interval(found.mean, examples, confidence), "test set")


def to_the_epoch(epochs: Measured) -> Measured:
    """Epochs to fit whose interval covers at least an epoch either way, since epochs are counted whole."""
    return epochs.widened(epochs.mean - 1, epochs.mean + 1, "one epoch")


def relative_to_the_epoch(times: Measured, base: float) -> Measured:
    """Times relative to ``base`` epochs whose interval covers at least an epoch either way of both."""
    half = (1 + times.mean) / base
    return times.widened(times.mean - half, times.mean + half, "one epoch")


def chance_margin(chance: float, found: Measured, examples: int, confidence: float) -> float:
    """How far from ``chance`` an accuracy or error may be and still be guessing.

    The largest of: half the binomial interval of guessing ``examples`` test images; half the interval of the
    seeds, up to ``CHANCE_SCATTER`` times the first; ``CHANCE_FLOOR``.
    """
    guess = min(chance, 1 - chance)
    lower, upper = binomial_interval(guess, examples, confidence)
    half = (upper - lower) / 2
    return max(min(CHANCE_FLOOR[0] * guess, CHANCE_FLOOR[1]), half, min(found.half, CHANCE_SCATTER * half))


class Claim(NamedTuple):
    """One claim: what it says, the quantity that it is about, what the paper has, what was found (None if it
    cannot be computed), whether it holds by its rule, and the rule in words.

    A consequence holds by construction. It checks our arithmetic and finds nothing about networks or data. An
    own claim is not the paper's, though it may be about the paper's figure.
    """

    item: str
    quantity: str
    paper: str
    found: Measured | None
    holds: bool
    rule: str
    consequence: bool = False
    own: bool = False

    @property
    def verdict(self) -> str:
        """Not run without results; otherwise matched only if every run succeeded and the claim holds."""
        return verdict(self.found, self.holds)


def verdict(found: Measured | None, holds: bool) -> str:
    """The verdict on a measured value for which a condition holds or does not."""
    if found is None or (found.failed == 0 and math.isnan(found.mean)):
        return NOT_RUN
    return MATCHED if holds and found.failed == 0 and math.isfinite(found.mean) else NOT_MATCHED


def fits(subject: str, paper: str, found: Measured | None, fit: float) -> Claim:
    """The claim that every run of ``subject`` fits its training labels."""
    holds = found is not None and found.mean >= fit
    return Claim(subject, "train accuracy", paper, found, holds, f"at least {fit:g} in every run")


def at_chance(subject: str, quantity: str, row: pd.Series | None, yardstick: Yardstick) -> Claim:
    """The claim that an accuracy or error of ``subject`` is that of guessing.

    ``row`` is that of a summary, None without a run.
    """
    if row is None:
        return Claim(subject, quantity, "chance", None, False, "within the interval of guessing")
    examples = yardstick.baseline.test_examples
    margin = chance_margin(row["chance"], measured(row), examples, yardstick.confidence)
    found = on_test_set(measured(row), examples, yardstick.confidence)
    holds = abs(found.mean - row["chance"]) <= margin
    rule = (
        f"within {margin:.3g}: the interval of guessing {examples:,} images, or that of the seeds up to "
        f"{CHANCE_SCATTER} times as wide, and at least {CHANCE_FLOOR[0]:g} of the accuracy "
        "of guessing; every run fits"
    )
    return Claim(subject, quantity, f"chance ({row['chance']:g})", found, holds, rule)


def every_label_is_fitted(train_error: pd.Series) -> bool:
    """Whether each solve has a train error of exactly 0."""
    return train_error["mean"] == 0 and train_error["failed"] == 0
