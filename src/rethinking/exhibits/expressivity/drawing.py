"""Weights, conditioning and rounding of networks that fit any labels by construction."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rethinking.exhibits.expressivity.summary import CONSTRUCTED
from rethinking.plotting import style

QUANTITIES = {
    "condition_number": ("-", "condition number of A"),
    "largest_weight": ("--", "largest weight, projections of range 1"),
}
ERRORS = {
    "error_float64": ("-", "float64"),
    "error_float64_relu_by_relu": (":", "float64, ReLU by ReLU"),
    "error_float32": ("--", "float32"),
}


def _duration(seconds: float) -> str:
    """A time in words, such as 3.1 s or 12 min."""
    return f"{seconds:.2g} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _whole_set(summary: pd.DataFrame) -> str:
    """The largest number of examples, fitted by construction and, where it was tried, by training."""
    cells = summary.set_index(["network", "quantity"])
    made = summary[summary["network"] == CONSTRUCTED]
    largest = made[made["examples"] == made["examples"].max()]
    seconds = largest.loc[largest["quantity"] == "seconds", "mean"]
    text = (
        f"{int(made['examples'].max()):,} random labels: constructed in {_duration(seconds.min())} to "
        f"{_duration(seconds.max())}"
    )
    for network in summary["network"].unique():
        if (network, "seconds") in cells.index and network != CONSTRUCTED:
            time, right = (cells.loc[(network, key), "mean"] for key in ("seconds", "train_accuracy"))
            text += f"\n{style.name(network)} trained to {100 * right:.4g}% in {_duration(time)}"
    return text


def _lines(axes: Axes, made: pd.DataFrame, quantities: dict, colours: dict, place: Any = "best") -> None:
    """A line for each depth and quantity against n, and a legend of the quantities if there are several."""
    for quantity, (dash, _) in quantities.items():
        for depth, line in made[made["quantity"] == quantity].groupby("depth"):
            line = line.sort_values("examples")
            colour, marker = colours[depth]
            axes.plot(
                line["examples"],
                line["mean"],
                linestyle=dash,
                marker=marker,
                color=colour,
                mfc="white",
                mec=colour,
            )
            axes.fill_between(
                line["examples"], line["lower"], line["upper"], color=colour, alpha=0.15, linewidth=0
            )
    if len(quantities) > 1:
        handles = [
            Line2D([], [], color="0.35", linestyle=dash, label=label) for dash, label in quantities.values()
        ]
        axes.legend(handles=handles, frameon=True, framealpha=0.9, edgecolor="none", loc=place)
    style.logarithmic(axes, "x", "y")
    sizes = sorted(made["examples"].astype(int).unique())
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("examples n")


def draw(summary: pd.DataFrame, seeds: int, confidence: float, dataset: str) -> Figure:
    """Draw three panels against the number of examples, a line for each depth; ``summary`` of ``summarise``.

    Weights of the constructed networks beside the numbers of parameters of trained ones; condition number and
    largest weight; the largest error of an output.
    """
    made = summary[summary["network"] == CONSTRUCTED]
    depths = sorted(made["depth"].unique())
    colours = {
        depth: (colour, style.MARKERS[index % len(style.MARKERS)])
        for index, (depth, colour) in enumerate(zip(depths, style.colours(len(depths)), strict=True))
    }
    with style.figure(10.5, 3.5, 3) as (drawn, _):
        weights, conditioning, errors = drawn.axes
        _lines(weights, made, {"weights": ("-", "")}, colours)
        sizes = summary[summary["quantity"] == "parameters"].sort_values("mean")
        for parameters in sizes["mean"]:
            weights.axhline(parameters, color="0.6", linewidth=0.9, linestyle=":", zorder=1)
        if len(sizes):
            names = ", ".join(map(style.name, sizes["network"]))
            weights.annotate(
                f"parameters of\n{names}" + " (from below)" * (len(sizes) > 1),
                (0.02, sizes["mean"].iloc[0]),
                (0, -3),
                weights.get_yaxis_transform(),
                "offset points",
                fontsize=6,
                va="top",
                color="0.35",
            )
        weights.set_ylabel("weights")
        first = made.iloc[0]
        style.note(
            weights,
            seeds,
            confidence,
            f"{dataset}: d = {int(first['inputs'])}, {int(first['outputs'])} columns of labels",
        )
        _lines(conditioning, made, QUANTITIES, colours, "upper left")
        conditioning.set_ylabel("condition number, largest weight")
        conditioning.margins(y=0.25)
        _lines(errors, made, ERRORS, colours)
        errors.axhline(0.5, color="0.35", linewidth=0.8)
        left = errors.get_yaxis_transform()
        errors.text(0.99, 0.4, "above: wrong labels", transform=left, ha="right", va="top", fontsize=6)
        errors.set_ylabel("largest error of an output (targets 0 and 1)")
        errors.set_title(_whole_set(summary), loc="left", color="0.35", fontsize=7.5)
        handles = [
            Line2D([], [], color=colour, marker=marker, mfc="white", label=f"depth {int(depth)}")
            for depth, (colour, marker) in colours.items()
        ]
        drawn.legend(handles=handles, frameon=False, loc="outside right center")
        return drawn
