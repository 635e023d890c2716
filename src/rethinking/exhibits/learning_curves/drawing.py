"""Figure 1a: training loss against steps, one curve for each randomisation condition."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from rethinking.plotting import style

LABELS = {
    "train_loss": "training loss at the end of an epoch (nats)",
    "online_loss": "training loss, mean over an epoch (nats)",
}


def draw(
    summary: pd.DataFrame,
    quantity: str,
    conditions: list[str],
    paper: pd.DataFrame | None,
    seeds: int,
    confidence: float,
    dataset: str,
    network: str,
    widths: dict[str, float],
) -> Figure:
    """Draw the mean training loss of every condition with its band, the paper's curves behind.

    ``summary`` is that of ``summarise`` and ``quantity`` the loss of it to draw;
    ``paper`` has the columns condition, step and average_loss. ``widths`` names the networks that are not
    as wide as the paper's.
    """
    losses = summary[summary["quantity"] == quantity]
    with style.figure() as (drawn, axes):
        for index, (condition, colour) in enumerate(
            zip(conditions, style.colours(len(conditions)), strict=True)
        ):
            ours = losses[losses["condition"] == condition].sort_values("step")
            axes.plot(
                ours["step"],
                ours["mean"],
                color=colour,
                linestyle=style.DASHES[index % len(style.DASHES)],
                marker=style.MARKERS[index % len(style.MARKERS)],
                markevery=max(1, len(ours) // 8),
                label=style.name(condition),
                zorder=3,
            )
            lower = ours["lower"].clip(lower=0)
            axes.fill_between(ours["step"], lower, ours["upper"], color=colour, alpha=0.2, linewidth=0)
            if paper is not None:
                theirs = paper[paper["condition"] == condition]
                axes.plot(
                    theirs["step"],
                    theirs["average_loss"],
                    ".-",
                    color=colour,
                    alpha=0.5,
                    linewidth=1,
                )
        if losses["step"].max() >= 5000:
            axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step / 1000:g}"))
            axes.set_xlabel("thousand steps")
        else:
            axes.set_xlabel("steps")
        axes.set_ylabel(LABELS[quantity])
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        handles, _ = axes.get_legend_handles_labels()
        handles += [style.paper_handle()] if paper is not None else []
        axes.legend(handles=handles, frameon=True, framealpha=0.9, edgecolor="none")
        what = f"{style.network_name(network, widths)} on {dataset}"
        style.note(axes, seeds, confidence, what)
        return drawn
