"""Set a table of kernel systems (table 3) as CSV, HTML and LaTeX from its summary."""

from pipeline.execution.job import logged
from pipeline.storage.jobs import unfinished
from pipeline.storage.results import read_baselines, read_paper, read_summary
from pipeline.storage.shown import write_table
from rethinking.plotting import pages, system_pages
from rethinking.system_statistics import system_rows

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        paper = read_paper(spec["paper"])
        table = system_rows(read_summary(job["inputs"]["summary"]), paper)
        rows = system_pages.system_rows(table)
        linear = pages.baseline_notes(read_baselines(spec["baselines"], job["inputs"]["baselines"]))
        csv = table.to_csv(index=False)
        html = system_pages.system_html(rows, spec["name"], spec["seeds"], spec["confidence"], linear)
        tex = pages.text_latex(rows, 3, spec["name"], " ".join([system_pages.SYSTEM_NOTE, *linear]))
        write_table(job, csv=csv, html=html, tex=tex)
