"""Tables as pages, in HTML and LaTeX: their common form, and the scorecard."""

import re

import pandas as pd
from jinja2 import Environment

from rethinking.baseline import Baseline
from rethinking.paper import title_of
from rethinking.plotting import style
from rethinking.scorecard import CLAIM, CONSEQUENCE, NUMBER, OWN_CLAIM, UNCOUNTED, headline

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; color: #222; }
h1 { font-size: 1.35rem; margin-bottom: .3rem; }
h2 { font-size: 1.05rem; margin: 2rem 0 .4rem; }
p { color: #555; max-width: 48rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .28rem .6rem; text-align: right; white-space: nowrap; }
th { border-bottom: 1.5px solid #222; font-weight: 600; vertical-align: bottom; }
td { border-bottom: 1px solid #e4e4e4; }
th.text, td.text { text-align: left; white-space: normal; min-width: 6.5rem; }
th.text:last-child, td.text:last-child { min-width: 18rem; }
tr.first td { border-top: 2px solid #bbb; }
.matched, .not-matched, .not-run { white-space: nowrap; }
.matched { color: #005a8c; } .not-matched { color: #a33a00; font-weight: 600; } .not-run { color: #777; }
</style>
</head>
<body>
<h1>{{ title }}</h1>
{% for paragraph in paragraphs %}<p>{{ paragraph }}</p>
{% endfor %}
{% for section in sections %}
{% if section.title %}<h2>{{ section.title }}</h2>{% endif %}
{% if section.about %}<p>{{ section.about }}</p>{% endif %}
<div class="scroll"><table>
<thead><tr>{% for column in section.columns %}<th{% if column.text %} class="text"{% endif %}>{{ column.name }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in section.rows %}<tr{% if row.first %} class="first"{% endif %}>
{%- for cell in row.cells %}<td{% if section.columns[loop.index0].text %} class="text"{% endif %}>
{%- if cell in marks %}<span class="{{ cell | replace(' ', '-') }}">{{ marks[cell] }} {{ cell }}</span>{% else %}{{ cell }}{% endif %}</td>
{%- endfor %}</tr>
{% endfor %}</tbody>
</table></div>
{% endfor %}
</body>
</html>
"""
# A sign beside each verdict, so that it does not hang on colour alone.
MARKS = {"matched": "✓", "not matched": "✗", "not run": "–"}


def page(title: str, paragraphs: list[str], sections: list[dict]) -> str:
    """A page of paragraphs and tables; a section has ``columns`` and ``rows``."""
    template = Environment(autoescape=True).from_string(PAGE)
    return template.render(title=title, paragraphs=paragraphs, sections=sections, marks=MARKS)


def seeds_note(seeds: int, confidence: float) -> str:
    """How many seeds there are, and the intervals that they give."""
    return "one seed" if seeds == 1 else f"{seeds} seeds, {100 * confidence:g} % intervals"


def spread_note(seeds: int, confidence: float) -> str:
    """The meaning of ± in a table."""
    if seeds == 1:
        return "One seed, so no intervals."
    return f"Mean over {seeds} seeds ± half the {100 * confidence:g}% Student t interval."


def baseline_notes(baselines: dict[str, Baseline]) -> list[str]:
    """A sentence on each data set's linear classifier, which networks and kernels have to beat."""
    notes = []
    for title, each in baselines.items():
        squares = f", images averaged over {each.averaged_over} × {each.averaged_over} pixels"
        notes.append(
            f"For comparison, a linear classifier fitted to {title} by least squares"
            f"{squares if each.averaged_over > 1 else ''}: train error {100 * each.train_error:.2f} %, test error "
            f"{100 * each.test_error:.2f} % ({each.test_examples:,} test images)."
        )
    return notes


def cell(value: float, form: str = "{:.3g}", scale: float = 1.0) -> str:
    """A number as text, a dash where there is none."""
    return "–" if pd.isna(value) else form.format(scale * value)


def readable(item: str) -> str:
    """An item of the scorecard with networks and conditions called as in print."""
    return re.sub(r"[a-z]\w*", lambda word: style.NAMES.get(word[0], word[0].replace("_", " ")), item)


# Characters that LaTeX reads as commands, in names that a user chose.
LATEX = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)


def text_latex(rows: pd.DataFrame, texts: int, name: str, caption: str) -> str:
    """Rows of text in LaTeX, the first ``texts`` columns to the left, for a document with booktabs."""
    signs = {"±": r"$\pm$", "×": r"$\times$", "–": "--"}

    def escaped(cell: str) -> str:
        cell = cell.translate(LATEX)
        for sign, command in signs.items():
            cell = cell.replace(sign, command)
        return cell

    return (
        rows.map(escaped)
        .rename(columns=escaped)
        .to_latex(
            index=False,
            escape=False,
            column_format="l" * texts + "r" * (len(rows.columns) - texts),
            caption=escaped(caption),
            label=f"tab:{name}",
        )
    )


def number(value) -> str:
    """A number for the scorecard's page, or the text that stands in its place."""
    if isinstance(value, str):
        return value
    return f"{value:.4g}" if pd.notna(value) else "–"


# The parts of the scorecard's page: kind, title, its name in the table's head, and a note.
SECTIONS = (
    (CLAIM, "Claims", "claim", ""),
    (NUMBER, "Numbers that the paper prints", "number", ""),
    (
        OWN_CLAIM,
        "Claims that are not the paper's",
        "claim",
        "Each figure or table that makes them has its own.",
    ),
    (
        CONSEQUENCE,
        "Consequences, which are not counted",
        "consequence",
        "They hold by construction. A verdict other than matched would be a mistake in the computation.",
    ),
    (
        UNCOUNTED,
        "Numbers that are not counted",
        "number",
        "They are fixed before anything is trained (the number of parameters, the time to fit at p = 0 relative to "
        "itself), or they are other readings of a number that is counted.",
    ),
)


def _scorecard_section(part: pd.DataFrame, title: str, name: str, about: str) -> dict:
    """One table of the scorecard's page."""
    numbers = part["difference"].notna().any()
    texts = ["source", name, "measured"]
    theirs = "claimed" if part["kind"].iloc[0] == OWN_CLAIM else "paper"
    figures = [theirs, "ours", "interval", "runs", *(["difference"] if numbers else [])]
    # Claims are words, and an interval says which variation it covers.
    in_words = {"interval"} if numbers else {"interval", theirs}
    columns = [
        {"name": column, "text": column in in_words or column not in figures}
        for column in [*texts, *figures, "verdict", "rule"]
    ]
    rows, last = [], None
    for entry in part.itertuples(index=False):
        interval, runs = "–", "–"
        if pd.notna(entry.lower):
            interval = f"{number(entry.lower)} to {number(entry.upper)} ({entry.interval})"
        if pd.notna(entry.runs):
            runs = f"{int(entry.runs)}" + (f" ({int(entry.failed)} failed)" if entry.failed else "")
        cells = [title_of(entry.source), readable(entry.item), entry.measured.replace("_", " ")]
        cells += [number(entry.paper), number(entry.ours), interval, runs]
        cells += [*([number(entry.difference)] if numbers else []), entry.verdict, entry.rule]
        rows.append({"cells": cells, "first": entry.source != last})
        last = entry.source
    return {"title": title, "about": about, "columns": columns, "rows": rows}


def scorecard_html(
    scorecard: pd.DataFrame, dataset: str, baselines: dict[str, Baseline], confidence: float
) -> str:
    """The scorecard as a page: the verdicts' counts, then claim by claim and number by number."""
    return page(
        f"Scorecard on {dataset}",
        [
            f"{headline(scorecard)}.",
            "Ours is the mean over the runs. A run has failed if it diverged, did not fit its training labels, or "
            "has no solution; a claim or number with a failed run behind it is not matched. Accuracies and errors "
            "are fractions.",
            f"Intervals are at {100 * confidence:g} %: Student's t over the seeds, the binomial variation of the "
            "test set, or one epoch either way, and where several are named, what covers all of them. They enter "
            "the verdicts on claims and not those on numbers.",
            *baseline_notes(baselines),
        ],
        [
            _scorecard_section(part, title, name, about)
            for kind, title, name, about in SECTIONS
            if len(part := scorecard[scorecard["kind"] == kind])
        ],
    )
