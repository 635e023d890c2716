"""Transform images into features, which kernels see as points."""

import importlib

import torch

from pipeline.execution.job import logged
from pipeline.storage.artefacts import load, save_arrays
from pipeline.storage.jobs import unfinished
from pipeline.storage.writing import ArtefactError

with logged(snakemake.log[0]) as tell:
    torch.set_num_threads(snakemake.threads)
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        transform = importlib.import_module(spec["module"]).transform
        images = load(job["inputs"]["images"])
        with tell.progress("images") as report:
            try:
                save_arrays(
                    job,
                    (
                        (part, transform(images[part], report, **spec["settings"]))
                        for part in ("train", "test")
                    ),
                )
            except ValueError as error:
                raise ArtefactError(f"features {spec['features']} of {spec['dataset']}: {error}") from error
