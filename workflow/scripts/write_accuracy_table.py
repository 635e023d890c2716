"""Set an accuracy table (table 1) as CSV, HTML and LaTeX from its summary."""

import pandas as pd

from pipeline.artefacts import written_whole
from pipeline.job import logged
from pipeline.results import read_baselines, read_summary
from rethinking.plotting import pages
from rethinking.statistics import table_rows

with logged(snakemake.log[0]):
    spec = snakemake.params.job["spec"]
    paper = pd.read_csv(spec["paper"]) if spec["paper"] else None
    table = table_rows(read_summary(spec["summary"]), paper)
    rows = pages.accuracy_rows(table, spec["widths"])
    about = (spec["name"], spec["dataset"], spec["seeds"], spec["confidence"])
    linear = pages.baseline_notes(read_baselines(spec["baselines"]))
    with written_whole(snakemake.output.csv) as temporary:
        table.to_csv(temporary, index=False)
    with written_whole(snakemake.output.html) as temporary:
        temporary.write_text(pages.accuracy_html(rows, *about, linear))
    with written_whole(snakemake.output.tex) as temporary:
        temporary.write_text(pages.accuracy_latex(rows, *about, linear))
