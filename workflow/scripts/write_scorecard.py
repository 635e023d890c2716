"""Compare the summaries of all figures and tables with the paper, number by number, claim by claim."""

import pandas as pd

from pipeline.execution.job import logged
from pipeline.storage.jobs import unfinished
from pipeline.storage.results import read_baselines, read_paper, read_summary
from pipeline.storage.shown import write_texts
from rethinking import scorecard
from rethinking.claims import claims
from rethinking.plotting import pages
from rethinking.printed_numbers import numbers
from rethinking.verdicts import Yardstick

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec, inputs = job["spec"], job["inputs"]
        titles = [title for shown in spec["shown"] for title in shown["about"]]
        baselines = read_baselines(titles, inputs["baselines"])
        found = []
        for shown, entry in zip(spec["shown"], inputs["summaries"], strict=True):
            name, kind, quantity = shown["name"], shown["kind"], shown["quantity"]
            summary = read_summary(entry)
            of = {title: baselines[title] for title in shown["about"]}
            if shown["examples"]:
                # An experiment that draws some of the test images.
                of = {title: each.of_examples(shown["examples"]) for title, each in of.items()}
            yardstick = Yardstick(spec["fit"], spec["confidence"], of)
            parts = [claims(name, kind, summary, yardstick, quantity)]
            if shown["paper"]:
                paper = read_paper(shown["paper"])
                parts.append(numbers(name, kind, summary, paper, spec["tolerance"], quantity))
            found += [part for part in parts if len(part)]
        table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=scorecard.COLUMNS)
        page = pages.scorecard_html(table, spec["dataset"], baselines, spec["confidence"])
        write_texts(job, {"scorecard.csv": table.to_csv(index=False), "scorecard.html": page})
        print(scorecard.headline(table))
