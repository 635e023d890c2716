"""Tables of kernel systems and of interpolants as text and as pages."""

import math

import pandas as pd

from rethinking.paper import title_of
from rethinking.plotting import pages, style


def _cell(value: float, form: str = "{:.3g}", scale: float = 1.0) -> str:
    """A number as text, a dash where there is none."""
    return "–" if pd.isna(value) else form.format(scale * value)


def _with_spread(row: pd.Series, quantity: str, form: str, scale: float = 1.0) -> str:
    """Mean ± half the interval, as far as they are known."""
    half = row[f"{quantity}_upper"] - row[quantity]
    spread = " ± " + form.format(scale * half) if math.isfinite(half) else ""
    return _cell(row[quantity], form, scale) + spread


def _ridge(row: pd.Series) -> str:
    """none, or what was chosen, which may be none."""
    if row["ridge"] == "none":
        return "none"
    return "chosen: " + (_cell(row["ridge_value"]) if row["ridge_value"] else "none")


def _error(row: pd.Series) -> str:
    """The test error in per cent, and how many seeds have no solution."""
    if pd.isna(row["test_error"]):
        return "not solved"
    failed = f" ({row['not_solved']} not solved)" if row["not_solved"] else ""
    return _with_spread(row, "test_error", "{:.2f}", 100) + failed


def system_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``system_statistics.system_rows`` as text; errors in per cent."""

    def each(quantity: str, form: str = "{:.3g}", scale: float = 1.0) -> pd.Series:
        return table[quantity].map(lambda value: _cell(value, form, scale))

    text = {
        "data": table["dataset"],
        "features": table["features"].map(style.name),
        "kernel": table["kernel"].map(str.capitalize),
        "bandwidth": each("bandwidth"),
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
        "condition": each("condition", "{:.0e}"),
        "time, s": each("seconds", "{:,.1f}"),
        "memory, GB": each("peak_memory_bytes", "{:.1f}", 1e-9),
    }
    return pd.DataFrame(text)


SYSTEM_NOTE = (
    "Kernel systems solved exactly. Without ridge, the solution interpolates the training labels with the "
    "smallest norm. A ridge, and a bandwidth of several, are the best on a validation split of the training "
    "set; each is chosen once for all seeds. The paper does not say for which targets its norms are, so both "
    "are shown, 0/1 and ±1. Not solved: the kernel matrix is singular to working precision."
)


def system_html(rows: pd.DataFrame, name: str, seeds: int, confidence: float, linear: list[str]) -> str:
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


DRAWN_NOTE = "Only features that are drawn at random differ between seeds. "


INTERPOLANT_NOTE = (
    "Functions of a Gaussian kernel's space that fit the same training labels (targets 0/1). Minimum norm: "
    "the one of smallest norm, Σ α_i k(·, x_i) over the training points. Random labels on the test set: the "
    "smallest that also fits uniformly random labels at the test points, so that its test error is chance by "
    "construction. Centres at random points: Σ α_i k(·, z_i) for Gaussian points z_i with the data's mean "
    "and deviation. Norms: geometric mean over seeds."
)


def interpolant_rows(summary: pd.DataFrame) -> pd.DataFrame:
    """The summary of interpolants with a row for each, as text; errors in per cent."""
    rows = []
    for interpolant, group in summary.groupby("interpolant", sort=False):
        cells = group.set_index("quantity")
        row = {"interpolant": interpolant}
        for quantity, title, form, scale in (
            ("train_error", "train error", "{:.2f}", 100),
            ("test_error", "test error", "{:.2f}", 100),
            ("norm", "norm", "{:,.1f}", 1),
        ):
            found = cells.loc[quantity]
            half = found["upper"] - found["mean"]
            row[title] = _cell(found["mean"], form, scale)
            if quantity == "norm" and half > 0:
                row[title] += f" ({form.format(found['lower'])} to {form.format(found['upper'])})"
            elif quantity != "norm" and math.isfinite(half):
                row[title] += " ± " + form.format(scale * half)
        rows.append(row)
    return pd.DataFrame(rows)


def interpolant_html(rows: pd.DataFrame, name: str, dataset: str, seeds: int, confidence: float) -> str:
    """Interpolants of the same training set as a page."""
    return pages.page(
        f"{title_of(name)} of {dataset}: all fit the training labels, errors in %",
        [INTERPOLANT_NOTE, pages.spread_note(seeds, confidence)],
        [
            {
                "columns": [{"name": column, "text": column == "interpolant"} for column in rows],
                "rows": [{"cells": list(cells), "first": False} for cells in rows.itertuples(index=False)],
            }
        ],
    )
