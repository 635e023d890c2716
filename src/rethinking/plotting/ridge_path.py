"""Test error of kernel systems against the ridge."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rethinking.plotting import style


def draw(summary: pd.DataFrame, systems: list[str], confidence: float) -> Figure:
    """Draw test error against ridge, a panel a data set and a line a system; no ridge stands at the left.

    ``summary`` is that of ``system_statistics.systems``. A star is the ridge that was chosen on the
    validation split; a ring is the smallest error on the test set, which no choice could have known.
    """
    errors = summary[summary["quantity"] == "test_error"]
    ridges = summary[summary["quantity"] == "ridge_value"].set_index(["system", "ridge"])["mean"]
    datasets = list(dict.fromkeys(errors["dataset"]))
    positive = ridges[ridges > 0]
    # As far left of the smallest ridge as that is of the next tenth.
    zero = 10 ** (np.floor(np.log10(positive.min())) - 1.5) if len(positive) else 1e-3
    with style.figure(3.5 * len(datasets), 3.2, len(datasets)) as (drawn, _):
        for axes, dataset in zip(drawn.axes, datasets, strict=True):
            shown = [s for s in systems if s in set(errors.loc[errors["dataset"] == dataset, "system"])]
            for index, (system, colour) in enumerate(zip(shown, style.colours(len(shown)), strict=True)):
                rows = errors[errors["system"] == system].copy()
                rows["at"] = [ridges[(system, ridge)] for ridge in rows["ridge"]]
                rows["at"] = rows["at"].where(rows["at"] > 0, zero)
                chosen = rows[rows["ridge"] == "chosen"]
                path = rows[rows["ridge"] != "chosen"].sort_values("at")
                axes.errorbar(
                    path["at"],
                    100 * path["mean"],
                    yerr=[100 * (path["mean"] - path["lower"]), 100 * (path["upper"] - path["mean"])],
                    color=colour,
                    marker=style.MARKERS[index],
                    linestyle=style.DASHES[index],
                    elinewidth=1,
                    capsize=2.5,
                    label=style.name(rows["features"].iloc[0]),
                )
                if path["mean"].notna().any():
                    lowest = path.loc[path["mean"].idxmin()]
                    axes.plot(
                        lowest["at"], 100 * lowest["mean"], "o", ms=10, mfc="none", mec=colour, zorder=4
                    )
                axes.plot(chosen["at"], 100 * chosen["mean"], "*", ms=11, mfc=colour, mec="white", zorder=5)
            axes.set_xscale("log")
            ticks = 10.0 ** np.arange(
                np.floor(np.log10(positive.min())), np.ceil(np.log10(positive.max())) + 1
            )
            axes.set_xticks([zero, *ticks], ["0", *(f"$10^{{{np.log10(t):.0f}}}$" for t in ticks)])
            for label in axes.get_xticklabels():
                label.set_parse_math(True)
            axes.minorticks_off()
            axes.set_xlabel("ridge λ of K + λ·1")
            axes.set_ylim(bottom=0)
            handles, _ = axes.get_legend_handles_labels()
            marks = [
                Line2D([], [], marker="*", ms=9, color="0.4", linestyle="none", label="chosen by validation"),
                Line2D(
                    [],
                    [],
                    marker="o",
                    ms=8,
                    mfc="none",
                    color="0.4",
                    linestyle="none",
                    label="best on test set",
                ),
            ]
            axes.legend(handles=[*handles, *marks], frameon=True, framealpha=0.9, edgecolor="none")
            style.note(axes, int(errors["runs"].max()), confidence, dataset)
        drawn.axes[0].set_ylabel("test error (%)")
        return drawn
