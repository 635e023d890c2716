"""The paper's numbers beside ours, each with a verdict by a stated rule.

A kind of figure or table says which numbers the paper prints for it under "numbers" of its ``ABOUT``, here
``printed``:

- "keys": the columns that name a number, in the paper's file and in the summary;
- "quantities": by quantity of the summary, how it is compared (see below);
- "curve": the key that names a curve; tolerances are then parts of the range of the paper's own curve;
- "relative": True where tolerances are parts of the paper's number. Otherwise they are as they stand.

A quantity has, all of them optional, its "tolerance" (by name; without one, ours must be equal), the "column"
of the paper's file, if that is called otherwise, a "reading" that is said with the rule, the "lower_bound", a
column of the summary that counts the runs for which ours is only that, and "uncounted": the values of keys
for which the number could not fail or is another reading of one that is counted; {} for all.
"""

import numpy as np
import pandas as pd

from rethinking.scorecard import COLUMNS, NUMBER, UNCOUNTED
from rethinking.verdicts import measured, verdict

RIDGES = {"none": "no ridge", "chosen": "with ridge"}


def _part(key: str, value) -> str:
    """The value of one key in words; no words for an option that is switched off."""
    if isinstance(value, bool | np.bool_):
        return key if value else ""
    if key == "ridge":
        return RIDGES[value]
    if key == "label_noise":
        return f"p = {value:g}"
    return value if isinstance(value, str) else f"{key} {value:g}"


def _item(where: dict) -> str:
    return ", ".join(filter(None, (_part(key, value) for key, value in where.items())))


def _limits(printed: dict, paper: pd.DataFrame, column: str, part: float) -> tuple[pd.Series, str]:
    """How far from each of the paper's numbers ours may be, and in words how that was computed."""
    numbers = paper[column]
    if "curve" in printed:
        curves = numbers.groupby(paper[printed["curve"]])
        spans = curves.transform("max") - curves.transform("min")
        return part * spans, f" ({part:g} of the range of the paper's curve)"
    if printed.get("relative"):
        limits, words = part * numbers, f" ({part:g} of the paper's number)"
        if f"{column}_rounding" in paper:
            limits = limits.clip(lower=paper[f"{column}_rounding"].fillna(0.0))
            words = f" ({part:g} of the paper's number, or its rounding)"
        return limits, words
    return pd.Series(part, numbers.index), ""


def _is_counted(entry: dict, how: dict) -> bool:
    """Whether a number of the paper could fail, and is not another reading of one that is counted."""
    uncounted = how.get("uncounted")
    fixed = uncounted is not None and all(entry[key] == value for key, value in uncounted.items())
    return not fixed and bool(entry.get("counted", True))


def compared(printed: dict, quantity: str | None) -> dict[str, dict]:
    """The quantities that are compared: all, or the one that the figure shows."""
    return {
        name: {"column": name, **how}
        for name, how in printed["quantities"].items()
        if quantity is None or name == quantity
    }


def numbers(
    source: str,
    printed: dict,
    summary: pd.DataFrame,
    paper: pd.DataFrame,
    tolerance: dict[str, float],
    quantity: str | None = None,
) -> pd.DataFrame:
    """Every number of one figure or table of the paper beside ours.

    ``paper`` has the keys of ``printed`` and a column a quantity. A figure that shows one ``quantity`` has
    the numbers of this one alone. A number is matched if our mean lies within the number's tolerance and
    every run behind the mean succeeded. The width of our interval plays no part, or few and scattered seeds
    would match anything. A number that no run of ours stands for is "not run".

    The paper may have a column ``counted`` (false where another row stands for the same printed number) and,
    for relative tolerances, ``<column>_rounding`` (half a unit of the last digit that is printed).
    """
    keys = printed["keys"]
    ours = summary.set_index([*keys, "quantity"])
    # The paper has a number once; of several rows that could stand for it, the first does.
    ours = ours[~ours.index.duplicated()]
    limits = {}
    for name, how in compared(printed, quantity).items():
        if how["column"] in paper:
            part = tolerance[how["tolerance"]] if "tolerance" in how else 0.0
            limits[name] = how, *_limits(printed, paper, how["column"], part)
    rows = []
    for place, entry in paper.iterrows():
        where = {key: entry[key] for key in keys}
        for name, (how, allowed, words) in limits.items():
            theirs, limit = entry[how["column"]], allowed[place]
            if pd.isna(theirs):
                continue
            index = (*where.values(), name)
            found = measured(ours.loc[index]) if index in ours.index else None
            difference = found.mean - theirs if found else None
            is_close = difference is not None and abs(difference) <= limit + 1e-12
            rule = f"within {limit:.3g} of our mean{words}" if limit else "equal"
            if found and "lower_bound" in how and ours.loc[index, how["lower_bound"]]:
                rule += "; not fitted in time, ours is a lower bound"
            if "reading" in how:
                rule += f"; {how['reading']}"
            rows.append(
                {
                    "kind": NUMBER if _is_counted(entry, how) else UNCOUNTED,
                    "source": source,
                    "item": _item(where),
                    "measured": name,
                    "paper": theirs,
                    **(found.cells if found else {}),
                    "difference": difference,
                    "verdict": verdict(found, is_close),
                    "rule": rule,
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)
