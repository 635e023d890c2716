"""The claims of section 2 about figures 1b and 1c, put to the test."""

import math
from collections.abc import Iterator

import pandas as pd
from scipy import stats

from rethinking import verdicts
from rethinking.verdicts import Claim, Measured, Yardstick, at_chance, measured

# How many times as long random labels may take and still be "only slower"; the paper's largest ratio is 3.6.
SLOWEST = 10


def _grows(
    network: str, what: str, line: pd.DataFrame, ends: tuple[Measured, Measured], covers: str
) -> Claim:
    """Whether a quantity grows with p; ``ends`` are the values at the lowest and the highest level."""
    found, holds = None, False
    if len(line) >= verdicts.FEWEST_LEVELS:
        known = line["mean"].notna().all()
        varies = line["mean"].nunique() > 1
        correlation = stats.spearmanr(line["label_noise"], line["mean"]).statistic if varies else 0.0
        found = Measured(
            correlation if known else math.nan,
            math.nan,
            math.nan,
            int(line["planned"].sum()),
            int(line["failed"].sum()),
        )
        first, last = ends
        holds = correlation >= verdicts.GROWTH_CORRELATION - 1e-9 and last.lower > first.upper
    rule = (
        f"at least {verdicts.GROWTH_CORRELATION:g} over {verdicts.FEWEST_LEVELS} levels or more, and the "
        f"last level above the first beyond the intervals ({covers}); every run fits"
    )
    return Claim(f"{network}: {what} grows with p", "rank correlation with p", "grows", found, holds, rule)


def test_error_claims(
    network: str, line: pd.DataFrame, yardstick: Yardstick, corrupted: bool
) -> Iterator[Claim]:
    """Figure 1c, one network: the test error grows with p, up to chance.

    On ``corrupted`` test labels both follow from how these are made.
    """
    on = " on corrupted test labels" if corrupted else ""
    examples, confidence = yardstick.baseline.test_examples, yardstick.confidence
    first, last = (verdicts.on_test_set(measured(line.iloc[end]), examples, confidence) for end in (0, -1))
    grows = _grows(network, f"test error{on}", line, (first, last), "seeds and test set")
    yield grows._replace(consequence=corrupted)
    random = line[line["label_noise"] == 1.0]
    end = random.iloc[0] if len(random) else None
    chance = at_chance(f"{network}: test error{on} at chance for p = 1", "test error", end, yardstick)
    yield chance._replace(consequence=corrupted)


def time_to_fit_claims(network: str, line: pd.DataFrame, epochs: pd.DataFrame) -> Iterator[Claim]:
    """Figure 1b, one network: the time to fit grows with p, by a small factor.

    ``line`` has the relative times and ``epochs`` the epochs to fit, sorted by p. Without a run at p = 0
    there is nothing that times could be relative to, and the claims are not run.
    """
    base = epochs.loc[epochs["label_noise"] == 0, "mean"]
    line = line if len(base) else line.iloc[:0]
    times = {
        row["label_noise"]: verdicts.relative_to_the_epoch(measured(row), base.iloc[0])
        for _, row in line.iterrows()
    }
    one = Measured(1.0, 1.0, 1.0, 0, 0)
    ends = (one, times[line["label_noise"].iloc[-1]] if times else one)
    yield _grows(network, "time to fit", line, ends, "seeds and one epoch")
    random = times.get(1.0)
    holds = False
    if random is not None:
        epoch = (1 + random.mean) / base.iloc[0]
        holds = random.lower > 1 and random.mean - epoch <= SLOWEST
    yield Claim(
        f"{network}: random labels are fitted, only slower",
        "relative time to fit",
        "slower, up to 3.6",
        random,
        holds,
        f"above 1 beyond the interval and at most {SLOWEST}, to an epoch; every run fits in time",
    )


def claims(summary: pd.DataFrame, yardstick: Yardstick, quantity: str) -> Iterator[Claim]:
    """Figures 1b and 1c: the quantity grows with p; at p = 1 labels are fitted and teach nothing."""
    for network, rows in summary.sort_values("label_noise", kind="stable").groupby("network", sort=False):
        line = rows[rows["quantity"] == quantity]
        if quantity != "relative_time_to_fit":
            corrupted = quantity == "corrupted_test_error"
            yield from test_error_claims(network, line, yardstick, corrupted)
        else:
            yield from time_to_fit_claims(network, line, rows[rows["quantity"] == "epochs_to_fit"])
