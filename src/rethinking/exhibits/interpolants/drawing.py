"""A table of interpolants set as CSV, HTML and LaTeX."""

import math

import pandas as pd

from rethinking.paper import title_of
from rethinking.plotting import pages

INTERPOLANT_NOTE = (
    "Functions of a Gaussian kernel's space that fit the same training labels (targets 0/1). Minimum norm: "
    "the one of smallest norm, Σ α_i k(·, x_i) over the training points. Random labels on the test set: the "
    "smallest that also fits uniformly random labels at the test points, so that its test error is chance by "
    "construction. Centres at random points: Σ α_i k(·, z_i) for Gaussian points z_i with the data's mean "
    "and deviation. Norms: geometric mean over seeds."
)


def text_rows(summary: pd.DataFrame) -> pd.DataFrame:
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
            row[title] = pages.cell(found["mean"], form, scale)
            if quantity == "norm" and half > 0:
                row[title] += f" ({form.format(found['lower'])} to {form.format(found['upper'])})"
            elif quantity != "norm" and math.isfinite(half):
                row[title] += " ± " + form.format(scale * half)
        rows.append(row)
    return pd.DataFrame(rows)


def _html(rows: pd.DataFrame, name: str, dataset: str, seeds: int, confidence: float) -> str:
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


def render(summary: pd.DataFrame, name: str, dataset: str, seeds: int, confidence: float) -> dict[str, str]:
    """The table as texts, by the ending of the file that each is for.

    ``summary`` is that of ``summarise``.
    """
    rows = text_rows(summary)
    return {
        "csv": summary.to_csv(index=False),
        "html": _html(rows, name, dataset, seeds, confidence),
        "tex": pages.text_latex(rows, 1, name, f"Interpolants of {dataset}, errors in %."),
    }
