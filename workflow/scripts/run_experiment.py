"""Carry out a small experiment on the features of a data set."""

from importlib import import_module
from inspect import signature

from threadpoolctl import threadpool_limits

from pipeline.execution.job import logged, provenance
from pipeline.storage.artefacts import load, write_result
from pipeline.storage.jobs import unfinished

with logged(snakemake.log[0]) as tell, threadpool_limits(snakemake.threads):
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        points, labels = load(job["inputs"]["points"]), load(job["inputs"]["labels"])
        run = import_module(spec["module"]).run
        data = {"labels": labels, "classes": len(labels["classes"]), "seed": job["seed"]}
        named = {name: data[name] for name in data.keys() & signature(run).parameters.keys()}
        rows = run(points, **named, **spec["arguments"])
        write_result(job, {"rows": rows, **provenance()})
        print(f"{len(rows)} rows")
