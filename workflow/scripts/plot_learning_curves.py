"""Draw training loss against steps (figure 1a) from its summary."""

from pipeline.execution.job import logged
from pipeline.storage.jobs import unfinished
from pipeline.storage.results import read_paper, read_summary
from pipeline.storage.shown import write_figure
from rethinking.plotting import learning_curves

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        drawn = learning_curves.draw(
            read_summary(job["inputs"]["summary"]),
            spec["quantity"],
            spec["conditions"],
            read_paper(spec["paper"]),
            spec["seeds"],
            spec["confidence"],
            spec["dataset"],
            spec["network"],
            spec["widths"],
        )
        write_figure(job, drawn)
