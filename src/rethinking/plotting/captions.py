"""The captions of the report: the paper's claim, our result, and the command that makes it.

A caption is reStructuredText in a Jinja template, because Snakemake takes it for one. Nothing in it that
comes from elsewhere (titles, file names, results) means anything to either: ``escaped`` sees to the first,
``_caption`` to the second.
"""

import re
import shlex
import textwrap

import pandas as pd

from rethinking.plotting import pages
from rethinking.scorecard import CLAIM, MATCHED, NOT_RUN, NUMBER, OWN_CLAIM, VERDICTS

ELSEWHERE = "Data, machines, versions and times are on the page *How this was made*."


def escaped(text: str) -> str:
    """One line of text in which no character means anything to reStructuredText.

    Every sign gets a backslash: the meaning of a sign depends on its neighbours and on the line that it
    begins. An unprintable character becomes a question mark.
    """
    line = " ".join(text.split())
    printable = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)
    return re.sub(r"[^\w\s]|_", r"\\\g<0>", printable)


def command_for(target: str, command: str) -> str:
    """The call that makes ``target``: ``command`` is a call of Snakemake without one."""
    # The target first: options that take several values would swallow one that follows.
    program, *options = shlex.split(command)
    return shlex.join([program, target, "--cores", "all", *options])


def made_by(target: str, command: str) -> str:
    """The last paragraph of a caption: how the result is made again."""
    # Every line of a literal block is indented, also those of a file name with line breaks.
    call = textwrap.indent("\n".join(command_for(target, command).splitlines()), "  ", lambda line: True)
    return f"**To make it again** (only what is missing or has changed is computed)::\n\n{call}"


def _caption(*paragraphs: str) -> str:
    """Paragraphs, those of one line filled, as a template that renders as they are."""
    filled = (
        each if "\n" in each else textwrap.fill(each, 100, break_long_words=False, break_on_hyphens=False)
        for each in paragraphs
    )
    # All that Jinja acts on begins with a brace. The only ones in the template are those that print one.
    return "\n\n".join(filled).replace("{", '{{ "{" }}') + "\n"


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


def _number(value: float | str) -> str:
    """A number of the scorecard, or the text in its place; read from a file, a number may be a text too."""
    try:
        return pages.number(float(value))
    except ValueError:
        return str(value)


def _claims(found: pd.DataFrame, theirs: str) -> list[str]:
    """How many claims hold, and each that was put to the test, with the claim (headed ``theirs``) and
    ours.
    """
    if found.empty:
        return []
    run = found[found["verdict"] != NOT_RUN]
    if run.empty:
        return [f"none of {len(found)} claims was put to the test: no run stands for them."]
    rows = [
        [
            f"{pages.MARKS.get(row.verdict, '?')} {pages.readable(row.item)}",
            _number(row.paper),
            f"{_number(row.ours)} ({row.measured})",
        ]
        for row in run.itertuples(index=False)
    ]
    return [f"{_held(found)}:", _table(["claim", theirs, "ours"], [45, 20, 35], rows)]


def _numbers(compared: pd.DataFrame) -> list[str]:
    """How many of the numbers that the paper prints are matched."""
    if compared.empty:
        return []
    counts = compared["verdict"].value_counts()
    parts = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if verdict in counts)
    return [f"Of {len(compared)} numbers that the paper prints: {parts} (one by one on the scorecard)."]


def exhibit(paper: dict | None, about: str, scorecard: pd.DataFrame, seen: list[str], how: str) -> str:
    """The caption of a figure or table.

    ``paper`` has the paper's "claim" and "where" it makes it, if it says anything. ``about`` names the data
    and seeds, ``scorecard`` has the rows of ``rethinking.scorecard`` for this figure or table alone, ``seen``
    are further sentences about the figure, ``how`` is ``made_by``.
    """
    rows = {kind: scorecard[scorecard["kind"] == kind] for kind in (CLAIM, OWN_CLAIM, NUMBER)}
    ours = [
        *map(escaped, seen),
        *_claims(rows[CLAIM], "paper"),
        *_claims(rows[OWN_CLAIM], "claimed"),
        *_numbers(rows[NUMBER]),
    ] or ["numbers and intervals, which are held against no claim."]
    ours[0] = f"**Here** ({escaped(about)}): {ours[0]}"
    theirs = f"**The paper** ({escaped(paper['where'])}): {escaped(paper['claim'])}" if paper else None
    return _caption(*filter(None, [theirs]), *ours, how, ELSEWHERE)


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


def contact_sheet(paper: str, about: str, how: str) -> str:
    """The caption of corrupted images beside clean ones; ``paper`` is the paper's own description, if any."""
    return _caption(
        *([f"**The paper** (section 2.1): {escaped(paper)}"] if paper else []),
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
        f"**Here**: {escaped(about)}.",
        how,
    )
