"""Draw the test error of kernel systems against the ridge from its summary."""

from pipeline.execution.job import logged
from pipeline.storage.jobs import unfinished
from pipeline.storage.results import read_summary
from pipeline.storage.shown import write_figure
from rethinking.plotting import ridge_path

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        drawn = ridge_path.draw(read_summary(job["inputs"]["summary"]), spec["systems"], spec["confidence"])
        write_figure(job, drawn)
