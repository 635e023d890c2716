"""The paper's numbers beside ours, each with a verdict by a stated rule."""

import pandas as pd

from rethinking.scorecard import COLUMNS, NUMBER, UNCOUNTED
from rethinking.verdicts import measured, verdict

# By kind of summary: what names a number of the paper.
KEYS = {
    "learning_curves": ["condition", "epoch"],
    "noise_sweep": ["network", "label_noise"],
    "accuracy_table": ["network", "condition", "random_crop", "weight_decay"],
    "system_table": ["system", "ridge"],
}
# By kind of summary: what names a curve of the paper, where it prints curves.
CURVES = {"learning_curves": "condition", "noise_sweep": "network"}
# By kind of summary: each quantity with the name of its tolerance. The tolerance of a curve is a part of the
# range of the paper's own curve, that of an accuracy table a fraction, that of a system a part of the number.
TOLERANCES = {
    "learning_curves": {"train_loss": "loss", "online_loss": "loss"},
    "noise_sweep": {"relative_time_to_fit": "relative_time_to_fit", "test_error": "test_error"},
    "accuracy_table": {
        "parameters": None,
        "train_accuracy": "train_accuracy",
        "test_accuracy": "test_accuracy",
    },
    "system_table": {"test_error": "system_error", "norm": "norm", "norm_of_signs": "norm"},
}
READINGS = {
    "norm": "; of the solution for targets 0 and 1",
    "norm_of_signs": "; another reading: of the solution for targets ±1",
}


def _item(keys: dict) -> str:
    parts = [str(keys[key]) for key in ("network", "condition", "system") if key in keys]
    if "ridge" in keys:
        parts.append({"none": "no ridge", "chosen": "with ridge"}[keys["ridge"]])
    if "epoch" in keys:
        parts.append(f"epoch {keys['epoch']}")
    if "label_noise" in keys:
        parts.append(f"p = {keys['label_noise']:g}")
    regularisers = [key for key in ("random_crop", "weight_decay") if keys.get(key)]
    return ", ".join([*parts, *regularisers])


def _limits(kind: str, paper: pd.DataFrame, quantity: str, part: float) -> tuple[pd.Series, str]:
    """How far from each of the paper's numbers ours may be, and in words of what that is a part."""
    printed = paper[quantity]
    if kind in CURVES:
        curves = printed.groupby(paper[CURVES[kind]])
        spans = curves.transform("max") - curves.transform("min")
        return part * spans, f" ({part:g} of the range of the paper's curve)"
    if kind == "system_table":
        limits, words = part * printed, f" ({part:g} of the paper's number)"
        if f"{quantity}_rounding" in paper:
            limits = limits.clip(lower=paper[f"{quantity}_rounding"].fillna(0.0))
            words = f" ({part:g} of the paper's number, or its rounding)"
        return limits, words
    return pd.Series(part, printed.index), ""


def _is_counted(entry: dict, quantity: str) -> bool:
    """Whether a number of the paper could fail, and is not another reading of one that is counted."""
    fixed = quantity == "parameters" or (quantity == "relative_time_to_fit" and entry["label_noise"] == 0)
    return not fixed and quantity != "norm_of_signs" and bool(entry.get("counted", True))


def numbers(
    source: str,
    kind: str,
    summary: pd.DataFrame,
    paper: pd.DataFrame,
    tolerance: dict[str, float],
    quantity: str | None = None,
) -> pd.DataFrame:
    """Every number of one figure or table of the paper beside ours.

    ``paper`` has the keys of ``kind`` and a column a quantity; its ``average_loss`` is compared with
    ``quantity``, the loss that the figure draws. A number is matched if our mean lies within the number's
    tolerance and every run behind the mean succeeded; a parameter count is matched if it is equal. The width
    of our interval plays no part, or few and scattered seeds would match anything. A number that no run of
    ours stands for is "not run".

    In a table of systems the paper may have a column ``counted`` (false where another row stands for the
    same printed number) and ``test_error_rounding`` (half a unit of the last digit that is printed).
    """
    keys = KEYS[kind]
    paper = paper.rename(columns={"average_loss": quantity})
    if "norm" in paper:
        paper = paper.assign(norm_of_signs=paper["norm"])
    ours = summary.set_index([*keys, "quantity"])
    limits = {
        name: _limits(kind, paper, name, tolerance[of] if of else 0.0)
        for name, of in TOLERANCES[kind].items()
        if name in paper
    }
    rows = []
    for place, entry in paper.iterrows():
        where = {key: entry[key] for key in keys}
        for name, (allowed, words) in limits.items():
            if pd.isna(entry[name]):
                continue
            limit = allowed[place]
            index = (*where.values(), name)
            found = measured(ours.loc[index]) if index in ours.index else None
            difference = found.mean - entry[name] if found else None
            rule = f"within {limit:.3g} of our mean{words}" if limit else "equal"
            if found and name == "relative_time_to_fit" and ours.loc[index, "not_fitted"]:
                rule += "; not fitted in time, ours is a lower bound"
            rows.append(
                {
                    "kind": NUMBER if _is_counted(entry, name) else UNCOUNTED,
                    "source": source,
                    "item": _item(where),
                    "measured": name,
                    "paper": entry[name],
                    **(found.cells if found else {}),
                    "difference": difference,
                    "verdict": verdict(found, found is not None and abs(difference) <= limit + 1e-12),
                    "rule": rule + READINGS.get(name, ""),
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)
