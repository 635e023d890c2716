"""Compare the summaries of all figures and tables with the paper, number by number, claim by claim.

And say of each in the report's words what came out.
"""

import os

import pandas as pd

from pipeline.artefacts import written_whole
from pipeline.job import logged
from pipeline.results import read_baselines, read_summary
from rethinking import scorecard, system_statistics
from rethinking.claims import claims
from rethinking.paper import said, title_of
from rethinking.plotting import captions, pages
from rethinking.printed_numbers import numbers
from rethinking.verdicts import Yardstick

with logged(snakemake.log[0]):
    spec = snakemake.params.job["spec"]
    command = os.environ["RETHINKING_SNAKEMAKE"]
    spread = pages.seeds_note(spec["seeds"], spec["confidence"])
    empty = pd.DataFrame(columns=scorecard.COLUMNS)
    found, baselines = [], {}
    for shown in spec["shown"]:
        name, kind, quantity = shown["name"], shown["kind"], shown["quantity"]
        summary = read_summary(shown["summary"])
        of = read_baselines(shown["baselines"])
        baselines |= of
        if shown["examples"]:
            # A measurement that draws some of the test images.
            of = {title: each.of_examples(shown["examples"]) for title, each in of.items()}
        parts = [claims(name, kind, summary, Yardstick(spec["fit"], spec["confidence"], of), quantity)]
        if shown["paper"]:
            paper = pd.read_csv(shown["paper"])
            parts.append(numbers(name, kind, summary, paper, spec["tolerance"], quantity))
        parts = [part for part in parts if len(part)]
        found += parts
        caption = captions.shown(
            said(kind, quantity),
            f"{', '.join(of)}; {spread}",
            pd.concat(parts, ignore_index=True) if parts else empty,
            system_statistics.ridge_gains(summary) if kind == "ridge_path" else [],
            captions.made_by(name, command),
        )
        with written_whole(shown["caption"]) as temporary:
            temporary.write_text(caption)
    table = pd.concat(found, ignore_index=True) if found else empty
    with written_whole(snakemake.output.csv) as temporary:
        table.to_csv(temporary, index=False)
    with written_whole(snakemake.output.html) as temporary:
        page = pages.scorecard_html(table, spec["dataset"], baselines, spec["confidence"])
        temporary.write_text(page)
    titles = {shown["name"]: title_of(shown["name"]) for shown in spec["shown"]}
    with written_whole(snakemake.output.caption) as temporary:
        how = captions.made_by("scorecard", command)
        temporary.write_text(captions.scorecard(table, titles, f"{spec['dataset']}; {spread}", how))
    print(scorecard.headline(table))
