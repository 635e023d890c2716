"""Guarantee: one data set, one corruption and one seed are one folder of arrays, whichever figures use them.

The data of a configuration are images × labels. Below the results folder, each followed by its stamp:

    data/<dataset>/images/<images>                 train.npy, test.npy
    data/<dataset>/labels/noise-<p>                train.npy, test.npy, corrupted_test.npy, classes.npy
    data/<dataset>/labels/<corruption>-<p>         the same, for corruptions other than random labels
    data/<dataset>/description                     dataset.json
    data/<dataset>/baseline                        baseline.json
    data/<dataset>/contact_sheets/<corruption>
"""

from pathlib import Path

from pipeline.planning.cached import cached_method
from pipeline.planning.content import content_hash
from pipeline.planning.homes import Homes
from pipeline.planning.pages import Page
from pipeline.planning.results import Result, Results
from pipeline.planning.runs import RANDOM_LABELS, TRUE_IMAGES, plain_decimal
from pipeline.planning.sources import source_of


class DataPlan:
    """One data set of a checked configuration; ``look`` looks at the user's own data for changes."""

    def __init__(self, name: str, config: dict, results: Results, homes: Homes, look: bool):
        self.name, self.config, self.results = name, config, results
        self.homes = homes.of("corruption")
        self.source = source_of(name, config, homes)
        self.title = self.source.title
        self.place = f"data/{name}"
        self.content = content_hash(self.source, Path(results.root, self.place, "content.json"), look)

    @property
    def listed_only(self) -> bool:
        """Whether only paths of images are stored, so that their pixels cannot be corrupted."""
        return self.source.home.says("listed")

    @property
    def is_large(self) -> bool:
        """Whether preparing and corrupting it is work for a node of a cluster."""
        return self.source.home.says("large")

    @property
    def corruptions(self) -> list[str]:
        """The corruptions that this data set can be put through."""
        return [
            name for name, home in self.homes.items() if home.about["of"] == "labels" or not self.listed_only
        ]

    @property
    def crop(self) -> int:
        """Side in pixels of the square that the networks see."""
        return self.source.entry["crop"]

    def download(self) -> Result | None:
        """A note of the published files in the folder of downloads; None for other data."""
        home = self.source.home
        if not home.says("downloaded"):
            return None
        return self.results.plan(
            f"{self.place}/download",
            "download_dataset.py",
            {"source": home.name, "module": home.module},
            file="download.json",
            modules=(home.module,),
        )

    def _prepared(self, folder: str) -> Result:
        home = self.source.home
        download = self.download()
        return self.results.plan(
            f"{self.place}/{folder}",
            "prepare.py",
            {
                "dataset": self.name,
                "source": home.name,
                "module": home.module,
                "options": self.source.options,
                "content": self.content,
            },
            {"download": download} if download else {},
            file="manifest.json",
            modules=(home.module,),
        )

    @cached_method
    def images(self, images: str) -> Result:
        """The clean images ("true"), or one corruption of them."""
        clean = self._prepared("images/true")
        if images == TRUE_IMAGES:
            return clean
        crop = self.crop if self.config["corruption_stage"] == "after_crop" else None
        return self._corrupted(images, "corrupt_images.py", {"crop": crop}, {"images": clean}, images)

    @cached_method
    def labels(self, label_noise: float = 0.0, corruption: str = RANDOM_LABELS) -> Result:
        """The labels, which ``corruption`` has replaced with probability ``label_noise``."""
        clean = self._prepared("labels/noise-0")
        if label_noise == 0:
            return clean
        name = self.homes[corruption].about.get("place", corruption)
        folder = f"{name}-{plain_decimal(label_noise)}"
        spec = {"label_noise": label_noise}
        return self._corrupted(corruption, "corrupt_labels.py", spec, {"labels": clean}, folder)

    def _corrupted(self, corruption: str, script: str, spec: dict, clean: dict, folder: str) -> Result:
        home = self.homes[corruption]
        options = home.defaults() | self.config["corruptions"].get(corruption, {})
        return self.results.plan(
            f"{self.place}/{home.about['of']}/{folder}",
            script,
            {"corruption": corruption, "module": home.module, "options": options, **spec},
            clean,
            file="manifest.json",
            seeded=True,
            modules=(home.module,),
        )

    def corrupted(self, corruption: str) -> Result:
        """The corrupted form of this data set: images, or labels that are all replaced."""
        is_labels = self.homes[corruption].about["of"] == "labels"
        return self.labels(1.0, corruption) if is_labels else self.images(corruption)

    def description(self) -> Page:
        """The description of the data set."""
        spec = self.source.description()
        inputs = {"images": self.images("true"), "labels": self.labels()}
        download = self.download()
        if download:
            inputs["download"] = download
        made = self.results.plan(
            f"{self.place}/description", "describe_dataset.py", spec, inputs, file="dataset.json"
        )
        return Page(made, {"dataset.json": f"{self.results.root}/{self.place}/dataset.json"})

    def baseline(self) -> Result | None:
        """The errors of least squares on the clean data; None where no pixels are stored."""
        if self.listed_only:
            return None
        inputs = {"images": self.images(TRUE_IMAGES), "labels": self.labels()}
        spec = {"dataset": self.name}
        place = f"{self.place}/baseline"
        return self.results.plan(place, "measure_baseline.py", spec, inputs, file="baseline.json")

    def contact_sheet(self, corruption: str) -> Page:
        """A corruption beside the clean data, of the first seed."""
        seed = self.config["seeds"][0]
        about = self.homes[corruption].about
        spec = {"dataset": self.name, "title": self.title, "corruption": corruption, "seed": seed}
        spec |= {"of": about["of"], "place": self.source.place_option}
        spec["titles"] = [about.get("clean_title", "true images"), about["title"]]
        inputs = {
            "images": self.images("true"),
            "labels": self.labels(),
            "corrupted": (self.corrupted(corruption), seed),
        }
        place = f"{self.place}/contact_sheets/{corruption}"
        made = self.results.plan(place, "draw_contact_sheet.py", spec, inputs)
        forms = ("pdf", "png", "csv")
        return Page(made, {f"sheet.{form}": f"{self.results.root}/{place}.{form}" for form in forms})
