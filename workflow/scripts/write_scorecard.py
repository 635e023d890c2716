"""Compare the summaries of figures and tables with the paper, number by number, claim by claim."""

from importlib import import_module

import pandas as pd

from pipeline.execution.job import logged
from pipeline.storage.exhibits import write_texts
from pipeline.storage.jobs import unfinished
from pipeline.storage.results import read_baselines, read_paper, read_summary
from rethinking import scorecard
from rethinking.claims import claim_rows, claimed_rows
from rethinking.plotting import pages
from rethinking.printed_numbers import numbers
from rethinking.verdicts import Yardstick

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec, inputs = job["spec"], job["inputs"]
        titles = [title for exhibit in spec["exhibits"] for title in exhibit["about"]]
        baselines = read_baselines(titles, inputs["baselines"])
        found = []
        for exhibit, entry in zip(spec["exhibits"], inputs["summaries"], strict=True):
            name, claims = exhibit["name"], exhibit["claims"]
            summary = claimed_rows(read_summary(entry), exhibit["claimed"])
            if claims:
                about = {title: baselines[title] for title in exhibit["about"]}
                read = {
                    "yardstick": Yardstick(spec["fit"], spec["confidence"], about),
                    "paper": read_paper(exhibit.get("paper")),
                }
                given = {name: read[name] for name in claims["reads"]}
                tested = import_module(claims["module"]).claims(summary, **claims["arguments"], **given)
                found.append(claim_rows(name, tested, exhibit["is_papers"]))
            if exhibit["numbers"]:
                paper, quantity = read_paper(exhibit["paper"]), exhibit["quantity"]
                found.append(numbers(name, exhibit["numbers"], summary, paper, spec["tolerance"], quantity))
        found = [part for part in found if len(part)]
        table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=scorecard.COLUMNS)
        page = pages.scorecard_html(table, spec["dataset"], baselines, spec["confidence"])
        write_texts(job, {"scorecard.csv": table.to_csv(index=False), "scorecard.html": page})
        print(scorecard.headline(table))
