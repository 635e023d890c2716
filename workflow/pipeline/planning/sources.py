"""Guarantee: where data lie, and what they are called in print, is no part of any result.

The home of a source says which data it gives; for a user's own data, the configuration says the rest. Titles,
origins and licences appear in figures and in ``dataset.json``. No number depends on them, so changing them
trains nothing again.
"""

from pathlib import Path
from typing import NamedTuple

from pipeline.planning.explain import cut, quoted
from pipeline.planning.homes import Home, Homes
from pipeline.storage.files import oddity

UNSTATED = "not stated in the configuration"


class Source(NamedTuple):
    """One entry of ``datasets``: its name, its options, and the home of the source that it names."""

    name: str
    entry: dict
    home: Home

    @property
    def is_anyones(self) -> bool:
        """Whether the configuration, and not the source, says which data these are."""
        return self.home.about["origin"] is None

    @property
    def title(self) -> str:
        """How the data set is called in print."""
        known = self.name.replace("_", " ") if self.is_anyones else self.home.about["title"]
        return self.entry.get("title", known)

    @property
    def place_option(self) -> str | None:
        """The option that says where the user keeps the data; None for data that nobody keeps."""
        return self.home.about.get("place")

    @property
    def own(self) -> Path | None:
        """The user's own folder or file."""
        return Path(self.entry[self.place_option]).expanduser() if self.place_option else None

    @property
    def options(self) -> dict:
        """The options with which the data are read. The place of the data is none of them."""
        values = self.home.defaults() | self.entry
        return {name: values[name] for name in self.home.options if name != self.place_option}

    @property
    def side(self) -> int | None:
        """The shorter side of the stored images in pixels, None where nobody knows yet."""
        if self.home.says("measures_side"):
            return None if self._place_problem() else self.home.load().side(self.own)
        side = self.home.about["side"]
        return self.options[side] if isinstance(side, str) else side

    def description(self) -> dict:
        """Title, origin and licence, for ``dataset.json``."""
        about = self.home.about
        return {
            "title": self.title,
            "source": self.home.name,
            "origin": self.entry.get(self.place_option, "") if self.is_anyones else about["origin"],
            "licence": self.entry.get("licence", UNSTATED) if self.is_anyones else about["licence"],
        }

    def _place_problem(self) -> str | None:
        """Why no data can lie in the user's own place; that none do is for the job that reads them to say."""
        if not self.place_option:  # so nobody keeps the data
            return None
        text = f"{self.place_option}: {quoted(self.entry[self.place_option])}"
        try:
            own = self.own
            if own is None or not own.exists():
                return None
            if self.home.says("one_file"):
                return None if own.is_file() else f"{text} is {oddity(own)}; expected a file"
            return None if own.is_dir() else f"{text} is {oddity(own) or 'a file'}; expected a folder"
        except (OSError, RuntimeError, ValueError) as error:
            return f"{text} is no path here ({cut(str(error), 200)})"

    def problems(self) -> list[str]:
        """Mistakes in the entry that no schema can express, each with its place."""
        where = f"datasets.{self.name}"
        problem = self._place_problem()
        if problem:
            return [f"{where}.{problem}"]
        found = []
        if self.home.says("checks_options"):
            found += [f"{where}.{problem}" for problem in self.home.load().problems(self.options)]
        side, crop = self.side, self.entry.get("crop", 0)
        if side is not None and crop > side:
            found.append(
                f"{where}.crop: images of {self.name} are {side} pixels wide, so the crop is at most that, "
                f"found {crop}"
            )
        return found


def source_of(name: str, config: dict, homes: Homes) -> Source:
    """The source of a data set that a configuration defines."""
    entry = config["datasets"][name]
    return Source(name, entry, homes.of("source")[entry["source"]])
