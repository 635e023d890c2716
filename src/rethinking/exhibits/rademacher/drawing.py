"""Bounds of the generalisation gap beside the gap itself, against the number of examples."""

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rethinking.plotting import style

MARKERS = {"true": "<", "random": ">"}  # of kernel models, by their labels
APART = 1.04  # times as far right each network stands: at a complexity of 1 they would hide each other
NICE = (1, 2, 5)  # and these times a power of ten are written at the axis


def draw(
    summary: pd.DataFrame,
    networks: list[str],
    seeds: int,
    confidence: float,
    dataset: str,
    features: str,
    gamma: float,
    draws: int,
    fit: float,
    widths: dict[str, float],
) -> Figure:
    """Draw bounds of the generalisation gap (filled markers) and gaps (open ones) against n, both log.

    ``summary`` is that of ``summarise``. A bound of networks is the complexity that training reaches, a bound
    of kernel models 2·B·√(trace K)/n. From 1 on a bound says nothing. A cross is a point where some training
    did not fit its labels, at the lower edge where no complexity above that is known.
    """
    cells = {
        key: part.sort_values("examples")
        for key, part in summary.fillna({"network": ""}).groupby(["network", "labels", "quantity"])
    }
    colours = style.colours(len(networks) + len(MARKERS))
    known = summary.loc[summary["quantity"].isin(["gap_bound", "gap"]) & (summary["mean"] > 0), "mean"]
    low, high = known.min() / 1.6, max(known.max(), 1.0) * 1.6
    with style.figure(6.4, 3.5) as (drawn, axes):

        def add(line: pd.DataFrame, label: str, apart: float, **look) -> Line2D:
            """Draw a line with bars for its intervals; its entry of the legend."""
            spread = [line["mean"] - line["lower"], line["upper"] - line["mean"]]
            at = line["examples"] * apart
            axes.errorbar(at, line["mean"], yerr=spread, elinewidth=1, capsize=2.5, **look)
            return Line2D([], [], label=label, **look)

        def heading(text: str) -> Line2D:
            return Line2D([], [], linestyle="none", label=text)

        entries, headings = [heading("bound, at least: complexity reached")], [0]
        any_failed = False
        for index, (network, colour) in enumerate(zip(networks, colours, strict=False)):
            line = cells[network, "random", "gap_bound"]
            marker, dash = style.MARKERS[index % len(style.MARKERS)], style.DASHES[index % len(style.DASHES)]
            apart = APART ** (index - (len(networks) - 1) / 2)
            label = style.network_name(network, widths)
            entries.append(add(line, label, apart, color=colour, marker=marker, linestyle=dash))
            failed = line[line["failed"] > 0]
            if len(failed):
                any_failed = True
                at, height = failed["examples"] * apart, failed["mean"].fillna(low).clip(lower=low)
                axes.plot(at, height, "x", color="0.2", markersize=6, zorder=5, clip_on=False)
        look: dict[str, Any]
        for quantity, title, look in (
            ("gap_bound", "bound: kernel, 2·B·√(trace K)/n", {"linestyle": "-"}),
            ("gap", "actual gap: kernel, ramp loss", {"linestyle": ":", "mfc": "white"}),
        ):
            headings.append(len(entries))
            entries.append(heading(title))
            for (labels, marker), colour in zip(MARKERS.items(), colours[len(networks) :], strict=True):
                line = cells["", labels, quantity]
                entries.append(add(line, f"{labels} labels", 1.0, color=colour, marker=marker, **look))
        if any_failed:
            told = f"not every run reaches {fit:g}\ntrain accuracy"
            entries.append(Line2D([], [], marker="x", color="0.2", linestyle="none", label=told))
        style.logarithmic(axes, "x", "y")
        sizes = np.unique(summary["examples"])
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        ticks = [tick for power in powers for base in NICE if low <= (tick := base * 10.0**power) <= high]
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        axes.set_ylim(low, high)
        axes.axhspan(1, high, color="0.93", zorder=0)
        axes.axhline(1, color="0.35", linestyle="--", linewidth=1, zorder=1)
        axes.annotate("vacuous", (0.99, 0.98), xycoords="axes fraction", ha="right", va="top", color="0.35")
        axes.set_xlabel("examples n")
        axes.set_ylabel("generalisation gap, and bounds of it")
        legend = drawn.legend(handles=entries, frameon=False, loc="outside right center", handlelength=2.6)
        for index in headings:
            legend.get_texts()[index].set(style="italic", color="0.35")
        trained = f"{dataset}; labels ±1, random ones {draws} times a seed"
        about = f"{trained}\nGaussian kernel on {features}, γ = {gamma:g}"
        style.note(axes, seeds, confidence, about)
        return drawn
