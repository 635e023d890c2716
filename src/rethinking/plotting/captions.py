"""What the report says beside each result: the paper's claim, what we see, and the command that makes it.

Captions are reStructuredText. What comes from a user, such as the title of a data set, has its special
characters escaped.
"""

import re
import shlex
import textwrap

import pandas as pd

from rethinking.paper import CORRUPTIONS, Said
from rethinking.plotting import pages
from rethinking.scorecard import MATCHED, NOT_RUN, VERDICTS

ELSEWHERE = "Data, machines, versions and times are on the page *How this was made*."


def escaped(text: str) -> str:
    """One line in which no character means anything to reStructuredText, and none ends a block of Jinja's."""
    return re.sub(r"([\\*`|_<>\[\]]|(?<={)%)", r"\\\1", " ".join(text.split()))


def command_for(target: str, command: str) -> str:
    """The call that makes ``target``: ``command`` is a call of Snakemake without one."""
    # The target first: options that take several values would swallow one that follows.
    program, *options = shlex.split(command)
    return shlex.join([program, target, "--cores", "all", *options])


def made_by(target: str, command: str) -> str:
    """The last paragraph of a caption: how the result is made again."""
    call = command_for(target, command)
    return f"**To make it again** (only what is missing or has changed is computed)::\n\n  {call}"


def _caption(*paragraphs: str) -> str:
    """Paragraphs, those of one line filled, as they are: Snakemake takes a caption for a Jinja template."""
    filled = (
        each if "\n" in each else textwrap.fill(each, 100, break_long_words=False, break_on_hyphens=False)
        for each in paragraphs
    )
    return "{% raw %}\n" + "\n\n".join(filled) + "\n{% endraw %}\n"


def _table(header: list[str], widths: list[int], rows: list[list[str]]) -> str:
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {' '.join(map(str, widths))}", ""]
    for row in [header, *rows]:
        for index, cell in enumerate(row):
            lines.append(f"   {'*' if index == 0 else ' '} - {escaped(cell)}".rstrip())
    return "\n".join(lines)


def _held(found: pd.DataFrame) -> str:
    """How many claims hold of those that were put to the test."""
    counts = found["verdict"].value_counts()
    not_run = f" ({counts[NOT_RUN]} not run)" if NOT_RUN in counts else ""
    return f"{counts.get(MATCHED, 0)} of {len(found) - counts.get(NOT_RUN, 0)} claims hold{not_run}"


def _claims(found: pd.DataFrame) -> list[str]:
    """How many claims hold, and each that was put to the test with the paper's number and ours."""
    if found.empty:
        return []
    run = found[found["verdict"] != NOT_RUN]
    if run.empty:
        return [f"none of {len(found)} claims was put to the test: no run stands for them."]
    rows = [
        [
            f"{pages.MARKS[row.verdict]} {pages.readable(row.item)}",
            pages.number(row.paper),
            f"{pages.number(row.ours)} ({row.measured})",
        ]
        for row in run.itertuples(index=False)
    ]
    return [f"{_held(found)}:", _table(["claim", "paper", "ours"], [45, 20, 35], rows)]


def _numbers(compared: pd.DataFrame) -> list[str]:
    """How many of the numbers that the paper prints are matched."""
    if compared.empty:
        return []
    counts = compared["verdict"].value_counts()
    parts = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if verdict in counts)
    return [f"Of {len(compared)} numbers that the paper prints: {parts} (one by one on the scorecard)."]


def shown(said: Said, about: str, scorecard: pd.DataFrame, seen: list[str], how: str) -> str:
    """The caption of a figure or table.

    ``about`` names the data and seeds, ``scorecard`` has the rows of ``rethinking.scorecard`` for this
    figure or table alone, ``seen`` are further sentences about what it shows, ``how`` is ``made_by``.
    """
    found = scorecard[scorecard["kind"] == "claim"]
    compared = scorecard[scorecard["kind"] == "number"]
    ours = [*map(escaped, seen), *_claims(found), *_numbers(compared)] or ["The paper has no claim to test."]
    ours[0] = f"**Here** ({escaped(about)}): {ours[0]}"
    return _caption(f"**The paper** ({said.where}): {escaped(said.claim)}", *ours, how, ELSEWHERE)


def scorecard(table: pd.DataFrame, titles: dict[str, str], about: str, how: str) -> str:
    """The caption of the scorecard: verdicts by figure and table, whose ``titles`` are given by name."""
    rows = []
    for name, title in titles.items():
        cells = [title]
        for kind in ("claim", "number"):
            verdicts = table.loc[(table["source"] == name) & (table["kind"] == kind), "verdict"]
            run = (verdicts != NOT_RUN).sum()
            cells.append(f"{(verdicts == MATCHED).sum()} of {run}" if run else "–")
        rows.append(cells)
    claims = table[table["kind"] == "claim"]
    return _caption(
        "**The paper**: networks large enough to fit random labels generalise on true ones, with and "
        "without regularisation. What was known to bound the generalisation error cannot tell the two apart.",
        f"**Here** ({escaped(about)}): {_held(claims)}.",
        _table(["", "claims that hold", "numbers matched"], [40, 30, 30], rows),
        "A claim is about any data set and has a rule for its verdict; a number that the paper prints is "
        "about the paper's data set, and matched within a stated tolerance.",
        how,
        ELSEWHERE,
    )


def contact_sheet(corruption: str, about: str, how: str) -> str:
    """The caption of a corruption drawn beside the clean images."""
    return _caption(
        f"**The paper** (section 2.1): {CORRUPTIONS[corruption]}",
        f"**Here** ({escaped(about)}): training images of each class, left as they are and right corrupted. "
        "The numbers say which images these are.",
        how,
        ELSEWHERE,
    )


def provenance(about: str, how: str) -> str:
    """The caption of the page that says how everything was made."""
    return _caption(
        "The data sets that results are about, and for the runs and kernel systems behind them the device, "
        "precision, time and memory that each recorded of itself, and the versions that made it.",
        f"**Here**: {about}.",
        how,
    )
