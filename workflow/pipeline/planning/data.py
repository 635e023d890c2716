"""The data artefacts of a configuration: images × labels, clean and corrupted, and what describes them.

Below the results folder, each followed by its stamp:

    data/<dataset>/images/<images>            train.npy, test.npy
    data/<dataset>/labels/noise-<p>           train.npy, test.npy, classes.npy
    data/<dataset>/description                dataset.json
    data/<dataset>/contact_sheets/<corruption>
"""

from functools import cache
from pathlib import Path

from pipeline.planning import sources
from pipeline.planning.content import content_hash
from pipeline.planning.pages import Page
from pipeline.planning.results import Result, Results
from pipeline.planning.runs import CONDITIONS, plain_decimal


class DataPlan:
    """One data set of a checked configuration. With ``look`` the user's own data are looked at for changes."""

    def __init__(self, name: str, config: dict, results: Results, look: bool):
        self.name, self.config, self.results = name, config, results
        self.source = config["datasets"][name]
        self.title = sources.title(name, self.source)
        self.place = f"data/{name}"
        self.content = content_hash(self.source, Path(results.root, self.place, "content.json"), look)
        # Asked for by every run that uses them.
        self.images, self.labels = cache(self.images), cache(self.labels)

    @property
    def prepare_script(self) -> str:
        """Which script reads the data set: workflow/scripts/prepare_<this>.py."""
        return sources.SOURCES[self.source["source"]].script

    @property
    def listed_only(self) -> bool:
        """Whether only paths of images are stored, so that their pixels cannot be corrupted."""
        return self.source["source"] == "imagenet"

    @property
    def is_large(self) -> bool:
        """Whether preparing and corrupting it is work for a node of a cluster."""
        return self.prepare_script in ("image_folder", "imagenet")

    @property
    def corruptions(self) -> list[str]:
        """The conditions of the paper that this data set can be put into."""
        return ["random_labels"] if self.listed_only else [c for c in CONDITIONS if c != "true_labels"]

    @property
    def crop(self) -> int:
        """Side in pixels of the square that the networks see."""
        return self.source["crop"]

    def download(self) -> Result | None:
        """A note of the published files in the folder of downloads; None for other data."""
        if not sources.published(self.source):
            return None
        spec = {"source": self.source["source"]}
        return self.results.plan(f"{self.place}/download", "download_dataset.py", spec, file="download.json")

    def _prepared(self, folder: str) -> Result:
        spec = {"dataset": self.name, "source": self.source["source"], "reader": self.prepare_script}
        spec |= sources.reading(self.source) | {"content": self.content}
        download = self.download()
        inputs = {"download": download} if download else {}
        script = f"prepare_{self.prepare_script}.py"
        return self.results.plan(f"{self.place}/{folder}", script, spec, inputs, file="manifest.json")

    def images(self, images: str) -> Result:
        """The clean images ("true"), or one corruption of them."""
        clean = self._prepared("images/true")
        if images == "true":
            return clean
        options = self.config["corruption"]
        spec = {"images": images, "crop": self.crop if options["stage"] == "after_crop" else None}
        option = "gaussian_moments" if images == "gaussian" else "shuffle_unit"
        spec[option] = options[option]
        return self.results.plan(
            f"{self.place}/images/{images}",
            "corrupt_images.py",
            spec,
            {"images": clean},
            file="manifest.json",
            seeded=True,
        )

    def labels(self, label_noise: float) -> Result:
        """The labels, of which ``label_noise`` are replaced at random."""
        clean = self._prepared("labels/noise-0")
        if label_noise == 0:
            return clean
        spec = {"label_noise": label_noise, "label_pool": self.config["corruption"]["label_pool"]}
        place = f"{self.place}/labels/noise-{plain_decimal(label_noise)}"
        made_from = {"labels": clean}
        return self.results.plan(
            place, "corrupt_labels.py", spec, made_from, file="manifest.json", seeded=True
        )

    def corrupted(self, corruption: str) -> Result:
        """The artefact that a condition of the paper changes: labels, or images."""
        images, noise = CONDITIONS[corruption]
        return self.labels(noise) if noise else self.images(images)

    def description(self) -> Page:
        """What the data set consists of."""
        spec = sources.description(self.name, self.source)
        inputs = {"images": self.images("true"), "labels": self.labels(0.0)}
        if self.download():
            inputs["download"] = self.download()
        made = self.results.plan(
            f"{self.place}/description", "describe_dataset.py", spec, inputs, file="dataset.json"
        )
        return Page(made, {"dataset.json": f"{self.results.root}/{self.place}/dataset.json"})

    def contact_sheet(self, corruption: str) -> Page:
        """A corruption beside the clean data, of the first seed."""
        seed = self.config["seeds"][0]
        spec = {"dataset": self.name, "title": self.title, "corruption": corruption, "seed": seed}
        inputs = {
            "images": self.images("true"),
            "labels": self.labels(0.0),
            "corrupted": (self.corrupted(corruption), seed),
        }
        place = f"{self.place}/contact_sheets/{corruption}"
        made = self.results.plan(place, "draw_contact_sheet.py", spec, inputs)
        forms = ("pdf", "png", "csv")
        return Page(made, {f"sheet.{form}": f"{self.results.root}/{place}.{form}" for form in forms})
