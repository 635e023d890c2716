"""Draw corrupted training and test images once and store them, one part after the other."""

from itertools import chain

import numpy as np

from pipeline import artefacts
from pipeline.job import logged
from rethinking import corruptions
from rethinking.seeds import numpy_generator

with logged(snakemake.log[0]):
    job = snakemake.params.job
    spec = job["spec"]
    corruptions.check_choice("images", spec["images"], corruptions.IMAGE_CORRUPTIONS)
    clean = artefacts.load(snakemake.input.images, spec["source"])
    if spec["crop"] is not None:
        clean = {part: corruptions.centre(images, spec["crop"]) for part, images in clean.items()}
    shapes = {part: images.shape for part, images in clean.items()}
    shape = shapes["train"][1:]
    generator = numpy_generator(spec["seed"], spec["images"])
    drawn = {}
    if spec["images"] == "gaussian":
        moments = corruptions.gaussian_moments(clean["train"], spec["gaussian_moments"])
        del clean  # not needed any more, and mapped pages count as memory
        print(f"mean {np.round(moments[0], 3)}, standard deviation {np.round(moments[1], 3)}")

        def corrupted(part: str) -> np.ndarray:
            return corruptions.gaussian_images(shapes[part][0], shape, *moments, generator)

    elif spec["images"] == "shuffled_pixels":
        permutation = corruptions.pixel_permutation(shape, generator, spec["shuffle_unit"])
        drawn = {"permutation": permutation}

        def corrupted(part: str) -> np.ndarray:
            return corruptions.shuffle_pixels(clean[part], permutation, spec["shuffle_unit"])

    elif spec["images"] == "random_pixels":

        def corrupted(part: str) -> np.ndarray:
            return corruptions.randomise_pixels(clean[part], generator, spec["shuffle_unit"])

    parts = ((part, corrupted(part)) for part in ("train", "test"))
    artefacts.save(snakemake.output.images, chain(parts, drawn.items()), **job)
    print(f"{spec['images']}, seed {spec['seed']}: {shapes['train'][0]} + {shapes['test'][0]} images {shape}")
