"""Write the clean data set: true images and true labels, as arrays with manifests."""

from pathlib import Path

from pipeline import artefacts
from pipeline.job import logged
from rethinking import datasets

with logged(snakemake.log[0]):
    job = snakemake.params.job
    name = job["spec"]["dataset"]
    if name == "digits":
        dataset = datasets.load_digits()
    else:
        try:
            # Where downloads lie is no part of what the data are, so it is not in the specification.
            dataset = datasets.load_cifar10(Path(snakemake.config["data_folder"]).expanduser())
        except datasets.DataError as error:
            raise artefacts.ArtefactError(str(error)) from None
    images = {"train": dataset.train_images, "test": dataset.test_images}
    labels = {"train": dataset.train_labels, "test": dataset.test_labels}
    artefacts.save(snakemake.output.images, images, **job)
    artefacts.save(snakemake.output.labels, labels, **job)
    for part in ("train", "test"):
        print(f"{name} {part}: {images[part].shape} {images[part].dtype}, {dataset.classes} classes")
