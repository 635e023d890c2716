"""The paper's numbers and claims beside ours, each with a verdict by a stated rule.

A scorecard is a frame with one row a number or claim: ``kind`` ("number" or "claim"), ``source``
(figure or table), ``item``, ``paper`` (a number, or in words what is claimed), ``ours``, ``lower``,
``upper``, ``runs``, ``difference`` (ours - paper), ``verdict`` and ``rule``.
"""

import math

import pandas as pd
from scipy import stats

COLUMNS = [
    "kind", "source", "item", "paper", "ours", "lower", "upper", "runs", "difference", "verdict", "rule",
]  # fmt: skip
MATCHED, NOT_MATCHED, NOT_RUN = "matched", "not matched", "not run"

# How far from chance a test accuracy may be and still count as guessing, in a claim.
CHANCE_MARGIN = 0.03
# What "generalises without explicit regularisation" may cost; the paper's largest loss is 5.2 points.
REGULARISATION_MARGIN = 0.10
# Rank correlation from which "grows with p" holds.
GROWTH_CORRELATION = 0.9

# By kind of summary: what names a number of the paper, and the tolerance that each quantity has.
KEYS = {
    "learning_curves": ["condition", "epoch"],
    "noise_sweep": ["network", "label_noise"],
    "accuracy_table": ["network", "condition", "random_crop", "weight_decay"],
}
TOLERANCES = {
    "train_loss": "train_loss",
    "relative_time_to_fit": "relative_time_to_fit",
    "test_error": "accuracy",
    "train_accuracy": "accuracy",
    "test_accuracy": "accuracy",
    "parameters": None,
}


def _item(keys: dict, quantity: str) -> str:
    parts = [str(keys[key]) for key in ("network", "condition") if key in keys]
    if "epoch" in keys:
        parts.append(f"epoch {keys['epoch']}")
    if "label_noise" in keys:
        parts.append(f"p = {keys['label_noise']:g}")
    regularisers = [key for key in ("random_crop", "weight_decay") if keys.get(key)]
    return ", ".join([*parts, *regularisers]) + f": {quantity}"


def numbers(
    source: str, kind: str, summary: pd.DataFrame, paper: pd.DataFrame, tolerance: dict[str, float]
) -> pd.DataFrame:
    """Every number of one figure or table of the paper beside ours.

    ``paper`` has the keys of ``kind`` and a column a quantity. A number is matched when it lies in
    our interval or within the tolerance of our mean; parameter counts only when equal. A number that
    no run of ours stands for is "not run"; where no run fitted in time or all diverged, there is no
    number of ours to match and the verdict is "not matched".
    """
    keys = KEYS[kind]
    ours = summary.set_index([*keys, "quantity"])
    rows = []
    for entry in paper.to_dict("records"):
        where = {key: entry[key] for key in keys}
        for quantity, limit_name in TOLERANCES.items():
            if quantity not in entry:
                continue
            limit = tolerance[limit_name] if limit_name else 0.0
            row = {"kind": "number", "source": source, "item": _item(where, quantity)}
            row |= {"paper": entry[quantity], "verdict": NOT_RUN}
            row["rule"] = f"in our interval or within {limit:g} of our mean" if limit else "equal"
            index = (*where.values(), quantity)
            if index in ours.index:
                found = ours.loc[index]
                difference = found["mean"] - entry[quantity]
                inside = found["lower"] <= entry[quantity] <= found["upper"]
                open_ended = bool(found.get("not_fitted", 0))
                matched = (inside or abs(difference) <= limit + 1e-12) and not open_ended
                row |= {"ours": found["mean"], "lower": found["lower"], "upper": found["upper"]}
                row |= {"runs": found["runs"], "difference": difference}
                row["verdict"] = MATCHED if matched else NOT_MATCHED
                if open_ended:
                    row["rule"] += "; not fitted in time, ours is a lower bound"
            rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def _claim(source: str, item: str, paper: str, found: pd.Series | None, holds, rule: str) -> dict:
    row = {"kind": "claim", "source": source, "item": item, "paper": paper, "rule": rule}
    if found is None:
        return row | {"verdict": NOT_RUN}
    row |= {key: found.get(key) for key in ("lower", "upper", "runs")} | {"ours": found["mean"]}
    known = found["mean"] is not None and math.isfinite(found["mean"])
    return row | {"verdict": MATCHED if known and holds else NOT_MATCHED}


def _learning_curve_claims(source: str, summary: pd.DataFrame, fit: float) -> list[dict]:
    """Figure 1a: every condition is fitted, random labels after true ones."""
    rows, times = [], {}
    for (network, condition), group in summary.groupby(["network", "condition"], sort=False):
        accuracy = group[group["quantity"] == "train_accuracy"].sort_values("epoch")
        final = accuracy.iloc[-1]
        rows.append(
            _claim(source, f"{network} fits {condition}", "train accuracy 1", final,
                   final["mean"] >= fit, f"final train accuracy at least {fit:g}")
        )  # fmt: skip
        reached = accuracy.loc[accuracy["mean"] >= fit, "epoch"]
        times[condition] = (network, reached.iloc[0] if len(reached) else math.nan)
    if {"true_labels", "random_labels"} <= set(times):
        (network, true), (_, random) = times["true_labels"], times["random_labels"]
        found = pd.Series({"mean": random / true})
        rows.append(
            _claim(source, f"{network}: random labels take longer than true ones", "longer", found,
                   random > true, "ratio of the epochs at which the mean curve fits, above 1")
        )  # fmt: skip
    return rows


def _noise_sweep_claims(source: str, quantity: str, summary: pd.DataFrame) -> list[dict]:
    """Figures 1b and 1c: the quantity grows with p; at p = 1 the test error is that of guessing."""
    rows = []
    shown = summary[summary["quantity"] == quantity]
    for network, group in shown.groupby("network", sort=False):
        group = group.sort_values("label_noise")
        correlation = math.nan
        if len(group) > 2 and group["mean"].nunique() > 1:
            correlation = stats.spearmanr(group["label_noise"], group["mean"]).statistic
        found = pd.Series({"mean": correlation, "runs": group["runs"].min()})
        what = "time to fit" if quantity == "relative_time_to_fit" else "test error"
        rows.append(
            _claim(source, f"{network}: {what} grows with p", "grows", found,
                   correlation >= GROWTH_CORRELATION - 1e-9,
                   f"rank correlation with p at least {GROWTH_CORRELATION:g}")
        )  # fmt: skip
        full = group[group["label_noise"] == 1.0]
        end = full.iloc[0] if len(full) else None
        if quantity == "relative_time_to_fit":
            fitted = end is not None and end["not_fitted"] == 0
            rows.append(
                _claim(source, f"{network}: random labels are fitted, only slower", "1.5 to 3.6 times",
                       end, fitted and end["mean"] > 1, "every run fits in time; mean above 1")
            )  # fmt: skip
        else:
            close = end is not None and _at_chance(end)
            rows.append(
                _claim(source, f"{network}: test error at chance for p = 1", "chance", end, close,
                       CHANCE_RULE)
            )  # fmt: skip
    return rows


CHANCE_RULE = f"chance lies in our interval or within {CHANCE_MARGIN:g} of our mean"


def _at_chance(found: pd.Series) -> bool:
    inside = found["lower"] <= found["chance"] <= found["upper"]
    return bool(inside or abs(found["mean"] - found["chance"]) <= CHANCE_MARGIN)


def _accuracy_table_claims(source: str, summary: pd.DataFrame, fit: float) -> list[dict]:
    """Table 1: random labels are fitted and teach nothing; regularisers are not what generalises."""
    rows = []
    cells = summary.set_index(["condition", "random_crop", "weight_decay", "quantity"])
    for network in summary["network"].unique():
        own = cells[cells["network"] == network]

        def get(*where, own=own):
            return own.loc[where] if where in own.index else None

        for condition in ("true_labels", "random_labels"):
            train = get(condition, False, False, "train_accuracy")
            holds = train is not None and train["mean"] >= fit
            rows.append(
                _claim(source, f"{network} fits {condition}", "train accuracy 1", train, holds,
                       f"final train accuracy at least {fit:g}")
            )  # fmt: skip
        test = get("random_labels", False, False, "test_accuracy")
        rows.append(
            _claim(source, f"{network}: random labels leave test accuracy at chance", "chance", test,
                   test is not None and _at_chance(test), CHANCE_RULE)
        )  # fmt: skip
        plain = get("true_labels", False, False, "test_accuracy")
        regularised = [
            found["mean"]
            for crop, decay in ((True, True), (True, False), (False, True))
            if (found := get("true_labels", crop, decay, "test_accuracy")) is not None
        ]
        gap = None
        if plain is not None and regularised:
            gap = pd.Series({"mean": max(regularised) - plain["mean"], "runs": plain["runs"]})
        rows.append(
            _claim(source, f"{network} generalises without explicit regularisation",
                   "loses at most 0.052", gap,
                   gap is not None and gap["mean"] <= REGULARISATION_MARGIN,
                   "test accuracy lost against the best regularised row, at most "
                   f"{REGULARISATION_MARGIN:g}")
        )  # fmt: skip
    return rows


def claims(source: str, kind: str, summary: pd.DataFrame, quantity: str | None, fit: float) -> pd.DataFrame:
    """The paper's claims about one figure or table, each put to the test on our runs.

    They are about any data set, where the numbers are about CIFAR-10; ``fit`` is the train accuracy
    that counts as fitted.
    """
    if kind == "learning_curves":
        rows = _learning_curve_claims(source, summary, fit)
    elif kind == "noise_sweep":
        rows = _noise_sweep_claims(source, quantity, summary)
    else:
        rows = _accuracy_table_claims(source, summary, fit)
    return pd.DataFrame(rows, columns=COLUMNS)
