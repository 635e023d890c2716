"""Set an accuracy table (table 1) as CSV, HTML and LaTeX from its summary."""

from pipeline.execution.job import logged
from pipeline.storage.jobs import unfinished
from pipeline.storage.results import read_baselines, read_paper, read_summary
from pipeline.storage.shown import write_table
from rethinking.plotting import pages
from rethinking.statistics import table_rows

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        paper = read_paper(spec["paper"])
        table = table_rows(read_summary(job["inputs"]["summary"]), paper)
        rows = pages.accuracy_rows(table, spec["widths"])
        about = (spec["name"], spec["dataset"], spec["seeds"], spec["confidence"])
        linear = pages.baseline_notes(read_baselines(spec["baselines"], job["inputs"]["baselines"]))
        csv = table.to_csv(index=False)
        html = pages.accuracy_html(rows, *about, linear)
        tex = pages.accuracy_latex(rows, *about, linear)
        write_table(job, csv=csv, html=html, tex=tex)
