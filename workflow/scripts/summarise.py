"""Turn the finished results of one figure or table into the numbers that it shows."""

from importlib import import_module

from pipeline.execution.job import logged
from pipeline.storage.jobs import unfinished
from pipeline.storage.results import READERS, write_summary

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        read = READERS[spec["reads"]](spec["coordinates"], job["inputs"]["results"])
        summary = import_module(spec["module"]).summarise(read, **spec["arguments"])
        write_summary(job, summary)
        print(f"{len(spec['coordinates'])} results, {len(summary)} numbers")
