"""Draw corrupted training and test images once and store them."""

import numpy as np

from pipeline import artefacts
from pipeline.job import logged
from rethinking import corruptions
from rethinking.seeds import numpy_generator

with logged(snakemake.log[0]):
    job = snakemake.params.job
    spec = job["spec"]
    clean = artefacts.load(snakemake.input.images, spec["source"])
    if spec["crop"] is not None:
        clean = {name: corruptions.centre(array, spec["crop"]) for name, array in clean.items()}
    train, test = clean["train"], clean["test"]
    shape = train.shape[1:]
    generator = numpy_generator(spec["seed"], spec["images"])
    drawn = {}
    if spec["images"] == "gaussian":
        moments = corruptions.gaussian_moments(train, spec["gaussian_moments"])
        arrays = {
            "train": corruptions.gaussian_images(len(train), shape, *moments, generator),
            "test": corruptions.gaussian_images(len(test), shape, *moments, generator),
        }
        print(f"mean {np.round(moments[0], 3)}, standard deviation {np.round(moments[1], 3)}")
    elif spec["images"] == "shuffled_pixels":
        unit = spec["shuffle_unit"]
        permutation = corruptions.pixel_permutation(shape, generator, unit)
        arrays = {
            "train": corruptions.shuffle_pixels(train, permutation, unit),
            "test": corruptions.shuffle_pixels(test, permutation, unit),
        }
        drawn = {"permutation": permutation}
    else:
        arrays = {
            "train": corruptions.randomise_pixels(train, generator, spec["shuffle_unit"]),
            "test": corruptions.randomise_pixels(test, generator, spec["shuffle_unit"]),
        }
    artefacts.save(snakemake.output.images, {**arrays, **drawn}, **job)
    print(f"{spec['images']}, seed {spec['seed']}: {train.shape[0]} + {test.shape[0]} images {shape}")
