"""Train accuracy against the coefficient of weight decay, a panel for each choice of what decays."""

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rethinking.plotting import style

# Readings of "the default coefficient for each model": what code of 2016 that the authors may have used has.
CANDIDATES = {
    0.00004: "Inception's\ncode, 2016",
    0.0005: "frequent\nelsewhere",
    0.004: "TensorFlow's\ntutorial, 2016",
}


def draw(
    summary: pd.DataFrame,
    lines: list[dict],
    condition: str,
    seeds: int,
    confidence: float,
    dataset: str,
    fit: float,
    widths: dict[str, float],
) -> Figure:
    """Draw train accuracy against λ, a line a network, a panel for each choice of what decays.

    ``summary`` is that of ``summarise``. No weight decay stands at the left. A hollow marker is a point where
    some run did not fit its labels, a cross one where every run diverged.
    """
    accuracy = summary[summary["quantity"] == "train_accuracy"]
    decayed = list(dict.fromkeys(line["decayed"] for line in lines))
    networks = list(dict.fromkeys(line["network"] for line in lines))
    look = {
        network: (colour, style.MARKERS[index % len(style.MARKERS)], style.DASHES[index % len(style.DASHES)])
        for index, (network, colour) in enumerate(zip(networks, style.colours(len(networks)), strict=True))
    }
    positive = accuracy.loc[accuracy["coefficient"] > 0, "coefficient"]
    # No weight decay stands a decade to the left of the smallest coefficient.
    zero = 10 ** np.floor(np.log10(positive.min()) - 0.5)
    with style.figure(2.8 * len(decayed) + 1.8, 3.2, len(decayed)) as (drawn, _):
        for axes, which in zip(drawn.axes, decayed, strict=True):
            here = accuracy[accuracy["decayed"] == which]
            for network in [name for name in networks if name in set(here["network"])]:
                colour, marker, dash = look[network]
                line = here[here["network"] == network].sort_values("coefficient")
                at = line["coefficient"].where(line["coefficient"] > 0, zero)
                axes.errorbar(
                    at,
                    line["mean"],
                    yerr=[line["mean"] - line["lower"], line["upper"] - line["mean"]],
                    color=colour,
                    marker=marker,
                    linestyle=dash,
                    elinewidth=1,
                    capsize=2.5,
                    label=style.network_name(network, widths),
                )
                failed = line["failed"] > 0
                axes.plot(at[failed], line["mean"][failed], marker, mfc="white", mec=colour, zorder=4)
                lost = line["mean"].isna()
                axes.plot(at[lost], line["chance"][lost], "x", color=colour, zorder=4)
            for candidate, told in CANDIDATES.items():
                if zero < candidate <= 3 * positive.max():
                    axes.axvline(candidate, color="0.6", linewidth=0.8, linestyle=":", zorder=1)
                    axes.text(
                        candidate,
                        0.3,
                        f"{told} ",
                        rotation=90,
                        ha="right",
                        va="center",
                        fontsize=6,
                        color="0.35",
                    )
            axes.axhline(here["chance"].iloc[0], color="0.35", linestyle="--", linewidth=1)
            style.logarithmic(axes, "x")
            values = np.unique(here["coefficient"])
            axes.set_xticks([each or zero for each in values], [f"{each:g}" for each in values])
            axes.minorticks_off()
            axes.set_ylim(0, 1.03)
            axes.set_xlabel("coefficient λ of weight decay")
            title = f"decay on: {which.replace('_', ' ')}"
            style.note(axes, seeds, confidence, f"{title}\n{style.name(condition)} of {dataset}")
        drawn.axes[0].set_ylabel("train accuracy after the last epoch")
        handles: dict[str, Artist] = {}
        for axes in drawn.axes:
            drawn_here, labels = axes.get_legend_handles_labels()
            handles |= dict(zip(labels, drawn_here, strict=True))
        signs = [
            *[("o", f"not every run reaches {fit:g}")] * bool((accuracy["failed"] > 0).any()),
            *[("x", "every run diverged")] * bool(accuracy["mean"].isna().any()),
        ]
        entries = [
            *handles.values(),
            *(
                Line2D([], [], marker=sign, color="0.4", mfc="white", linestyle="none", label=label)
                for sign, label in signs
            ),
            Line2D([], [], color="0.35", linestyle="--", linewidth=1, label="chance"),
        ]
        drawn.legend(handles=entries, frameon=False, loc="outside right center")
        return drawn
