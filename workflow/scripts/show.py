"""Show the summary of a figure or table as its home says: as a picture, or as a table in several forms."""

import importlib

from pipeline.execution.job import logged
from pipeline.storage.jobs import unfinished
from pipeline.storage.results import read_summary
from pipeline.storage.shown import write_figure, write_table

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        home = importlib.import_module(spec["module"])
        summary = read_summary(job["inputs"]["summary"])
        if spec["form"] == "figure":
            write_figure(job, home.draw(summary, spec))
        else:
            write_table(job, **home.forms(summary, spec))
