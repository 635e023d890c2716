"""Draw how descent approaches the interpolant of least norm from its summary."""

from pipeline.execution.job import logged
from pipeline.storage.jobs import unfinished
from pipeline.storage.results import read_summary
from pipeline.storage.shown import write_figure
from rethinking.plotting import minimum_norm

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        about = f"{spec['examples']} examples of {spec['dataset']}, Gaussian kernel on {spec['features']}"
        about += f", γ = {spec['bandwidth']:g}"
        drawn = minimum_norm.draw(
            read_summary(job["inputs"]["summary"]), spec["seeds"], spec["confidence"], about
        )
        write_figure(job, drawn)
