"""Figure 1c under both readings of test error, a panel a network."""

import pandas as pd
from matplotlib.figure import Figure

from rethinking.plotting import style

LABELS = {"test_error": "true test labels", "corrupted_test_error": "corrupted test labels"}


def draw(
    summary: pd.DataFrame,
    networks: list[str],
    paper: pd.DataFrame | None,
    seeds: int,
    confidence: float,
    dataset: str,
    widths: dict[str, float],
) -> Figure:
    """Draw the test error of every network against true and against corrupted test labels.

    ``summary`` is that of ``summarise``; ``paper`` has the columns network, label_noise and test_error. A
    hollow marker is a point where some run diverged or did not fit.
    """
    with style.figure(2.3 * len(networks) + 1.6, 2.8, len(networks)) as (drawn, _):
        for axes, network in zip(drawn.axes, networks, strict=True):
            for index, (reading, colour) in enumerate(zip(LABELS, style.colours(2), strict=True)):
                rows = summary[(summary["network"] == network) & (summary["quantity"] == reading)]
                rows = rows.sort_values("label_noise")
                marker = style.MARKERS[index]
                axes.errorbar(
                    rows["label_noise"],
                    rows["mean"],
                    yerr=[rows["mean"] - rows["lower"], rows["upper"] - rows["mean"]],
                    color=colour,
                    marker=marker,
                    linestyle=style.DASHES[index],
                    elinewidth=1,
                    capsize=2.5,
                    label=LABELS[reading],
                    zorder=3,
                )
                missed = rows[rows["failed"] > 0]
                axes.plot(missed["label_noise"], missed["mean"], marker, mfc="white", mec=colour, zorder=4)
            if paper is not None:
                theirs = paper[paper["network"] == network]
                axes.plot(
                    theirs["label_noise"], theirs["test_error"], ".-", color="0.45", alpha=0.8, linewidth=1
                )
            axes.axhline(summary["chance"].iloc[0], color="0.35", linestyle="--", linewidth=1, label="chance")
            axes.set_ylim(0, 1)
            axes.set_xlim(-0.03, 1.03)
            axes.set_title(style.network_name(network, widths), loc="left", fontsize=8)
        drawn.axes[0].set_ylabel("test error")
        drawn.supxlabel("label corruption (probability p of a random label)", fontsize=9)
        handles, _ = drawn.axes[0].get_legend_handles_labels()
        handles += [style.paper_handle()] if paper is not None else []
        drawn.legend(handles=handles, frameon=False, loc="outside right center")
        interval = f"mean of {seeds} seeds with {100 * confidence:g}% interval" if seeds > 1 else "one seed"
        drawn.suptitle(f"{dataset}, {interval}", x=0.01, ha="left", color="0.35", fontsize=7.5)
        return drawn
