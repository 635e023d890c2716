"""Table 3 set as CSV, HTML and LaTeX."""

import math

import pandas as pd

from rethinking.baseline import Baseline
from rethinking.exhibits.system_table.summary import QUANTITIES
from rethinking.paper import title_of
from rethinking.plotting import pages, style
from rethinking.system_statistics import KEYS

SYSTEM_NOTE = (
    "Kernel systems solved exactly. Without ridge, the solution interpolates the training labels with the "
    "smallest norm. The ridge that is chosen, and γ where several values are given, are the best on a "
    "validation split of the training set; each is chosen once for all seeds. The paper does not say for "
    "which targets its norms are, so both are shown, 0/1 and ±1. Not solved: the kernel matrix is singular "
    "to working precision."
)


DRAWN_NOTE = "Only features that are drawn at random differ between seeds. "


def system_rows(summary: pd.DataFrame, paper: pd.DataFrame | None = None) -> pd.DataFrame:
    """The summary of systems with one row for each row of the table.

    Columns: the keys, ``runs``, ``not_solved`` and the mean of every quantity, with ``_lower`` and
    ``_upper`` for errors and norms; with ``paper`` also its numbers, ``paper_…``.
    """
    rows = []
    for values, group in summary.groupby(KEYS, sort=False):
        cells = group.set_index("quantity")
        row = dict(zip(KEYS, values, strict=True))
        row |= {
            "runs": int(cells.loc["test_error", "runs"]),
            "not_solved": int(cells.loc["test_error", "failed"]),
        }
        for quantity in QUANTITIES:
            row[quantity] = cells.loc[quantity, "mean"]
            if quantity in QUANTITIES[:4]:
                row |= {f"{quantity}_{end}": cells.loc[quantity, end] for end in ("lower", "upper")}
        rows.append(row)
    table = pd.DataFrame(rows)
    if paper is None:
        return table
    keys = ["system", "ridge"]
    printed = {column: f"paper_{column}" for column in paper if column in QUANTITIES}
    return table.merge(paper[[*keys, *printed]].rename(columns=printed), on=keys, how="left")


def _with_spread(row: pd.Series, quantity: str, form: str, scale: float = 1.0) -> str:
    """Mean ± half the interval, as far as they are known."""
    half = row[f"{quantity}_upper"] - row[quantity]
    spread = " ± " + form.format(scale * half) if math.isfinite(half) else ""
    return pages.cell(row[quantity], form, scale) + spread


def _ridge(row: pd.Series) -> str:
    """none, or the chosen ridge, which may be none."""
    if row["ridge"] == "none":
        return "none"
    return "chosen: " + (pages.cell(row["ridge_value"]) if row["ridge_value"] else "none")


def _error(row: pd.Series) -> str:
    """The test error in per cent, and how many seeds have no solution."""
    if pd.isna(row["test_error"]):
        return "not solved"
    failed = f" ({row['not_solved']} not solved)" if row["not_solved"] else ""
    return _with_spread(row, "test_error", "{:.2f}", 100) + failed


def text_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``system_rows`` as text; errors in per cent."""

    def each(quantity: str, form: str = "{:.3g}", scale: float = 1.0) -> pd.Series:
        return table[quantity].map(lambda value: pages.cell(value, form, scale))

    text = {
        "data": table["dataset"],
        "features": table["features"].map(style.name),
        "kernel": table["kernel"].map(str.capitalize),
        "gamma": each("gamma"),
        "ridge": table.apply(_ridge, axis=1),
        "examples": each("examples", "{:,.0f}"),
        "test error": table.apply(_error, axis=1),
    }
    if "paper_test_error" in table:
        text["paper: error"] = each("paper_test_error", "{:.3g}", 100)
    text |= {
        "train error": each("train_error", "{:.2f}", 100),
        "norm, 0/1": table.apply(_with_spread, axis=1, quantity="norm", form="{:.1f}"),
        "norm, ±1": table.apply(_with_spread, axis=1, quantity="norm_of_signs", form="{:.1f}"),
    }
    if "paper_norm" in table:
        text["paper: norm"] = each("paper_norm", "{:.0f}")
    text |= {
        "residual": each("residual", "{:.0e}"),
        "condition number": each("condition_number", "{:.0e}"),
        "time, s": each("seconds", "{:,.1f}"),
        "memory, GB": each("peak_memory_bytes", "{:.1f}", 1e-9),
    }
    return pd.DataFrame(text)


def _html(rows: pd.DataFrame, name: str, seeds: int, confidence: float, linear: list[str]) -> str:
    """Table 3 as a page; ``linear`` are sentences about the linear classifier of each data set."""
    columns = [{"name": column, "text": column in ("data", "features", "kernel")} for column in rows]
    body, last = [], None
    for cells in rows.itertuples(index=False):
        body.append({"cells": list(cells), "first": cells[:3] != last})
        last = cells[:3]
    return pages.page(
        f"{title_of(name)}: exact kernel systems, errors in %",
        [SYSTEM_NOTE, DRAWN_NOTE + pages.spread_note(seeds, confidence), *linear],
        [{"columns": columns, "rows": body}],
    )


def render(
    summary: pd.DataFrame,
    paper: pd.DataFrame | None,
    baselines: dict[str, Baseline],
    name: str,
    seeds: int,
    confidence: float,
) -> dict[str, str]:
    """Table 3 as texts, by the ending of the file that each is for.

    ``summary`` is that of ``summarise``. ``paper`` has the columns system and ridge, and the paper's
    ``test_error`` and ``norm``.
    """
    table = system_rows(summary, paper)
    rows, linear = text_rows(table), pages.baseline_notes(baselines)
    return {
        "csv": table.to_csv(index=False),
        "html": _html(rows, name, seeds, confidence, linear),
        "tex": pages.text_latex(rows, 3, name, " ".join([SYSTEM_NOTE, *linear])),
    }
