"""Set a table of kernel systems (table 3) as CSV, HTML and LaTeX from its summary."""

import pandas as pd

from pipeline.artefacts import written_whole
from pipeline.job import logged
from pipeline.results import read_baselines, read_summary
from rethinking.plotting import pages, system_pages
from rethinking.system_statistics import system_rows

with logged(snakemake.log[0]):
    spec = snakemake.params.job["spec"]
    paper = pd.read_csv(spec["paper"]) if spec["paper"] else None
    table = system_rows(read_summary(spec["summary"]), paper)
    rows = system_pages.system_rows(table)
    linear = pages.baseline_notes(read_baselines(spec["baselines"]))
    with written_whole(snakemake.output.csv) as temporary:
        table.to_csv(temporary, index=False)
    with written_whole(snakemake.output.html) as temporary:
        temporary.write_text(
            system_pages.system_html(rows, spec["name"], spec["seeds"], spec["confidence"], linear)
        )
    with written_whole(snakemake.output.tex) as temporary:
        note = " ".join([system_pages.SYSTEM_NOTE, *linear])
        temporary.write_text(pages.text_latex(rows, 3, spec["name"], note))
