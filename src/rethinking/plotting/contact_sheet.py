"""A data set and a corruption of it side by side: ten classes by ten images each."""

from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from rethinking.plotting import style

ROWS, COLUMNS = 10, 10
GAP = 0.08  # between images, as a share of their side
LONGEST = 16  # letters of a class name


class Panel(NamedTuple):
    """One half of a sheet."""

    title: str
    images: list[list[np.ndarray]]  # a list of images (H, W, C) in grey levels for each class
    classes: list[str]  # the name of each row


def pick(labels: np.ndarray, rows: int = ROWS, columns: int = COLUMNS) -> list[np.ndarray]:
    """Indices of ``columns`` examples of each of the labels 0..``rows``-1, evenly spread over them all.

    Spread and mixed, because data that lie in folders are sorted by class. Fewer where there are not so
    many.
    """
    picked = []
    mixed = np.argsort(np.arange(columns) * 0.618 % 1)  # steps of the golden ratio
    for row in range(rows):
        found = np.flatnonzero(labels == row)
        spread = np.linspace(0, len(found) - 1, min(columns, len(found))).astype(int)
        picked.append(found[spread[mixed[mixed < len(spread)]]])
    return picked


def mosaic(images: list[list[np.ndarray]]) -> np.ndarray:
    """Rows of images on one white sheet, clipped to 0..255, uint8 (height, width, C)."""
    height, width, channels = images[0][0].shape
    gap = max(1, round(GAP * max(height, width)))
    down, right = height + gap, width + gap
    sheet = np.full((down * len(images) - gap, right * COLUMNS - gap, channels), 255, dtype=np.uint8)
    for row, line in enumerate(images):
        for column, image in enumerate(line):
            top, left = row * down, column * right
            sheet[top : top + height, left : left + width] = np.clip(image, 0, 255)
    return sheet


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def cell(name: str) -> str:
    """A class's name for a table that spreadsheets open: as text, also where it begins like a formula."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@")) else name


def draw(left: Panel, right: Panel, title: str) -> Figure:
    """Draw two panels of the same shape beside each other; values outside 0..255 are shown clipped."""
    height = 0.75 + 0.29 * len(left.images)
    with style.figure(7.2, height) as (drawn, axes):
        axes.remove()
        for place, panel in enumerate((left, right)):
            axes = drawn.add_subplot(1, 2, place + 1)
            sheet = mosaic(panel.images)
            step = sheet.shape[0] / len(panel.images)
            if sheet.shape[2] == 1:
                axes.imshow(sheet[..., 0], cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            else:
                axes.imshow(sheet, interpolation="nearest")
            axes.set_yticks([(row + 0.5) * step for row in range(len(panel.classes))])
            axes.set_yticklabels([_short(name) for name in panel.classes])
            axes.set_xticks([])
            axes.tick_params(length=0)
            axes.grid(False)
            axes.set_anchor("NW")
            plt.setp(axes.spines.values(), visible=False)
            axes.set_title(panel.title, loc="left", fontsize=8)
        drawn.suptitle(title, x=0.01, ha="left", fontsize=7.5, color="0.35")
        return drawn
