"""Table 4 set as CSV, HTML and LaTeX."""

import math

import pandas as pd

from rethinking.exhibits.regularised_random_labels.summary import KEYS
from rethinking.exhibits.requests import with_changes
from rethinking.paper import title_of
from rethinking.plotting import pages, style

QUANTITIES = ("train_accuracy", "online_accuracy", "test_accuracy")
USED = {"random_crop": "random crops", "augmentation": "augmentation", "weight_decay": "weight decay"}
# The paper's words in place of a number.
FAILED = "failed to converge"


def table_rows(summary: pd.DataFrame, paper: pd.DataFrame | None = None) -> pd.DataFrame:
    """The summary with one row for each row of the table.

    Columns: the keys; ``runs``, ``converged`` and ``diverged``, which count runs; for each accuracy the mean
    under its own name with ``_lower`` and ``_upper``; with ``paper`` also ``paper_train_accuracy``.
    """
    rows = []
    for values, group in summary.groupby(KEYS, sort=False):
        cells = group.set_index("quantity")
        planned = int(cells.loc["fitted", "planned"])
        row = dict(zip(KEYS, values, strict=True)) | {"runs": planned}
        row["converged"] = planned - int(cells.loc["counted_accuracy", "failed"])
        row["diverged"] = int(cells.loc["fitted", "diverged"])
        for quantity in QUANTITIES:
            row[quantity] = cells.loc[quantity, "mean"]
            row |= {f"{quantity}_{end}": cells.loc[quantity, end] for end in ("lower", "upper")}
        rows.append(row)
    table = pd.DataFrame(rows)
    if paper is None:
        return table
    keys = [key for key in KEYS if key != "settings"]
    printed = paper[[*keys, "train_accuracy"]].rename(columns={"train_accuracy": "paper_train_accuracy"})
    # A row that the paper has without a number is one that failed to converge there.
    return table.merge(printed.assign(in_paper=True), on=keys, how="left")


def _per_cent(row: pd.Series, quantity: str) -> str:
    """Mean ± half the interval in per cent, as far as they are known."""
    if not math.isfinite(row[quantity]):
        return "–"
    half = row[f"{quantity}_upper"] - row[quantity]
    return f"{100 * row[quantity]:.2f}" + (f" ± {100 * half:.2f}" if math.isfinite(half) else "")


def _converged(row: pd.Series) -> str:
    """How many runs fitted, in words."""
    if row["converged"] == row["runs"]:
        return "yes"
    diverged = f", {row['diverged']} diverged" if row["diverged"] else ""
    return f"{FAILED if not row['converged'] else 'not all'} ({row['converged']} of {row['runs']}{diverged})"


def text_rows(table: pd.DataFrame, widths: dict[str, float]) -> pd.DataFrame:
    """The rows of ``table_rows`` as text, accuracies in per cent.

    ``widths`` names the networks that are not as wide as the paper's.
    """
    names = [with_changes(row.network, row.settings) for row in table.itertuples()]
    models = [style.network_name(name, widths) for name in names]
    used = table[[*USED]].apply(
        lambda row: " + ".join(USED[key] for key in USED if row[key]) or "none", axis=1
    )
    columns = {
        "model": models,
        "regulariser": used,
        "train accuracy": table.apply(_per_cent, axis=1, quantity="train_accuracy"),
        "over the last epoch": table.apply(_per_cent, axis=1, quantity="online_accuracy"),
        "test accuracy": table.apply(_per_cent, axis=1, quantity="test_accuracy"),
        "converged": table.apply(_converged, axis=1),
    }
    if "paper_train_accuracy" in table:
        columns["paper: train"] = [
            ("–" if pd.isna(known) else FAILED) if pd.isna(value) else f"{100 * value:.2f}"
            for value, known in zip(table["paper_train_accuracy"], table["in_paper"], strict=True)
        ]
    return pd.DataFrame(columns)


def render(
    summary: pd.DataFrame,
    paper: pd.DataFrame | None,
    name: str,
    dataset: str,
    seeds: int,
    confidence: float,
    fit: float,
    widths: dict[str, float],
) -> dict[str, str]:
    """Table 4 as texts, by the ending of the file that each is for.

    ``summary`` is that of ``summarise``; ``paper`` has the columns network, random_crop, augmentation,
    weight_decay and train_accuracy, which is empty where the paper says that training failed to converge.
    """
    table = table_rows(summary, paper)
    rows = text_rows(table, widths)
    head = f"Random labels of {dataset}, fitted with regularisers: accuracy in per cent."
    notes = [
        pages.spread_note(seeds, confidence),
        "Train accuracy is that of the network after the last epoch, on centre crops. Over the last epoch "
        "it is the mean over the mini-batches, whose images are cropped or turned anew; the paper prints "
        "this for random crops and augmentation.",
        f"A run has converged if the accuracy that the paper prints reaches {100 * fit:g} % by its last "
        f"epoch.",
    ]
    texts = ("model", "regulariser", "converged")
    columns = [{"name": column, "text": column in texts} for column in rows]
    body = [{"cells": list(cells), "first": False} for cells in rows.itertuples(index=False)]
    page = pages.page(
        f"{title_of(name)}: random labels of {dataset} with regularisers (%)",
        notes,
        [{"columns": columns, "rows": body}],
    )
    return {
        "csv": table.to_csv(index=False),
        "html": page,
        "tex": pages.text_latex(rows, 2, name, " ".join([head, *notes])),
    }
