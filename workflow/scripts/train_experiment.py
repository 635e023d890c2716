"""Carry out an experiment that trains a network, as often as it likes, on images of a data set."""

from importlib import import_module
from inspect import signature

import torch

from pipeline.execution.devices import computed_on, on_device
from pipeline.execution.job import logged, provenance
from pipeline.storage.artefacts import load, write_result
from pipeline.storage.jobs import unfinished
from rethinking.learner import Learner
from rethinking.networks.start import START
from rethinking.precision import choose
from rethinking.recipe import Recipe


def make(job: dict, device: torch.device) -> None:
    """Write the rows of one experiment."""
    spec = job["spec"]
    dtype, why = choose(execution["precision"], device)
    print(f"{spec['network']} on {device}, precision {dtype}: {why}")
    training = spec["training"]
    learner = Learner({key: training[key] for key in START}, Recipe(**training["recipe"]), device, dtype)
    points, labels = load(job["inputs"]["points"]), load(job["inputs"]["labels"])
    run = import_module(spec["module"]).run
    data = {"labels": labels, "classes": len(labels["classes"]), "seed": job["seed"], "learner": learner}
    named = {name: data[name] for name in data.keys() & signature(run).parameters.keys()}
    rows = run(points, **named, **spec["arguments"])
    write_result(job, {"rows": rows, **computed_on(device, dtype), **provenance()})
    print(f"{len(rows)} rows")


with logged(snakemake.log[0]) as tell:
    execution = snakemake.config["execution"]
    for job, device in on_device(unfinished(snakemake.params.jobs, tell), snakemake, tell):
        make(job, device)
