"""Draw partially corrupted labels once and store them with the examples that were replaced and changed.

Networks are tested against the true labels of the test images. Test labels that were corrupted as the
training labels were, with a seed of their own, are stored beside them, because the paper's figure 1c can be
read as tested against these.
"""

import importlib

from pipeline.execution.job import logged
from pipeline.storage.artefacts import load, save_arrays
from pipeline.storage.jobs import unfinished
from pipeline.storage.writing import ArtefactError
from rethinking.corruptions.random_labels import CorruptedLabels
from rethinking.seeds import numpy_generator

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        clean = load(job["inputs"]["labels"])
        corrupt = importlib.import_module(spec["module"]).corrupt
        # Each part of the data with the purpose of its seed.
        purposes = {"train": spec["corruption"], "test": f"{spec['corruption']}_of_test_images"}
        try:
            corrupted, corrupted_test = (
                corrupt(
                    clean[part],
                    spec["label_noise"],
                    len(clean["classes"]),
                    numpy_generator(job["seed"], purpose),
                    **spec["options"],
                )
                for part, purpose in purposes.items()
            )
        except ValueError as error:
            raise ArtefactError(f"the labels of {job['inputs']['labels']['folder']}: {error}") from error
        if not isinstance(corrupted, CorruptedLabels):
            raise ArtefactError(
                f"{spec['module']}.corrupt gave {type(corrupted).__name__}; expected CorruptedLabels of "
                "rethinking.corruptions.random_labels: the labels, and which were replaced and changed"
            )
        arrays = {
            "train": corrupted.labels,
            "replaced": corrupted.replaced,
            "changed": corrupted.changed,
            "test": clean["test"],
            "corrupted_test": corrupted_test.labels,
            "classes": clean["classes"],
        }
        save_arrays(job, arrays.items())
        print(
            f"{spec['corruption']}, label noise {spec['label_noise']}: {corrupted.replaced.mean():.4f} "
            f"replaced, {corrupted.changed.mean():.4f} changed, of {len(corrupted.labels)}"
        )
