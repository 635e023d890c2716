"""Figures 1b and 1c: time to fit and test error against the share of random labels."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rethinking.plotting import style

LABELS = {
    "relative_time_to_fit": "time to fit, relative to true labels",
    "test_error": "test error",
    "corrupted_test_error": "error on corrupted test labels",
}
# The meaning of a hollow marker.
MISSED = {
    "relative_time_to_fit": "not fitted in time: at least this",
    "test_error": "not fitted by every run",
    "corrupted_test_error": "not fitted by every run",
}


def draw(
    summary: pd.DataFrame,
    quantity: str,
    networks: list[str],
    paper: pd.DataFrame | None,
    seeds: int,
    confidence: float,
    dataset: str,
    widths: dict[str, float],
    corruption: str = "random_labels",
) -> Figure:
    """Draw ``quantity`` against label noise, one line a network, the paper's lines behind.

    ``summary`` is that of ``summarise``; ``paper`` has the columns network, label_noise
    and the quantity, which does not say of which test labels it is; ``corruption`` names what labels are
    replaced by; ``widths`` names the networks that are not as wide as the paper's. A place where some run
    diverged or did not fit is a hollow marker. A time there has no bar: the true one is longer.
    """
    rows = summary[summary["quantity"] == quantity]
    with style.figure(4.2, 3.3) as (drawn, axes):
        for index, (network, colour) in enumerate(zip(networks, style.colours(len(networks)), strict=True)):
            ours = rows[rows["network"] == network].sort_values("label_noise")
            marker = style.MARKERS[index % len(style.MARKERS)]
            if paper is not None:
                theirs = paper[paper["network"] == network]
                axes.plot(
                    theirs["label_noise"],
                    theirs[quantity.removeprefix("corrupted_")],
                    ".-",
                    color=colour,
                    alpha=0.5,
                    linewidth=1,
                )
            # A little beside each other, so that no interval hides another.
            places = ours["label_noise"] + 0.008 * (index - (len(networks) - 1) / 2)
            axes.plot(
                places,
                ours["mean"],
                color=colour,
                marker=marker,
                linestyle=style.DASHES[index % len(style.DASHES)],
                label=style.network_name(network, widths),
                zorder=3,
            )
            axes.errorbar(
                places,
                ours["mean"],
                yerr=[ours["mean"] - ours["lower"], ours["upper"] - ours["mean"]],
                fmt="none",
                ecolor=colour,
                elinewidth=1,
                capsize=2.5,
                zorder=2,
            )
            missed = ours["failed"] > 0
            axes.plot(
                places[missed],
                ours["mean"][missed],
                marker,
                markerfacecolor="white",
                markeredgecolor=colour,
                zorder=4,
            )
        handles, _ = axes.get_legend_handles_labels()
        if (rows["failed"] > 0).any():
            handles.append(
                Line2D(
                    [],
                    [],
                    marker="o",
                    color="0.4",
                    markerfacecolor="white",
                    linestyle="none",
                    label=MISSED[quantity],
                )
            )
        if quantity != "relative_time_to_fit":
            chance = rows["chance"].iloc[0]
            handles.append(axes.axhline(chance, color="0.35", linestyle="--", linewidth=1, label="chance"))
            axes.set_ylim(0, 1)
        handles += [style.paper_handle()] if paper is not None else []
        axes.legend(handles=handles, frameon=True, framealpha=0.9, edgecolor="none")
        replaced = (
            "a random label" if corruption == "random_labels" else f"a label by {style.name(corruption)}"
        )
        axes.set_xlabel(f"label corruption (probability p of {replaced})")
        axes.set_ylabel(LABELS[quantity])
        axes.set_xlim(-0.03, 1.03)
        style.note(axes, seeds, confidence, dataset)
        return drawn
