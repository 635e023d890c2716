"""Test and train error after the last epoch against the number of parameters."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator

from rethinking.plotting import style


def draw(
    summary: pd.DataFrame, network: str, seeds: int, confidence: float, dataset: str, fit: float
) -> Figure:
    """Draw test error (solid) and train error (dashed) against the number of parameters, a colour a p.

    ``summary`` is that of ``summarise``. The upper axis has the width factors. A hollow marker is a width
    with which some run did not fit its labels.
    """
    levels = sorted(summary["label_noise"].unique())
    with style.figure(5.2, 3.9) as (drawn, axes):
        for noise, colour, marker in zip(
            levels, style.colours(len(levels)), style.MARKERS * len(levels), strict=False
        ):
            for quantity, dash in (("test_error", "-"), ("train_error", "--")):
                line = summary[(summary["label_noise"] == noise) & (summary["quantity"] == quantity)]
                line = line.sort_values("parameters")
                place, mean = line["parameters"], 100 * line["mean"]
                lower, upper = 100 * line["lower"], 100 * line["upper"]
                axes.plot(place, mean, color=colour, linestyle=dash, linewidth=1.5 if dash == "-" else 1)
                if quantity == "test_error":
                    axes.errorbar(
                        place,
                        mean,
                        [mean - lower, upper - mean],
                        fmt="none",
                        ecolor=colour,
                        elinewidth=1,
                        capsize=2.5,
                    )
                else:
                    axes.fill_between(place, lower, upper, color=colour, alpha=0.15, linewidth=0)
                failed = line["failed"] > 0
                for these, face in ((failed, "white"), (~failed, colour)):
                    axes.plot(
                        place[these],
                        mean[these],
                        marker,
                        markerfacecolor=face,
                        markeredgecolor=colour,
                        zorder=4,
                    )
        style.logarithmic(axes, "x")
        axes.xaxis.set_minor_locator(LogLocator(subs=(2, 5)))
        tested = summary[summary["quantity"] == "test_error"]
        axes.set_ylim(-1, 105 * max(tested["upper"].max(), summary["mean"].max()))
        axes.set_xlabel("number of parameters")
        axes.set_ylabel("error after the last epoch (%)")
        widths = summary.drop_duplicates("width").sort_values("width")
        top = axes.secondary_xaxis("top")
        top.set_xlabel("width factor", fontsize=8)
        top.set_xticks(
            widths["parameters"],
            [f"{width:g}" for width in widths["width"]],
            fontsize=6.5,
            rotation=45,
            ha="left",
        )
        top.xaxis.set_minor_locator(NullLocator())
        handles = [
            *(
                Line2D([], [], color=colour, marker=marker, label=f"label noise p = {noise:g}")
                for noise, colour, marker in zip(
                    levels, style.colours(len(levels)), style.MARKERS * len(levels), strict=False
                )
            ),
            Line2D([], [], color="0.4", label="test error, on true labels"),
            Line2D([], [], color="0.4", linestyle="--", linewidth=1, label="train error, on given labels"),
        ]
        if (summary["failed"] > 0).any():
            what = f"not every run fits {100 * fit:g}% of its labels"
            handles.append(Line2D([], [], color="0.4", marker="o", mfc="white", linestyle="none", label=what))
        drawn.legend(handles=handles, frameon=False, loc="outside lower center", ncols=2)
        style.note(axes, seeds, confidence, f"{style.name(network)} on {dataset}")
        return drawn
