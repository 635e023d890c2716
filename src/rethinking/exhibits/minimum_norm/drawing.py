"""Distance of gradient descent to the interpolant of least norm."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rethinking.plotting import style

NEAREST = 1e-7  # a smaller distance to the solution is off the figure


def draw(
    summary: pd.DataFrame,
    seeds: int,
    confidence: float,
    dataset: str,
    features: str,
    examples: int,
    gamma: float,
) -> Figure:
    """Draw the relative distance against steps, a line for each optimiser and start.

    ``summary`` is that of ``summarise``. The lines of gradient descent are the closed form (1 - ηλ)^t of t
    steps along each eigenvector; those of SGD are real steps (``minimum_norm.descend``). The dashed line is
    where a start outside the span of the data must end: its own component that no gradient reaches.
    """
    distances = summary[summary["quantity"] == "distance"]
    plateau = summary[(summary["quantity"] == "outside_distance") & summary["mean"].gt(0)]
    lines = list(distances.groupby(["optimiser", "start"], sort=False))
    with style.figure(4.8, 3.5) as (drawn, axes):
        for index, (((optimiser, start), curve), colour) in enumerate(
            zip(lines, style.colours(len(lines)), strict=True)
        ):
            curve = curve.sort_values("step")
            axes.plot(
                curve["step"],
                curve["mean"],
                color=colour,
                linestyle=style.DASHES[index % len(style.DASHES)],
                marker=style.MARKERS[index % len(style.MARKERS)],
                markevery=max(1, len(curve) // 8),
                label=f"{optimiser}, start: {start}",
            )
            axes.fill_between(
                curve["step"], curve["lower"], curve["upper"], color=colour, alpha=0.15, linewidth=0
            )
        handles, _ = axes.get_legend_handles_labels()
        if len(plateau):
            axes.axhline(plateau["mean"].iloc[0], color="0.35", linestyle="--", linewidth=1)
            handles.append(
                Line2D(
                    [],
                    [],
                    color="0.35",
                    linestyle="--",
                    linewidth=1,
                    label="where such a start must end (theory)",
                )
            )
        style.logarithmic(axes, "x", "y")
        low, high = axes.get_ylim()
        axes.set_ylim(max(low, NEAREST), high)
        axes.set_xlabel("steps")
        axes.set_ylabel("distance to the minimum-norm solution\n(in units of its norm)")
        axes.legend(handles=handles, frameon=True, framealpha=0.9, edgecolor="none", loc="lower left")
        about = (
            f"{examples} examples of {dataset}, Gaussian kernel on {features}, γ = {gamma:g}\n"
            "gradient descent by its closed form (1 - ηλ)^t, SGD step by step"
        )
        style.note(axes, seeds, confidence, about)
        return drawn
