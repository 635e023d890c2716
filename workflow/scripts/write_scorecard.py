"""Compare the summaries of all figures and tables with the paper, number by number, claim by claim."""

import pandas as pd

from pipeline.artefacts import written_whole
from pipeline.job import logged
from pipeline.results import read_summary, write_summary
from rethinking import scorecard
from rethinking.claims import claims
from rethinking.plotting import pages

with logged(snakemake.log[0]):
    spec = snakemake.params.job["spec"]
    empty = pd.DataFrame(columns=scorecard.COLUMNS)
    found = []
    for shown in spec["shown"]:
        name, kind, quantity = shown["name"], shown["kind"], shown["quantity"]
        summary = read_summary(shown["summary"])
        parts = [claims(name, kind, summary, quantity, spec["fit"])]
        if shown["paper"]:
            paper = pd.read_csv(shown["paper"])
            parts.append(scorecard.numbers(name, kind, summary, paper, spec["tolerance"], quantity))
        found += [part for part in parts if len(part)]
    table = pd.concat(found, ignore_index=True) if found else empty
    write_summary(snakemake.output.csv, snakemake.output.result, table, **snakemake.params.job)
    with written_whole(snakemake.output.html) as temporary:
        page = pages.scorecard_html(table, spec["dataset"], spec["seeds"], spec["confidence"])
        temporary.write_text(page)
    counts = table["verdict"].value_counts()
    print(", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in scorecard.VERDICTS))
