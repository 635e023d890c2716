"""Draw one figure, or set one table, from its summary."""

from importlib import import_module

from pipeline.execution.job import logged
from pipeline.storage.exhibits import write_figure, write_table
from pipeline.storage.jobs import unfinished
from pipeline.storage.results import read_baselines, read_paper, read_summary

MAKERS = {"figure": ("draw", write_figure), "table": ("render", write_table)}

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec, inputs = job["spec"], job["inputs"]
        arguments = dict(spec["arguments"])
        if "paper" in spec:
            arguments["paper"] = read_paper(spec["paper"])
        if "baselines" in spec:
            arguments["baselines"] = read_baselines(spec["baselines"], inputs["baselines"])
        name, write = MAKERS[spec["form"]]
        make = getattr(import_module(spec["module"]), name)
        write(job, make(read_summary(inputs["summary"]), **arguments))
