"""Compare the summaries of all figures and tables with the paper, number by number, claim by claim."""

import pandas as pd

from pipeline.artefacts import written_whole
from pipeline.job import logged
from pipeline.results import read_summary
from rethinking import scorecard
from rethinking.claims import claims
from rethinking.plotting import pages

with logged(snakemake.log[0]):
    spec = snakemake.params.job["spec"]
    parts = []
    for shown in spec["shown"]:
        summary = read_summary(shown["summary"])
        parts.append(claims(shown["name"], shown["kind"], summary, shown["quantity"], spec["fit"]))
        if shown["paper"]:
            paper = pd.read_csv(shown["paper"])
            about = (shown["name"], shown["kind"], summary, paper, spec["tolerance"], shown["quantity"])
            parts.append(scorecard.numbers(*about))
    found = [part for part in parts if len(part)]
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=scorecard.COLUMNS)
    csv, html = snakemake.output
    with written_whole(csv) as temporary:
        table.to_csv(temporary, index=False)
    with written_whole(html) as temporary:
        page = pages.scorecard_html(table, spec["dataset"], spec["seeds"], spec["confidence"])
        temporary.write_text(page)
    counts = table["verdict"].value_counts()
    print(", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in scorecard.VERDICTS))
