"""Tables as pages, in HTML and LaTeX: what they have in common, table 1 and the scorecard."""

import math
import re

import pandas as pd
from jinja2 import Environment

from rethinking.paper import title_of
from rethinking.plotting import style

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
td.text:first-child { white-space: nowrap; }
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
    """How many seeds there are, and what intervals they give."""
    return "one seed" if seeds == 1 else f"{seeds} seeds, {100 * confidence:g} % intervals"


def spread_note(seeds: int, confidence: float) -> str:
    """What stands behind ± in a table."""
    if seeds == 1:
        return "One seed, so no intervals."
    return f"Mean over {seeds} seeds ± half the {100 * confidence:g}% Student t interval."


def readable(item: str) -> str:
    """An item of the scorecard with networks and conditions called as in print."""
    return re.sub(r"[a-z]\w*", lambda word: style.NAMES.get(word[0], word[0].replace("_", " ")), item)


def _per_cent(row: pd.Series, quantity: str) -> str:
    """Mean ± half the interval in per cent, as far as they are known."""
    diverged = f" ({row['diverged']} diverged)" if row["diverged"] else ""
    if not math.isfinite(row[quantity]):
        return "–" + diverged
    half = row[f"{quantity}_upper"] - row[quantity]
    spread = f" ± {100 * half:.2f}" if math.isfinite(half) else ""
    return f"{100 * row[quantity]:.2f}{spread}{diverged}"


def accuracy_rows(table: pd.DataFrame, widths: dict[str, float]) -> pd.DataFrame:
    """The rows of ``statistics.table_rows`` as text, set as in the paper; accuracies in per cent.

    ``widths`` names the networks that are not as wide as the paper's.
    """
    text = pd.DataFrame(
        {
            "model": [style.network_name(network, widths) for network in table["network"]],
            "condition": table["condition"].map(style.name),
            "parameters": table["parameters"].map("{:,}".format),
            "random crop": table["random_crop"].map({True: "yes", False: "no"}),
            "weight decay": table["weight_decay"].map({True: "yes", False: "no"}),
            "train accuracy": table.apply(_per_cent, axis=1, quantity="train_accuracy"),
            "test accuracy": table.apply(_per_cent, axis=1, quantity="test_accuracy"),
        }
    )
    for part in ("train", "test"):
        if f"paper_{part}_accuracy" in table:
            text[f"paper: {part}"] = table[f"paper_{part}_accuracy"].map(
                lambda value: "–" if pd.isna(value) else f"{100 * value:.2f}"
            )
    return text


def accuracy_html(rows: pd.DataFrame, name: str, dataset: str, seeds: int, confidence: float) -> str:
    """Table 1 as a page."""
    columns = [{"name": column, "text": column in ("model", "condition")} for column in rows]
    body, last = [], None
    for cells in rows.itertuples(index=False):
        body.append({"cells": list(cells), "first": cells[0] != last})
        last = cells[0]
    return page(
        f"{title_of(name)}: training and test accuracy on {dataset} (%)",
        [spread_note(seeds, confidence)],
        [{"columns": columns, "rows": body}],
    )


# What LaTeX reads as commands, in names that a user chose.
LATEX = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)


def accuracy_latex(rows: pd.DataFrame, name: str, dataset: str, seeds: int, confidence: float) -> str:
    """Table 1 in LaTeX, for a document with the package booktabs."""
    escaped = rows.map(lambda cell: cell.replace("±", r"$\pm$").replace("×", r"$\times$").replace("–", "--"))
    blanks = escaped["model"].where(escaped["model"] != escaped["model"].shift(), "")
    escaped = escaped.assign(model=blanks)
    text_columns = sum(column in ("model", "condition") for column in rows)
    spread = spread_note(seeds, confidence).replace("±", r"$\pm$").replace("%", r"\%")
    return escaped.to_latex(
        index=False,
        escape=False,
        column_format="l" * text_columns + "r" * (len(rows.columns) - text_columns),
        caption=rf"Training and test accuracy on {dataset.translate(LATEX)} (\%). {spread}",
        label=f"tab:{name}",
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


def scorecard_html(scorecard: pd.DataFrame, dataset: str, seeds: int, confidence: float) -> str:
    """The scorecard as a page: the verdicts' counts, then claim by claim and number by number."""
    counts = scorecard["verdict"].value_counts()
    total = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in MARKS)
    sections = []
    for kind, title in (("claim", "Claims"), ("number", "Numbers that the paper prints")):
        part = scorecard[scorecard["kind"] == kind]
        if part.empty:
            continue
        numbers = kind == "number"
        texts = ["source", kind, "measured"]
        figures = ["paper", "ours", "interval", "seeds", *(["difference"] if numbers else [])]
        columns = [
            {"name": name, "text": name not in figures} for name in [*texts, *figures, "verdict", "rule"]
        ]
        rows, last = [], None
        for entry in part.itertuples(index=False):
            interval = f"{number(entry.lower)} to {number(entry.upper)}" if pd.notna(entry.lower) else "–"
            runs = "–" if pd.isna(entry.runs) else str(int(entry.runs))
            difference = [number(entry.difference)] if numbers else []
            cells = [title_of(entry.source), readable(entry.item), entry.measured.replace("_", " ")]
            cells += [number(entry.paper), number(entry.ours), interval, runs, *difference]
            cells += [entry.verdict, entry.rule]
            rows.append({"cells": cells, "first": entry.source != last})
            last = entry.source
        sections.append({"title": title, "columns": columns, "rows": rows})
    return page(
        f"Scorecard on {dataset}: {total}",
        [
            "Ours is the mean over seeds; the interval is Student's t"
            f" at {100 * confidence:g}% and does not enter the verdict. Accuracies and errors are fractions.",
        ],
        sections,
    )
