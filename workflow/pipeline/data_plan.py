"""Which data artefacts exist for a configuration, where they lie and what exactly makes each.

A data set is images × labels. Paths say the same, below the results folder:

    data/<dataset>/dataset.json
    data/<dataset>/images/<images>[/seed-<k>]/manifest.json
    data/<dataset>/labels/noise-<p>[/seed-<k>]/manifest.json
    data/<dataset>/contact_sheets/<corruption>.png

The ``*_job`` methods give the two parameters of a rule, as those of ``Plan`` do.
"""

from functools import cache
from pathlib import Path

from pipeline import sources
from pipeline.digest import Scripts
from pipeline.files import mentions
from pipeline.runs import CONDITIONS, noise_text
from pipeline.stamps import stamp


class DataPlan:
    """One data set of a checked configuration, clean and corrupted."""

    def __init__(self, name: str, config: dict, results: str, scripts: Scripts):
        self.name, self.config, self.scripts = name, config, scripts
        self.source = config["datasets"][self.name]
        self.title = sources.title(self.name, self.source)
        self.folder = f"{results}/data/{self.name}"
        self.fingerprint = sources.fingerprint(self.source)
        # Asked for by every run that uses them.
        self.prepare_job = cache(self.prepare_job)
        self.images_job = cache(self.images_job)
        self.labels_job = cache(self.labels_job)

    @property
    def description(self) -> str:
        """What the data set consists of."""
        return f"{self.folder}/dataset.json"

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

    def prepared_arrays(self) -> list[str]:
        """The files that the clean data set consists of, besides its manifests."""
        images = ["train", "test", *(["train_bytes", "test_bytes"] if self.listed_only else [])]
        of = {self.images_manifest("true", 0): images}
        of[self.labels_manifest(0.0, 0)] = ["train", "test", "classes"]
        return [str(Path(path).with_name(f"{name}.npy")) for path, names in of.items() for name in names]

    @property
    def corruptions(self) -> list[str]:
        """The conditions of the paper that this data set can be put into."""
        return ["random_labels"] if self.listed_only else [c for c in CONDITIONS if c != "true_labels"]

    def download(self) -> dict[str, str]:
        """The file that says what was downloaded, under the name "download"; empty for other data."""
        path = f"{self.folder}/download.json"
        return {"download": path} if sources.published(self.source) else {}

    @property
    def outlived(self) -> bool:
        """Whether the user's own data are gone and all that these settings prepare from them is there."""
        if self.fingerprint is not None:
            return False
        planned = stamp(**self.prepare_job())
        manifests = (self.images_manifest("true", 0), self.labels_manifest(0.0, 0))
        if not all(mentions(path, planned) for path in manifests):
            return False
        return all(Path(path).is_file() for path in self.prepared_arrays())

    def corrupted_manifest(self, corruption: str) -> str:
        """The manifest of a corruption with the first seed: of labels, or of images."""
        images, noise = CONDITIONS[corruption]
        seed = self.config["seeds"][0]
        return self.labels_manifest(noise, seed) if noise else self.images_manifest(images, seed)

    @property
    def crop(self) -> int:
        """Side in pixels of the square that the networks see."""
        return self.source["crop"]

    # --- where things lie -------------------------------------------------------------------------

    def images_manifest(self, images: str, seed: int | str) -> str:
        """The manifest of (corrupted) images; the true ones have no seed."""
        tail = "" if images == "true" else f"/seed-{seed}"
        return f"{self.folder}/images/{images}{tail}/manifest.json"

    def labels_manifest(self, label_noise: float, seed: int | str) -> str:
        """The manifest of (corrupted) training labels; the true ones have no seed."""
        tail = "" if label_noise == 0 else f"/seed-{seed}"
        noise = noise_text(label_noise)
        return f"{self.folder}/labels/noise-{noise}{tail}/manifest.json"

    def contact_sheet(self, corruption: str, form: str) -> str:
        """A corruption beside the clean data, as a picture or as its numbers."""
        return f"{self.folder}/contact_sheets/{corruption}.{form}"

    # --- what makes each --------------------------------------------------------------------------

    def prepare_job(self) -> dict:
        """The clean data set."""
        about = {"dataset": self.name, "source": self.source["source"], "reader": self.prepare_script}
        spec = about | sources.reading(self.source)
        return self.scripts.job(f"prepare_{self.prepare_script}.py", spec)

    def download_job(self) -> dict:
        """The published files of the data set, in the folder of downloads."""
        return self.scripts.job("download_dataset.py", {"source": self.source["source"]})

    def describe_job(self) -> dict:
        """What the data set consists of."""
        spec = sources.description(self.name, self.source)
        spec["prepared"] = stamp(**self.prepare_job())
        spec["download"] = stamp(**self.download_job()) if self.download() else None
        return self.scripts.job("describe_dataset.py", spec)

    def contact_sheet_job(self, corruption: str) -> dict:
        """A picture of a corruption beside the clean data."""
        images, noise = CONDITIONS[corruption]
        seed = self.config["seeds"][0]
        corrupted = self.labels_job(noise, seed) if noise else self.images_job(images, seed)
        spec = {
            "dataset": self.name,
            "title": self.title,
            "corruption": corruption,
            "seed": seed,
            "prepared": stamp(**self.prepare_job()),
            "corrupted": stamp(**corrupted),
        }
        return self.scripts.job("draw_contact_sheet.py", spec)

    def images_job(self, images: str, seed: int) -> dict:
        """One corruption of the images."""
        options = self.config["corruption"]
        spec = {
            "images": images,
            "seed": seed,
            "source": stamp(**self.prepare_job()),
            "crop": self.crop if options["stage"] == "after_crop" else None,
        }
        option = "gaussian_moments" if images == "gaussian" else "shuffle_unit"
        spec[option] = options[option]
        return self.scripts.job("corrupt_images.py", spec)

    def labels_job(self, label_noise: float, seed: int) -> dict:
        """One corruption of the training labels."""
        spec = {
            "label_noise": label_noise,
            "seed": seed,
            "source": stamp(**self.prepare_job()),
            "label_pool": self.config["corruption"]["label_pool"],
        }
        return self.scripts.job("corrupt_labels.py", spec)
