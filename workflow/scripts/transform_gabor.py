"""Transform images into Gabor features."""

import torch

from pipeline import artefacts
from pipeline.job import logged
from rethinking.features.gabor import Gabor, gabor

with logged(snakemake.log[0]) as tell:
    job = snakemake.params.job
    settings = Gabor(**job["spec"]["settings"])
    torch.set_num_threads(snakemake.threads)
    images = artefacts.load(snakemake.input.images, job["spec"]["images"])
    with tell.progress("images") as report:
        parts = ((part, gabor(images[part], settings, report=report)) for part in ("train", "test"))
        artefacts.save(snakemake.output.points, parts, **job)
