"""Draw corrupted training and test images once and store them, one part after the other."""

import importlib

from pipeline.execution.job import logged
from pipeline.storage.artefacts import load, save_arrays
from pipeline.storage.jobs import unfinished
from rethinking.corruptions.arrays import centre
from rethinking.seeds import numpy_generator

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        clean = load(job["inputs"]["images"])
        if spec["crop"] is not None:
            clean = {part: centre(images, spec["crop"]) for part, images in clean.items()}
        generator = numpy_generator(job["seed"], spec["corruption"])
        corruption = importlib.import_module(spec["module"])
        save_arrays(job, corruption.corrupt(clean, generator, **spec["options"]))
        counts = " + ".join(str(len(images)) for images in clean.values())
        print(f"{spec['corruption']}, seed {job['seed']}: {counts} images {clean['train'].shape[1:]}")
