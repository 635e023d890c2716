"""Transform images into Gabor features."""

import torch

from pipeline.execution.job import logged
from pipeline.storage.artefacts import load, save_arrays
from pipeline.storage.jobs import unfinished
from rethinking.features.gabor import Gabor, gabor

with logged(snakemake.log[0]) as tell:
    torch.set_num_threads(snakemake.threads)
    for job in unfinished(snakemake.params.jobs, tell):
        settings = Gabor(**job["spec"]["settings"])
        images = load(job["inputs"]["images"])
        with tell.progress("images") as report:
            parts = ((part, gabor(images[part], settings, report=report)) for part in ("train", "test"))
            save_arrays(job, parts)
