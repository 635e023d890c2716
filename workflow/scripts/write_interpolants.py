"""Set a table of interpolants that do and do not generalise as CSV, HTML and LaTeX from its summary."""

from pipeline.execution.job import logged
from pipeline.storage.jobs import unfinished
from pipeline.storage.results import read_summary
from pipeline.storage.shown import write_table
from rethinking.plotting import pages, system_pages

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        summary = read_summary(job["inputs"]["summary"])
        rows = system_pages.interpolant_rows(summary)
        about = (spec["name"], spec["dataset"], spec["seeds"], spec["confidence"])
        csv = summary.to_csv(index=False)
        html = system_pages.interpolant_html(rows, *about)
        caption = f"Interpolants of {spec['dataset']}, errors in %."
        tex = pages.text_latex(rows, 1, spec["name"], caption)
        write_table(job, csv=csv, html=html, tex=tex)
