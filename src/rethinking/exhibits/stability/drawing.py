"""Sensitivity to one training example beside the generalisation gap, for true and random labels."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rethinking.exhibits.stability.summary import KERNEL, ONE_EXAMPLE
from rethinking.plotting import style

# In learners: how far true and random labels are from the middle of their learner, and marks from that.
APART, BESIDE = 0.18, 0.06
SMALL: dict = {"rotation": 90, "ha": "center", "va": "bottom", "fontsize": 6}
SIZES = {"o": 5.5, "D": 4.5, "^": 6.5, "s": 6}


def draw(
    summary: pd.DataFrame,
    seeds: int,
    confidence: float,
    dataset: str,
    widths: dict[str, float],
    examples: int,
    replacements: int,
    gamma: float,
    ridge: float,
) -> Figure:
    """Draw how far predictions move at the left, and losses and gaps at the right, a column a learner.

    ``summary`` is that of ``summarise``. At the left, "another seed" is the yardstick: how far predictions
    move when a network learns the same examples again. At the right, a triangle is the largest change of the
    0/1 loss that was seen at any point, so that the β of uniform stability is no smaller.
    """
    learners, kinds = (list(dict.fromkeys(summary[key])) for key in ("learner", "labels"))
    colours = dict(zip(kinds, style.colours(len(kinds)), strict=True))
    cells = summary.set_index(["learner", "labels", "quantity", "change"]).sort_index()
    changed = 100 * summary.loc[summary["quantity"] == "changed", "mean"]
    # No change stands half a decade below the smallest change.
    zero = changed[changed > 0].min() / 3 if (changed > 0).any() else 0.1
    with style.figure(max(5.6, 3.2 + 1.4 * len(learners)), 4.1, 2) as (drawn, _):
        left, right = drawn.axes
        for axes in (left, right):
            axes.set_xticks(range(len(learners)), [_learner(each, widths) for each in learners])
            axes.set_xlim(-0.5, len(learners) - 0.5)
            axes.grid(False, axis="x")
        for place, learner in enumerate(learners):
            for kind, side in zip(kinds, np.linspace(-APART, APART, len(kinds)), strict=True):
                of, at, colour = cells.loc[(learner, kind)], place + side, colours[kind]
                _point(left, at - BESIDE, of, ("changed", ONE_EXAMPLE), colour, "o", 100, zero)
                _point(left, at + BESIDE, of, ("changed", "seed"), colour, "D", 100, zero)
                _point(right, at - BESIDE, of, ("gap", ONE_EXAMPLE), colour, "o")
                _point(right, at + BESIDE, of, ("left_out", ONE_EXAMPLE), colour, "D")
                bound = of.loc[("zero_one_largest", ONE_EXAMPLE)]
                right.plot(at, bound["largest"], "^", color=colour, ms=SIZES["^"], clip_on=False, zorder=3)
                if bound["failed"]:
                    told = f" {bound['failed']} of {bound['planned']} seeds did not fit"
                    left.text(at, 0, told, transform=left.get_xaxis_transform(), color=colour, **SMALL)
        style.logarithmic(left, "y")
        left.set_ylim(zero / 1.4, 100)
        ticks = 10.0 ** np.arange(np.ceil(np.log10(2 * zero)), 3)
        left.set_yticks([zero, *ticks], ["0", *(f"{tick:g}" for tick in ticks)])
        left.minorticks_off()
        left.set_ylabel("test images whose class changes (%)")
        right.set_ylim(-0.03, 1.05)
        right.set_ylabel("0/1 loss")
        style.note(
            left, seeds, confidence, f"{examples:,} examples of {dataset}, {replacements} replaced in turn"
        )
        solved = f"with ridge {ridge:g}" if ridge else "without ridge"
        right.set_title(f"Gaussian kernel: γ = {gamma:g}, {solved}", loc="left", color="0.35", fontsize=7.5)
        _legend(left, colours, [("o", "one training example replaced"), ("D", "same examples, another seed")])
        losses = [
            ("^", "largest change of the loss at any point: β is at least this"),
            ("o", "generalisation gap"),
            ("D", "mean change at the examples that change places"),
        ]
        _legend(right, {}, losses)
        return drawn


def _learner(learner: str, widths: dict[str, float]) -> str:
    """The name of a learner in print; settings and width stand on a line of their own."""
    if learner == KERNEL:
        return "Gaussian\nkernel"
    return style.network_name(learner, widths).replace(" (", "\n(", 1)


def _point(
    axes: Axes,
    at: float,
    cells: pd.DataFrame,
    key: tuple[str, str],
    colour: tuple,
    marker: str,
    scale: float = 1,
    lowest: float = -np.inf,
) -> None:
    """The mean of a cell, if it is there, with its interval; what is below ``lowest`` is drawn there."""
    if key not in cells.index or not np.isfinite(cells.loc[key, "mean"]):
        return
    mean, lower, upper = (
        np.maximum(scale * cells.loc[key, end], lowest) for end in ("mean", "lower", "upper")
    )
    axes.plot([at, at], [lower, upper], color=colour, linewidth=1, zorder=2)
    face = "white" if marker == "D" else colour
    axes.plot(at, mean, marker, color=colour, mfc=face, ms=SIZES[marker], zorder=3, clip_on=False)


def _legend(axes: Axes, colours: dict[str, tuple], marks: list[tuple[str, str]]) -> None:
    """A legend of colours and of grey marks below the axes."""
    squares: list[tuple[str, str, Any, Any]] = [
        ("s", style.name(kind), colour, colour) for kind, colour in colours.items()
    ]
    grey: list[tuple[str, str, Any, Any]] = [
        (marker, told, "0.35", "white" if marker == "D" else "0.35") for marker, told in marks
    ]
    handles = [
        Line2D([], [], marker=marker, color=edge, mfc=face, ms=SIZES[marker], linestyle="none", label=told)
        for marker, told, edge, face in (*squares, *grey)
    ]
    axes.legend(handles=handles, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.13))
