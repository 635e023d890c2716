"""The paper's numbers beside ours, each with a verdict by a stated rule.

A scorecard is a frame with one row a number or claim: ``kind`` ("number" or "claim"), ``source``
(figure or table), ``item``, ``measured`` (the quantity), ``paper`` (a number, or in words what is
claimed), ``ours``, ``lower``, ``upper``, ``runs``, ``difference`` (ours - paper), ``verdict`` and
``rule``. The claims are in ``rethinking.claims``.
"""

import pandas as pd

COLUMNS = [
    "kind",
    "source",
    "item",
    "measured",
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
    "system_table": ["system", "ridge"],
}
TOLERANCES = {
    "train_loss": "loss",
    "online_loss": "loss",
    "relative_time_to_fit": "relative_time_to_fit",
    "test_error": "accuracy",
    "train_accuracy": "accuracy",
    "test_accuracy": "accuracy",
    "parameters": None,
}


# Quantities of kernel systems are within a part of the paper's number: they lie orders of magnitude apart.
RELATIVE = {"test_error": "system", "norm": "system", "norm_of_signs": "system"}


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
    ``quantity``, the loss that the figure draws. A number is matched when it lies within the tolerance
    of our mean, a parameter count when it is equal; how wide our interval is plays no part, or few and
    scattered seeds would match anything. A number that no run of ours stands for is "not run"; where
    no run fitted in time or all diverged, there is nothing to match and the verdict is "not matched".

    The error and norm of a kernel system are matched within a part of the paper's number, because they lie
    orders of magnitude apart. The paper's norm stands beside both readings of it.
    """
    keys = KEYS[kind]
    paper = paper.rename(columns={"average_loss": quantity})
    if "norm" in paper:
        paper = paper.assign(norm_of_signs=paper["norm"])
    relative = kind == "system_table"
    limits = RELATIVE if relative else TOLERANCES
    ours = summary.set_index([*keys, "quantity"])
    rows = []
    for entry in paper.to_dict("records"):
        where = {key: entry[key] for key in keys}
        for measured, limit_name in limits.items():
            if pd.isna(entry.get(measured)):
                continue
            limit = tolerance[limit_name] if limit_name else 0.0
            limit *= entry[measured] if relative else 1.0
            row = {"kind": "number", "source": source, "item": _item(where), "measured": measured}
            row |= {"paper": entry[measured], "verdict": NOT_RUN}
            row["rule"] = f"within {limit:.3g} of our mean" if limit else "equal"
            index = (*where.values(), measured)
            if index in ours.index:
                found = ours.loc[index]
                difference = found["mean"] - entry[measured]
                lower_bound = bool(found.get("not_fitted", 0))
                matched = abs(difference) <= limit + 1e-12 and not lower_bound
                row |= {key: found[key] for key in ("lower", "upper", "runs")}
                row |= {"ours": found["mean"], "difference": difference}
                row["verdict"] = MATCHED if matched else NOT_MATCHED
                if lower_bound:
                    row["rule"] += "; not fitted in time, ours is a lower bound"
            rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)
