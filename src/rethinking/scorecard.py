"""The paper's numbers beside ours, each with a verdict by a stated rule.

A scorecard is a frame with one row a number or claim: ``kind`` ("number" or "claim"), ``source``
(figure or table), ``item``, ``paper`` (a number, or in words what is claimed), ``ours``, ``lower``,
``upper``, ``runs``, ``difference`` (ours - paper), ``verdict`` and ``rule``. The claims are in
``rethinking.claims``.
"""

import pandas as pd

COLUMNS = [
    "kind",
    "source",
    "item",
    "paper",
    "ours",
    "lower",
    "upper",
    "runs",
    "difference",
    "verdict",
    "rule",
]
VERDICTS = MATCHED, NOT_MATCHED, NOT_RUN = "matched", "not matched", "not run"

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
