"""The paper's claims about networks (sections 2 and 3), put to the test on summaries of runs."""

import math
from collections.abc import Iterator

import pandas as pd
from scipy import stats

from rethinking import verdicts
from rethinking.verdicts import Claim, Measured, Yardstick, measured

# What doing without explicit regularisation may cost; the paper's largest loss is 5.2 points.
REGULARISATION_MARGIN = 0.06
# How many times as long random labels may take and still be "only slower"; the paper's largest ratio is 3.6.
SLOWEST = 10


def _fits(subject: str, paper: str, found: Measured | None, fit: float) -> Claim:
    holds = found is not None and found.mean >= fit
    return Claim(subject, "train accuracy", paper, found, holds, f"at least {fit:g} in every run")


def _at_chance(subject: str, quantity: str, row: pd.Series | None, yardstick: Yardstick) -> Claim:
    if row is None:
        return Claim(subject, quantity, "chance", None, False, "within the interval of guessing")
    examples = yardstick.baseline.test_examples
    margin = verdicts.chance_margin(row["chance"], measured(row), examples, yardstick.confidence)
    found = verdicts.on_test_set(measured(row), examples, yardstick.confidence)
    holds = abs(found.mean - row["chance"]) <= margin
    rule = (
        f"within {margin:.3g}: the interval of guessing {examples:,} images, or that of the seeds up to "
        f"{verdicts.CHANCE_SCATTER} times as wide, and at least {verdicts.CHANCE_FLOOR[0]:g} of the accuracy "
        "of guessing; every run fits"
    )
    return Claim(subject, quantity, f"chance ({row['chance']:g})", found, holds, rule)


def learning_curve_claims(summary: pd.DataFrame, yardstick: Yardstick) -> Iterator[Claim]:
    """Figure 1a: every condition is fitted, random labels later than true ones."""
    rows = summary.sort_values("epoch", kind="stable").drop_duplicates(
        ["network", "condition", "quantity"], keep="last"
    )
    ends = rows.set_index(["network", "condition", "quantity"])
    for network, conditions in summary.groupby("network", sort=False)["condition"]:
        for condition in conditions.unique():
            accuracy = measured(ends.loc[network, condition, "train_accuracy"])
            yield _fits(f"{network} fits {condition}", "loss goes to 0", accuracy, yardstick.fit)
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


def test_error_claims(network: str, line: pd.DataFrame, yardstick: Yardstick) -> Iterator[Claim]:
    """Figure 1c, one network: the test error grows with p, up to chance."""
    examples, confidence = yardstick.baseline.test_examples, yardstick.confidence
    ends = tuple(verdicts.on_test_set(measured(line.iloc[end]), examples, confidence) for end in (0, -1))
    yield _grows(network, "test error", line, ends, "seeds and test set")
    random = line[line["label_noise"] == 1.0]
    end = random.iloc[0] if len(random) else None
    yield _at_chance(f"{network}: test error at chance for p = 1", "test error", end, yardstick)


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


def noise_sweep_claims(summary: pd.DataFrame, quantity: str, yardstick: Yardstick) -> Iterator[Claim]:
    """Figures 1b and 1c: the quantity grows with p; at p = 1 labels are fitted and teach nothing."""
    if quantity not in ("relative_time_to_fit", "test_error"):
        raise ValueError(f"no claims are known for noise sweeps of {quantity!r}")
    for network, rows in summary.sort_values("label_noise", kind="stable").groupby("network", sort=False):
        line = rows[rows["quantity"] == quantity]
        if quantity == "test_error":
            yield from test_error_claims(network, line, yardstick)
        else:
            yield from time_to_fit_claims(network, line, rows[rows["quantity"] == "epochs_to_fit"])


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
        # A regularised network need not fit; one that diverged says nothing of what regularisation gives.
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


def accuracy_table_claims(summary: pd.DataFrame, yardstick: Yardstick) -> Iterator[Claim]:
    """Table 1: random labels are fitted and teach nothing; regularisers are not what generalises."""
    rows = summary.set_index(["network", "condition", "random_crop", "weight_decay", "quantity"])

    def find(*where) -> pd.Series | None:
        return rows.loc[where] if where in rows.index else None

    for network in summary["network"].unique():
        for condition in ("true_labels", "random_labels"):
            train = measured(find(network, condition, False, False, "train_accuracy"))
            yield _fits(f"{network} fits {condition}", "0.993 to 1", train, yardstick.fit)
        yield _at_chance(
            f"{network}: random labels leave test accuracy at chance",
            "test accuracy",
            find(network, "random_labels", False, False, "test_accuracy"),
            yardstick,
        )
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
