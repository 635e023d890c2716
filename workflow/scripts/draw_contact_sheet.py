"""Draw ten classes by ten training images of a data set, clean and corrupted, and list which they are."""

import os
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline import artefacts
from pipeline.job import logged
from rethinking.corruptions import centre
from rethinking.datasets.arrays import DataError
from rethinking.datasets.image_folder import decode
from rethinking.plotting import contact_sheet, style
from rethinking.plotting.contact_sheet import cell

TITLES = {
    "random_labels": ("true labels", "random labels"),
    "shuffled_pixels": ("true images", "shuffled pixels: one permutation for all images"),
    "random_pixels": ("true images", "random pixels: a permutation for each image"),
    "gaussian": ("true images", "Gaussian: mean and variance of the true images"),
}
SIDE = 64  # of images that have no size of their own

with logged(snakemake.log[0]):
    spec = snakemake.params.job["spec"]
    folder = Path(snakemake.config["datasets"][spec["dataset"]].get("folder", "")).expanduser()

    def shown(images: np.ndarray, index: int) -> np.ndarray:
        """One image as it is drawn, read from the user's folder where only its path is stored."""
        if images.ndim == 1:
            relative = Path(os.fsdecode(images[index]))
            if relative.is_absolute() or ".." in relative.parts or not (folder / relative).is_file():
                raise DataError(f"{relative} is no image of {folder}: prepare {spec['dataset']} again")
            return decode(folder / relative, SIDE, "scale_and_crop")
        return images[index]

    clean = artefacts.load(snakemake.input.images, spec["prepared"])["train"]
    labels = artefacts.load(snakemake.input.labels, spec["prepared"])
    corrupted = artefacts.load(snakemake.input.corrupted, spec["corrupted"])["train"]
    classes = [str(name) for name in labels["classes"][: contact_sheet.ROWS]]
    picked = {"clean": contact_sheet.pick(labels["train"], len(classes))}
    images = {"clean": clean}
    if spec["corruption"] == "random_labels":
        picked["corrupted"] = contact_sheet.pick(corrupted, len(classes))
        images["corrupted"] = clean
    else:
        picked["corrupted"] = picked["clean"]
        images["corrupted"] = corrupted
        if corrupted.shape[1:] != clean.shape[1:]:  # corrupted after the crop
            images["clean"] = centre(clean, corrupted.shape[1])

    titles = dict(zip(("clean", "corrupted"), TITLES[spec["corruption"]], strict=True))
    panels = {
        side: contact_sheet.Panel(
            titles[side], [[shown(images[side], index) for index in row] for row in picked[side]], classes
        )
        for side in picked
    }
    what = f"{spec['title']}, seed {spec['seed']}: each row shows training images with one label"
    drawn = contact_sheet.draw(panels["clean"], panels["corrupted"], what)
    for path in (snakemake.output.pdf, snakemake.output.png):
        with artefacts.written_whole(path) as temporary:
            style.save(drawn, temporary)
    listed = [
        (side, cell(name), column, index, cell(str(labels["classes"][labels["train"][index]])))
        for side, rows in picked.items()
        for name, row in zip(classes, rows, strict=True)
        for column, index in enumerate(row)
    ]
    table = pd.DataFrame(listed, columns=["panel", "row", "column", "index", "true_class"])
    with artefacts.written_whole(snakemake.output.csv) as temporary:
        table.to_csv(temporary, index=False)
