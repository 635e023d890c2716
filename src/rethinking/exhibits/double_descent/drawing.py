"""Errors against the number of random features, a panel for each level of label noise, and the norm."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rethinking.plotting import style

# In every panel of errors: the quantity, its name, its marker and its dash.
ERRORS = (("test_error", "test error", "o", "-"), ("train_error", "train error", "s", "--"))


def _line(axes: Axes, rows: pd.DataFrame, colour, marker: str, dash: str, scale: float = 1) -> None:
    """A curve over the number of features with its band, and the kernel itself as a dotted line."""
    curve = rows[rows["feature_count"].notna()].sort_values("feature_count")
    counts = curve["feature_count"]
    axes.plot(counts, scale * curve["mean"], color=colour, marker=marker, linestyle=dash, markersize=3.5)
    axes.fill_between(
        counts, scale * curve["lower"], scale * curve["upper"], color=colour, alpha=0.2, linewidth=0
    )
    for value in rows.loc[rows["feature_count"].isna(), "mean"]:
        axes.axhline(scale * value, color=colour, linestyle=":", linewidth=1.2, zorder=1)


def draw(
    summary: pd.DataFrame,
    seeds: int,
    confidence: float,
    dataset: str,
    features: str,
    examples: int,
    gamma: float,
    label_noise: list[float],
) -> Figure:
    """Draw test and train error against N, a panel for each p, and the norm of the weights in the last panel.

    ``summary`` is that of ``summarise``. A dashed vertical line is N = n, from where on N features can fit
    the labels of n examples; a dotted horizontal line is the kernel, the limit of infinitely many features.
    """
    levels = sorted(label_noise)
    of_noise = dict(zip(levels, style.colours(2 + len(levels))[2:], strict=True))
    test, train = style.colours(2)
    with style.figure(2.55 * (len(levels) + 1) + 0.4, 3.3, len(levels) + 1) as (drawn, _):
        *panels, norms = drawn.axes
        for axes, noise in zip(panels, levels, strict=True):
            here = summary[summary["label_noise"] == noise]
            for (quantity, _, marker, dash), colour in zip(ERRORS, (test, train), strict=True):
                _line(axes, here[here["quantity"] == quantity], colour, marker, dash, 100)
            axes.set_title(f"label noise p = {noise:g}", loc="left")
        shown = summary[summary["quantity"].isin([quantity for quantity, *_ in ERRORS])]
        top = 105 * shown[["mean", "upper"]].max().max()
        for axes in panels:
            axes.set_ylim(-0.02 * top, top)
        panels[0].set_ylabel("error (%)")
        for (noise, colour), marker in zip(of_noise.items(), style.MARKERS[2:] * len(levels), strict=False):
            rows = summary[(summary["label_noise"] == noise) & (summary["quantity"] == "norm")]
            _line(norms, rows, colour, marker, "-")
        norms.set_title("norm of the solution", loc="left")
        norms.set_ylabel("norm of the weights, all classes")
        for axes in drawn.axes:
            style.logarithmic(axes, *("xy" if axes is norms else "x"))
            axes.axvline(examples, color="0.35", linestyle="--", linewidth=1, zorder=1)
            axes.set_xlabel("number N of random features")
        handles = [
            *(
                axes.plot([], [], color=colour, marker=marker, linestyle=dash, label=name)[0]
                for (_, name, marker, dash), colour in zip(ERRORS, (test, train), strict=True)
            ),
            *(
                Line2D([], [], color=colour, marker=marker, label=f"norm, p = {noise:g}")
                for (noise, colour), marker in zip(
                    of_noise.items(), style.MARKERS[2:] * len(levels), strict=False
                )
            ),
            Line2D([], [], color="0.35", linestyle="--", linewidth=1, label=f"N = n = {examples:,}"),
            Line2D([], [], color="0.35", linestyle=":", linewidth=1.2, label="the kernel (N → ∞)"),
        ]
        drawn.legend(handles=handles, frameon=False, loc="outside lower center", ncols=len(handles))
        spread = f"mean of {seeds} seeds with {100 * confidence:g}% interval"
        drawn.suptitle(
            f"random Fourier features of a Gaussian kernel on {features}, γ = {gamma:g}; "
            f"{examples:,} examples of {dataset}; {spread if seeds > 1 else 'one seed, no interval'}",
            **{"x": 0.01, "ha": "left", "color": "0.35", "fontsize": 7.5},
        )
        return drawn
