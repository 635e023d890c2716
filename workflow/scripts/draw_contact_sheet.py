"""Draw ten classes by ten training images of a data set, clean and corrupted, and list which they are."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.execution.job import logged
from pipeline.storage.artefacts import load, write_result
from pipeline.storage.jobs import unfinished
from pipeline.storage.writing import written_whole
from rethinking.corruptions.arrays import centre
from rethinking.datasets.image_folder import decode
from rethinking.plotting import contact_sheet, style

SIDE = 64  # of images that have no size of their own


def image_at(images: np.ndarray, index: int, folder: Path) -> np.ndarray:
    """One image as it is drawn, read from the user's folder where only its path is stored."""
    if images.ndim == 1:
        return decode(folder / images[index].decode(), SIDE, "scale_and_crop")
    return images[index]


with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec, inputs = job["spec"], job["inputs"]
        # Images that are only listed are drawn from the user's folder.
        folder = Path(snakemake.config["datasets"][spec["dataset"]].get(spec["place"], "")).expanduser()
        clean, labels = load(inputs["images"])["train"], load(inputs["labels"])
        corrupted = load(inputs["corrupted"])["train"]
        classes = [str(name) for name in labels["classes"][: contact_sheet.ROWS]]
        picked = {"clean": contact_sheet.pick(labels["train"], len(classes))}
        images = {"clean": clean}
        if spec["of"] == "labels":
            picked["corrupted"] = contact_sheet.pick(corrupted, len(classes))
            images["corrupted"] = clean
        else:
            picked["corrupted"] = picked["clean"]
            images["corrupted"] = corrupted
            if corrupted.shape[1:] != clean.shape[1:]:  # corrupted after the crop
                images["clean"] = centre(clean, corrupted.shape[1])

        titles = dict(zip(("clean", "corrupted"), spec["titles"], strict=True))
        panels = {
            side: contact_sheet.Panel(
                titles[side],
                [[image_at(images[side], index, folder) for index in row] for row in picked[side]],
                classes,
            )
            for side in picked
        }
        what = f"{spec['title']}, seed {spec['seed']}: each row shows training images with one label"
        drawn = contact_sheet.draw(panels["clean"], panels["corrupted"], what)
        place = Path(job["folder"])
        for name in ("sheet.pdf", "sheet.png"):
            with written_whole(place / name) as temporary:
                style.save(drawn, temporary)
        listed = [
            (side, name, column, index, str(labels["classes"][labels["train"][index]]))
            for side, rows in picked.items()
            for name, row in zip(classes, rows, strict=True)
            for column, index in enumerate(row)
        ]
        table = pd.DataFrame(listed, columns=["panel", "row", "column", "index", "true_class"])
        with written_whole(place / "sheet.csv") as temporary:
            table.to_csv(temporary, index=False)
        write_result(job, {}, ["sheet.pdf", "sheet.png", "sheet.csv"])
