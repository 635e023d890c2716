"""Test error of kernel systems against the ridge."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rethinking.plotting import style


def _label(rows: pd.DataFrame, errors: pd.DataFrame) -> str:
    """The features of a system, and its kernel where another system of the data set has the same."""
    first = rows.iloc[0]
    same = errors[(errors["dataset"] == first["dataset"]) & (errors["features"] == first["features"])]
    kernel = f", {first['kernel']}" if same["system"].nunique() > 1 else ""
    return style.name(first["features"]) + kernel


def draw(summary: pd.DataFrame, systems: list[str], confidence: float) -> Figure:
    """Draw test error against ridge, a panel a data set and a line a system; no ridge stands at the left.

    ``summary`` is that of ``summarise``. A line has one gamma. A star is what was chosen
    on the validation split, with its own gamma, so it may lie beside the line; a ring is the line's
    smallest error on the test set, which no choice could have known.
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
                    marker=style.MARKERS[index % len(style.MARKERS)],
                    linestyle=style.DASHES[index % len(style.DASHES)],
                    elinewidth=1,
                    capsize=2.5,
                    label=_label(rows, errors),
                )
                if path["mean"].notna().any():
                    lowest = path.loc[path["mean"].idxmin()]
                    axes.plot(
                        lowest["at"], 100 * lowest["mean"], "o", ms=10, mfc="none", mec=colour, zorder=4
                    )
                axes.plot(chosen["at"], 100 * chosen["mean"], "*", ms=11, mfc=colour, mec="white", zorder=5)
            style.logarithmic(axes, "x")
            # Rounded, for a mean of equal ridges may lie a little beside them.
            low, high = (np.log10(each).round(9) for each in (positive.min(), positive.max()))
            exponents = np.arange(np.floor(low), np.ceil(high) + 1).astype(int)
            ticks = ["0", *map(style.power_of_ten, exponents)]
            axes.set_xticks([zero, *(10.0**exponents)], ticks)
            axes.minorticks_off()
            axes.set_xlabel("ridge λ of K + λI")
            here = errors[errors["dataset"] == dataset]
            axes.set_ylim(0, 108 * np.nanmax([*here["mean"], *here["upper"], 0.01]))
            handles, _ = axes.get_legend_handles_labels()
            marks = [
                Line2D([], [], color="0.4", linestyle="none", marker=marker, ms=size, mfc=face, label=label)
                for marker, size, face, label in (
                    ("*", 9, "0.4", "chosen by validation\n(with its γ)"),
                    ("o", 8, "none", "lowest on the test set"),
                )
            ]
            axes.legend(handles=[*handles, *marks], frameon=True, framealpha=0.9, edgecolor="none")
            style.note(axes, int(here["runs"].max()), confidence, dataset)
        drawn.axes[0].set_ylabel("test error (%)")
        return drawn
