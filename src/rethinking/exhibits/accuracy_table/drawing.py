"""Table 1 set as CSV, HTML and LaTeX."""

import math

import pandas as pd

from rethinking.baseline import Baseline
from rethinking.paper import title_of
from rethinking.plotting import pages, style


def table_rows(summary: pd.DataFrame, paper: pd.DataFrame | None = None) -> pd.DataFrame:
    """The summary of an accuracy table with one row for each row of the table.

    Columns: the keys, ``parameters``, ``runs``, ``diverged``, ``not_fitted``, and for train and test accuracy
    the mean under its own name with ``_lower`` and ``_upper``; with ``paper`` also its numbers, ``paper_…``.
    """
    keys = ["network", "condition", "random_crop", "weight_decay"]
    rows = []
    for values, group in summary.groupby(keys, sort=False):
        cells = group.set_index("quantity")
        row = dict(zip(keys, values, strict=True))
        row["parameters"] = int(cells.loc["parameters", "mean"])
        row |= {key: int(cells.loc["train_accuracy", key]) for key in ("runs", "diverged", "not_fitted")}
        for quantity in ("train_accuracy", "test_accuracy", "best_test_accuracy"):
            row[quantity] = cells.loc[quantity, "mean"]
            row |= {f"{quantity}_{end}": cells.loc[quantity, end] for end in ("lower", "upper")}
        rows.append(row)
    table = pd.DataFrame(rows)
    if paper is None:
        return table
    printed = [column for column in paper if column not in keys]
    return table.merge(paper.rename(columns={c: f"paper_{c}" for c in printed}), on=keys, how="left")


def _per_cent(row: pd.Series, quantity: str) -> str:
    """Mean ± half the interval in per cent, as far as they are known."""
    outcomes = ["diverged", *(["not_fitted"] if quantity == "train_accuracy" else [])]
    counts = [f"{row[outcome]} {outcome.replace('_', ' ')}" for outcome in outcomes if row[outcome]]
    failed = f" ({', '.join(counts)})" if counts else ""
    if not math.isfinite(row[quantity]):
        return "–" + failed
    half = row[f"{quantity}_upper"] - row[quantity]
    spread = f" ± {100 * half:.2f}" if math.isfinite(half) else ""
    return f"{100 * row[quantity]:.2f}{spread}{failed}"


def text_rows(table: pd.DataFrame, widths: dict[str, float], best: bool = False) -> pd.DataFrame:
    """The rows of ``table_rows`` as text, set as in the paper; accuracies in per cent.

    ``widths`` names the networks that are not as wide as the paper's. With ``best`` the best test accuracy in
    the course of training has a column.
    """
    text = pd.DataFrame(
        {
            "model": [style.network_name(network, widths) for network in table["network"]],
            "condition": table["condition"].map(style.name),
            "parameters": table["parameters"].map("{:,}".format),
            "random crop": table["random_crop"].map({True: "yes", False: "no"}),
            "weight decay": table["weight_decay"].map({True: "yes", False: "no"}),
            "train accuracy": table.apply(_per_cent, axis=1, quantity="train_accuracy"),
            "test accuracy": table.apply(_per_cent, axis=1, quantity="test_accuracy"),
        }
    )
    if best:
        text["best test accuracy"] = table.apply(_per_cent, axis=1, quantity="best_test_accuracy")
    for part in ("train", "test"):
        if f"paper_{part}_accuracy" in table:
            text[f"paper: {part}"] = table[f"paper_{part}_accuracy"].map(
                lambda value: "–" if pd.isna(value) else f"{100 * value:.2f}"
            )
    return text


def _html(
    rows: pd.DataFrame, name: str, dataset: str, seeds: int, confidence: float, linear: list[str]
) -> str:
    """Table 1 as a page; ``linear`` are sentences about the linear classifier of the data set."""
    columns = [{"name": column, "text": column in ("model", "condition")} for column in rows]
    body, last = [], None
    for cells in rows.itertuples(index=False):
        body.append({"cells": list(cells), "first": cells[0] != last})
        last = cells[0]
    return pages.page(
        f"{title_of(name)}: training and test accuracy on {dataset} (%)",
        [pages.spread_note(seeds, confidence), *linear],
        [{"columns": columns, "rows": body}],
    )


def _latex(
    rows: pd.DataFrame, name: str, dataset: str, seeds: int, confidence: float, linear: list[str]
) -> str:
    """Table 1 in LaTeX, for a document with the package booktabs; ``linear`` is as in ``_html``."""
    escaped = rows.map(lambda cell: cell.replace("±", r"$\pm$").replace("×", r"$\times$").replace("–", "--"))
    blanks = escaped["model"].where(escaped["model"] != escaped["model"].shift(), "")
    escaped = escaped.assign(model=blanks)
    text_columns = sum(column in ("model", "condition") for column in rows)
    spread = pages.spread_note(seeds, confidence).replace("±", r"$\pm$").replace("%", r"\%")
    head = rf"Training and test accuracy on {dataset.translate(pages.LATEX)} (\%)."
    return escaped.to_latex(
        index=False,
        escape=False,
        column_format="l" * text_columns + "r" * (len(rows.columns) - text_columns),
        caption=" ".join([head, spread, *(note.translate(pages.LATEX) for note in linear)]),
        label=f"tab:{name}",
    )


def render(
    summary: pd.DataFrame,
    paper: pd.DataFrame | None,
    baselines: dict[str, Baseline],
    name: str,
    dataset: str,
    seeds: int,
    confidence: float,
    widths: dict[str, float],
    best: bool = False,
) -> dict[str, str]:
    """Table 1 as texts, by the ending of the file that each is for.

    ``summary`` is that of ``summarise``. ``paper`` has its keys and the paper's ``parameters``,
    ``train_accuracy`` and ``test_accuracy``. ``widths`` names the networks that are not as wide as the
    paper's. ``best`` is as in ``text_rows``.
    """
    table = table_rows(summary, paper)
    rows = text_rows(table, widths, best)
    about = (name, dataset, seeds, confidence, pages.baseline_notes(baselines))
    return {"csv": table.to_csv(index=False), "html": _html(rows, *about), "tex": _latex(rows, *about)}
