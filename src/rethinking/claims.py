"""The paper's claims put to the test on our runs, each with a verdict by a stated rule.

The claims are about any data set, where the paper's numbers are about CIFAR-10.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd
from scipy import stats

from rethinking.scorecard import COLUMNS, MATCHED, NOT_MATCHED, NOT_RUN

# How far from chance an accuracy or error may be and still count as guessing.
CHANCE_MARGIN = 0.03
# What doing without explicit regularisation may cost; the paper's largest loss is 5.2 points.
REGULARISATION_MARGIN = 0.06
# Spearman's rank correlation with p from which "grows" holds.
GROWTH_CORRELATION = 0.8
# The part of chance that a test error may be and still count as generalising.
GENERALISING = 0.6
# What a ridge may gain; the paper's largest gain is 2 points.
RIDGE_MARGIN = 0.04
# Relative distances to the minimum norm that count as there, and as not there.
NEAR, FAR = 0.05, 0.5


class Claim(NamedTuple):
    """One claim: what it says, the quantity it is about, what the paper has, our row of a summary (None
    if not run), the verdict's condition and the rule in words."""

    item: str
    measured: str
    paper: str
    found: pd.Series | None
    holds: bool
    rule: str


def _measured(value: float, runs: int) -> pd.Series:
    """A number that is computed from a summary and has no interval."""
    return pd.Series({"mean": value, "lower": math.nan, "upper": math.nan, "runs": runs})


def _fits(subject: str, paper: str, found: pd.Series | None, fit: float) -> Claim:
    holds = found is not None and found["mean"] >= fit
    return Claim(subject, "train accuracy", paper, found, holds, f"at least {fit:g}")


def _at_chance(subject: str, measured: str, found: pd.Series | None) -> Claim:
    holds = found is not None and abs(found["mean"] - found["chance"]) <= CHANCE_MARGIN
    chance = "chance" if found is None else f"chance ({found['chance']:g})"
    return Claim(subject, measured, chance, found, holds, f"within {CHANCE_MARGIN:g} of chance")


def learning_curve_claims(summary: pd.DataFrame, fit: float) -> Iterator[Claim]:
    """Figure 1a: every condition is fitted, random labels later than true ones."""
    accuracies = summary[summary["quantity"] == "train_accuracy"].sort_values("epoch", kind="stable")
    for network, curves in accuracies.groupby("network", sort=False):
        times, runs = {}, 0
        for condition, curve in curves.groupby("condition", sort=False):
            yield _fits(f"{network} fits {condition}", "loss goes to 0", curve.iloc[-1], fit)
            reached = curve.loc[curve["mean"] >= fit, "epoch"]
            times[condition] = reached.iloc[0] if len(reached) else math.nan
            runs = int(curve["runs"].max())
        if {"true_labels", "random_labels"} <= set(times):
            ratio = times["random_labels"] / times["true_labels"]
            yield Claim(
                f"{network}: random labels take longer than true ones",
                "ratio of epochs to fit",
                "longer",
                _measured(ratio, runs),
                ratio > 1,
                "above 1, where the mean curves fit",
            )


def noise_sweep_claims(summary: pd.DataFrame, quantity: str) -> Iterator[Claim]:
    """Figures 1b and 1c: the quantity grows with p; at p = 1 labels are fitted and teach nothing."""
    what = {"relative_time_to_fit": "time to fit", "test_error": "test error"}[quantity]
    for network, line in summary[summary["quantity"] == quantity].groupby("network", sort=False):
        line = line.sort_values("label_noise")
        grows = len(line) > 2 and line["mean"].nunique() > 1
        correlation = stats.spearmanr(line["label_noise"], line["mean"]).statistic if grows else math.nan
        yield Claim(
            f"{network}: {what} grows with p",
            "rank correlation with p",
            "grows",
            _measured(correlation, int(line["runs"].min())),
            correlation >= GROWTH_CORRELATION,
            f"at least {GROWTH_CORRELATION:g}",
        )
        random = line[line["label_noise"] == 1.0]
        end = random.iloc[0] if len(random) else None
        if quantity == "test_error":
            yield _at_chance(f"{network}: test error at chance for p = 1", "test error", end)
        else:
            holds = end is not None and end["not_fitted"] == 0 and end["mean"] > 1
            item = f"{network}: random labels are fitted, only slower"
            rule = "above 1, and every run fits in time"
            yield Claim(item, "relative time to fit", "slower", end, holds, rule)


def accuracy_table_claims(summary: pd.DataFrame, fit: float) -> Iterator[Claim]:
    """Table 1: random labels are fitted and teach nothing; regularisers are not what generalises."""
    rows = summary.set_index(["network", "condition", "random_crop", "weight_decay", "quantity"])

    def find(*where) -> pd.Series | None:
        return rows.loc[where] if where in rows.index else None

    for network in summary["network"].unique():
        for condition in ("true_labels", "random_labels"):
            train = find(network, condition, False, False, "train_accuracy")
            yield _fits(f"{network} fits {condition}", "0.993 to 1", train, fit)
        yield _at_chance(
            f"{network}: random labels leave test accuracy at chance",
            "test accuracy",
            find(network, "random_labels", False, False, "test_accuracy"),
        )
        plain = find(network, "true_labels", False, False, "test_accuracy")
        others = [
            find(network, "true_labels", crop, decay, "test_accuracy")
            for crop, decay in ((True, True), (True, False), (False, True))
        ]
        regularised = [row["mean"] for row in others if row is not None]
        lost = None
        if plain is not None and regularised:
            lost = _measured(max(regularised) - plain["mean"], int(plain["runs"]))
        yield Claim(
            f"{network} generalises without explicit regularisation",
            "test accuracy lost",
            "at most 0.052",
            lost,
            lost is not None and lost["mean"] <= REGULARISATION_MARGIN,
            f"against the best regularised row, at most {REGULARISATION_MARGIN:g}",
        )


def system_table_claims(summary: pd.DataFrame) -> Iterator[Claim]:
    """Section 5: an exact fit without regularisation generalises, and its norm does not say how well."""
    rows = summary.set_index(["system", "ridge", "quantity"])

    def find(system: str, ridge: str, quantity: str) -> pd.Series | None:
        where = (system, ridge, quantity)
        return rows.loc[where] if where in rows.index else None

    for system in summary["system"].unique():
        plain = find(system, "none", "test_error")
        fitted = find(system, "none", "train_error")
        if plain is not None:
            holds = fitted["mean"] == 0
            yield Claim(f"{system} interpolates", "train error", "0", fitted, holds, "equal")
            limit = GENERALISING * plain["chance"]
            yield Claim(
                f"{system} generalises without regularisation",
                "test error",
                "far below chance",
                plain,
                plain["mean"] <= limit,
                f"at most {limit:g}, {GENERALISING:g} of chance",
            )
        ridge = find(system, "chosen", "test_error")
        if plain is not None and ridge is not None:
            gained = plain["mean"] - ridge["mean"]
            yield Claim(
                f"{system}: a ridge helps little",
                "test error gained",
                "at most 0.02",
                _measured(gained, int(ridge["runs"])),
                gained <= RIDGE_MARGIN,
                f"at most {RIDGE_MARGIN:g}",
            )
    plain = summary[summary["ridge"] == "none"]
    for dataset in plain["dataset"].unique():
        # The first of each, in the order of the table.
        systems = (
            plain[plain["dataset"] == dataset].drop_duplicates("features").set_index("features")["system"]
        )
        if {"pixels", "gabor"} <= set(systems.index):
            norms, errors = (
                [find(systems[features], "none", quantity)["mean"] for features in ("gabor", "pixels")]
                for quantity in ("norm", "test_error")
            )
            yield Claim(
                f"{dataset}: the norm does not predict the error",
                "norm of gabor over that of pixels",
                "390/220 = 1.77",
                _measured(norms[0] / norms[1], 1),
                norms[0] > norms[1] and errors[0] < errors[1],
                "above 1, with the smaller test error",
            )


def interpolants_claims(summary: pd.DataFrame) -> Iterator[Claim]:
    """Section 5: among interpolants of the same data some do not generalise."""
    rows = summary.set_index(["interpolant", "quantity"])
    best = rows.loc[("minimum norm", "test_error")]
    for name in summary["interpolant"].unique():
        if name == "minimum norm":
            continue
        found, norm = rows.loc[(name, "test_error")], rows.loc[(name, "norm")]
        yield Claim(
            f"{name}: fits as well and generalises worse",
            "test error",
            "worse",
            found,
            found["mean"] > best["mean"] and norm["mean"] > rows.loc[("minimum norm", "norm"), "mean"],
            f"above that of the minimum norm ({best['mean']:.3g}), with a larger norm",
        )


def minimum_norm_claims(summary: pd.DataFrame) -> Iterator[Claim]:
    """Section 5: descent from zero ends at the interpolant of least norm, from outside the span it cannot."""
    distances = summary[summary["quantity"] == "distance"].sort_values("step", kind="stable")
    for (optimiser, start), curve in distances.groupby(["optimiser", "start"], sort=False):
        last = curve.iloc[-1]
        outside = start == "outside the span"
        yield Claim(
            f"{optimiser} from {start}" + (": stays away" if outside else ": finds the minimum norm"),
            "distance to the minimum norm",
            "stays" if outside else "goes to 0",
            last,
            last["mean"] > FAR if outside else last["mean"] <= NEAR,
            f"above {FAR:g} of its norm" if outside else f"at most {NEAR:g} of its norm",
        )


def claims(source: str, kind: str, summary: pd.DataFrame, quantity: str | None, fit: float) -> pd.DataFrame:
    """The claims about one figure or table as rows of the scorecard.

    ``kind`` and ``summary`` are those of ``rethinking.statistics``; ``fit`` is the train accuracy that
    counts as fitted. A claim that no run of ours stands for is "not run"; one whose runs all diverged
    is "not matched".
    """
    if kind == "learning_curves":
        found = learning_curve_claims(summary, fit)
    elif kind == "noise_sweep":
        found = noise_sweep_claims(summary, quantity)
    elif kind == "accuracy_table":
        found = accuracy_table_claims(summary, fit)
    elif kind == "system_table":
        found = system_table_claims(summary)
    elif kind == "interpolants":
        found = interpolants_claims(summary)
    elif kind == "minimum_norm":
        found = minimum_norm_claims(summary)
    elif kind == "ridge_path":
        found = ()
    else:
        raise ValueError(f"no claims are known for summaries of kind {kind!r}")
    rows = []
    for claim in found:
        row = {"kind": "claim", "source": source, "item": claim.item, "measured": claim.measured}
        row["paper"] = claim.paper
        row |= {"rule": claim.rule, "verdict": NOT_RUN}
        if claim.found is not None:
            row |= {key: claim.found[key] for key in ("lower", "upper", "runs")}
            row["ours"] = claim.found["mean"]
            row["verdict"] = MATCHED if math.isfinite(row["ours"]) and claim.holds else NOT_MATCHED
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)
