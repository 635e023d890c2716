"""Figure 2b: train and test accuracy against steps, with the best test accuracy so far."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from rethinking.plotting import style


def draw(
    summary: pd.DataFrame,
    networks: list[str],
    condition: str,
    paper: pd.DataFrame | None,
    seeds: int,
    confidence: float,
    dataset: str,
    widths: dict[str, float],
) -> Figure:
    """Draw train accuracy (dashed) and test accuracy (solid) of every network against steps.

    ``summary`` is that of ``summarise``. Between the test accuracy and the best so far the area is shaded:
    what early stopping would gain. ``paper`` has the columns network, step and test_accuracy.
    """
    with style.figure(4.8, 3.5) as (drawn, axes):
        lowest = 1.0
        for index, (network, colour) in enumerate(zip(networks, style.colours(len(networks)), strict=True)):
            rows = summary[summary["network"] == network].sort_values("step")
            curves = {quantity: part for quantity, part in rows.groupby("quantity")}
            train, test, best = (
                curves[quantity] for quantity in ("train_accuracy", "test_accuracy", "best_test_accuracy")
            )
            marker = style.MARKERS[index % len(style.MARKERS)]
            every = max(1, len(test) // 8)
            axes.plot(train["step"], train["mean"], color=colour, linestyle="--", linewidth=1, zorder=3)
            axes.plot(
                test["step"],
                test["mean"],
                color=colour,
                marker=marker,
                markevery=every,
                label=style.network_name(network, widths),
                zorder=4,
            )
            axes.fill_between(
                test["step"], test["mean"], best["mean"].to_numpy(), color=colour, alpha=0.3, linewidth=0
            )
            if paper is not None:
                theirs = paper[paper["network"] == network]
                axes.plot(theirs["step"], theirs["test_accuracy"], ".-", color=colour, alpha=0.5, linewidth=1)
                lowest = min(lowest, theirs["test_accuracy"].min())
            lowest = min(lowest, test["mean"].min())
        if summary["step"].max() >= 5000:
            axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step / 1000:g}"))
            axes.set_xlabel("thousand steps")
        else:
            axes.set_xlabel("steps")
        axes.set_ylabel("accuracy")
        axes.set_xlim(left=0)
        # As in the paper, the axis begins where the test accuracy does.
        axes.set_ylim(max(0.0, 0.1 * int(10 * lowest)), 1.01)
        handles, _ = axes.get_legend_handles_labels()
        handles += [
            Line2D([], [], color="0.4", label="test accuracy"),
            Line2D([], [], color="0.4", linestyle="--", linewidth=1, label="train accuracy"),
            Patch(color="0.4", alpha=0.3, linewidth=0, label="best test accuracy so far"),
        ]
        handles += [style.paper_handle()] if paper is not None else []
        axes.legend(handles=handles, frameon=True, framealpha=0.9, edgecolor="none", loc="lower right")
        style.note(axes, seeds, confidence, f"{style.name(condition)} of {dataset}")
        return drawn
