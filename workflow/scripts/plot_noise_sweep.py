"""Draw a quantity against label noise (figures 1b and 1c) from its summary."""

from pipeline.execution.job import logged
from pipeline.storage.jobs import unfinished
from pipeline.storage.results import read_paper, read_summary
from pipeline.storage.shown import write_figure
from rethinking.plotting import noise_sweep

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        drawn = noise_sweep.draw(
            read_summary(job["inputs"]["summary"]),
            spec["quantity"],
            spec["networks"],
            read_paper(spec["paper"]),
            spec["seeds"],
            spec["confidence"],
            spec["dataset"],
            spec["widths"],
        )
        write_figure(job, drawn)
