"""Compare the summaries of all figures and tables with the paper, number by number, claim by claim."""

import pandas as pd

from pipeline.execution.job import logged
from pipeline.storage.jobs import unfinished
from pipeline.storage.results import read_paper, read_summary
from pipeline.storage.shown import write_texts
from rethinking import scorecard
from rethinking.claims import claims
from rethinking.plotting import pages

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        found = []
        for shown, entry in zip(spec["shown"], job["inputs"]["summaries"], strict=True):
            name, kind, quantity = shown["name"], shown["kind"], shown["quantity"]
            summary = read_summary(entry)
            parts = [claims(name, kind, summary, quantity, spec["fit"])]
            if shown["paper"]:
                paper = read_paper(shown["paper"])
                parts.append(scorecard.numbers(name, kind, summary, paper, spec["tolerance"], quantity))
            found += [part for part in parts if len(part)]
        table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=scorecard.COLUMNS)
        page = pages.scorecard_html(table, spec["dataset"], spec["seeds"], spec["confidence"])
        write_texts(job, {"scorecard.csv": table.to_csv(index=False), "scorecard.html": page})
        counts = table["verdict"].value_counts()
        print(", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in scorecard.VERDICTS))
