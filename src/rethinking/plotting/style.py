"""Names, colours and sizes that all figures and pages share."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogFormatterSciNotation

NAMES = {
    "inception": "Inception",
    "inception_no_bn": "Inception w/o BatchNorm",
    "alexnet": "AlexNet",
    "mlp_1x512": "MLP 1×512",
    "mlp_3x512": "MLP 3×512",
    "true_labels": "true labels",
    "random_labels": "random labels",
    "shuffled_pixels": "shuffled pixels",
    "random_pixels": "random pixels",
    "gaussian": "Gaussian",
    "gabor": "Gabor",
}
# Each series differs from the others in colour, marker and dash, so that print and colour-blind
# readers can tell them apart.
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]
DASHES = ["-", (0, (5, 1.5)), (0, (1, 1)), (0, (3, 1, 1, 1)), (0, (7, 2)), (0, (3, 1, 1, 1, 1, 1))]


def name(key: str) -> str:
    """How a network or condition is called in print; other names as they are.

    Settings in the name of a network stand behind it: AlexNet (weight decay 0.004).
    """
    base, _, changed = key.partition("@")
    return NAMES.get(base, base.replace("_", " ")) + (f" ({settings(changed)})" if changed else "")


def settings(changed: str) -> str:
    """Settings as they stand in the name of a network, such as decay=0.999@epochs=300, in words."""
    return changed.replace("@", ", ").replace("_", " ").replace("=", " ")


def colours(count: int) -> list:
    """Colour-blind safe colours (seaborn's "colorblind")."""
    return sns.color_palette("colorblind", count)


@contextmanager
def figure(width: float = 4.6, height: float = 3.3, columns: int = 1) -> Iterator[tuple[Figure, Axes]]:
    """A figure of ``width``×``height`` inches in the common style, closed at the end of the block.

    With several ``columns`` there are as many axes beside each other, in an array.
    """
    matplotlib.use("Agg")
    settings: dict[Any, Any] = {
        "font.size": 8,
        "axes.labelsize": 9,
        "axes.titlesize": 9,
        "legend.fontsize": 7.5,
        "lines.linewidth": 1.5,
        "lines.markersize": 4.5,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": "0.9",
        "grid.linewidth": 0.6,
        "text.parse_math": False,  # a user's names may have dollar signs
    }
    with sns.axes_style("ticks"), plt.rc_context(settings):
        drawn, axes = plt.subplots(1, columns, figsize=(width, height), layout="constrained")
        for each in drawn.axes:
            each.grid(True)
            each.set_axisbelow(True)
        yield drawn, axes
        plt.close(drawn)


def network_name(key: str, widths: dict[str, float]) -> str:
    """How a network is called in print, with its width where it is not the paper's."""
    return name(key) + (f" (width ×{widths[key]:g})" if key in widths else "")


def note(axes: Axes, seeds: int, confidence: float, what: str) -> None:
    """Name in the title the subject and the meaning of bands and bars."""
    interval = f"mean of {seeds} seeds with {100 * confidence:g}% interval"
    spread = interval if seeds > 1 else "one seed, no interval"
    axes.set_title(f"{what}\n{spread}", loc="left", color="0.35", fontsize=7.5)


SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(exponent: int) -> str:
    """10³ for 3, without mathtext, which is off because a user's names may have dollar signs."""
    return f"10{str(exponent).translate(SUPERSCRIPTS)}"


class _Powers(LogFormatterSciNotation):
    """Labels of a logarithmic axis as Matplotlib chooses them, in plain characters."""

    def __call__(self, value: float, position: int | None = None) -> str:
        label = super().__call__(value, position)
        label = re.sub(r"\$\\mathdefault\{(.*)\}\$", r"\1", label).replace(r"\times", "×")
        return re.sub(r"10\^\{(-?\d+)\}", lambda found: power_of_ten(int(found[1])), label)


def logarithmic(axes: Axes, *sides: str) -> None:
    """Give the "x" or "y" axis a logarithmic scale, with labels that need no mathtext."""
    for side in sides:
        axes.set(**{f"{side}scale": "log"})
        axis = getattr(axes, f"{side}axis")
        axis.set_major_formatter(_Powers())
        axis.set_minor_formatter(_Powers(labelOnlyBase=False, minor_thresholds=(2, 0.4)))


def paper_handle() -> Line2D:
    """The legend's entry for the paper's own, faintly drawn numbers."""
    return Line2D([], [], color="0.45", alpha=0.8, linewidth=1, marker=".", label="paper")


def save(drawn: Figure, path: str | Path) -> None:
    """Write a figure without the date and versions that would make equal figures differ."""
    metadata = {"CreationDate": None} if str(path).endswith(".pdf") else {"Software": None}
    with plt.rc_context({"pdf.fonttype": 42}):  # TrueType: many venues refuse Type 3
        drawn.savefig(path, metadata=metadata, dpi=300)
