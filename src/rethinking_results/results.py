"""Finished results of a configuration as data frames, and single runs with their networks and data.

Every file that is read is checked against its hash. Results that are not there yet are left out of frames.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

if TYPE_CHECKING:
    from torch import nn

    from pipeline.planning.plan import Plan
    from pipeline.planning.results import Result
    from rethinking.recipe import Split

RUN, SYSTEM = "run.json", "system.json"


class NoSuchRun(Exception):
    """A run that the configuration does not have, that is not finished, or that was not told apart."""


class Data(NamedTuple):
    """The images that the network of a run saw: standardised centre crops, float32 N×C×H×W, and labels,
    int64 (N,).
    """

    train: "Split"
    test: "Split"


class OneRun:
    """One finished run. ``coordinates`` say which one, ``result`` is its run.json, ``folder`` its place."""

    def __init__(self, results: "Results", coordinates: dict, made: "Result"):
        self._results, self._made = results, made
        self.coordinates, self.seed = coordinates, coordinates["seed"]
        self._entry = results.entry(made, self.seed)
        self.folder = Path(self._entry["folder"])

    def __repr__(self) -> str:
        return f"<run {self.folder}>"

    @property
    def result(self) -> dict:
        """The content of run.json: verdict, parameters, final numbers, device, versions."""
        from pipeline.storage.artefacts import read_result

        return read_result(self._entry)

    @property
    def history(self) -> pd.DataFrame:
        """The history, one row an epoch, with the columns of ``rethinking.training.Epoch``."""
        from pipeline.storage.artefacts import read_file

        return pd.read_csv(io.BytesIO(read_file(self._entry, self.result, "history.csv")))

    def network(self) -> "nn.Module":
        """The trained network, on the CPU, in evaluation mode.

        Raises ``NoSuchRun`` if the weights of the run were not kept.
        """
        from pipeline.storage.weights import trained_network

        weights = self._results.entry(self._results.plan.measurements.weights(self._made), self.seed)
        if not Path(weights["folder"], weights["file"]).exists():
            raise NoSuchRun(
                f"{self.folder}: the weights of this run were not kept. Set execution.keep_weights to "
                "shown, or to all, and run Snakemake again: it trains the run once more for its weights, and "
                "leaves the finished run as it is"
            )
        return trained_network(self._entry, weights)

    def data(self) -> Data:
        """The data that the network was trained on, labels corrupted as they were, and the test data."""
        from pipeline.storage.artefacts import load
        from rethinking.recipe import Split

        images, labels = (
            load(self._results.entry(self._made.inputs[name], self.seed)) for name in ("images", "labels")
        )
        crop = self._made.spec["recipe"]["crop"]
        return Data(
            *(Split.from_stored(images[part], labels[part]).as_seen(crop) for part in ("train", "test"))
        )

    def trace(self, probe: str) -> dict:
        """The arrays that a probe of the configuration has written in the course of this run, by name."""
        from pipeline.storage.artefacts import load

        for made in self._made.along.values():
            if made.spec.get("name") == probe:
                return load(self._results.entry(made, self.seed))
        asked = [made.spec["name"] for made in self._made.along.values() if "name" in made.spec]
        raise NoSuchRun(
            f"{self.folder}: no figure or table asks for a trace of {probe!r}; asked for: {asked}"
        )


class Results:
    """The results of a plan, whose relative paths start in ``folder``."""

    def __init__(self, plan: "Plan", folder: Path):
        self.plan, self.folder = plan, folder

    def entry(self, made: "Result", seed: int | None = None) -> dict:
        """The entry with which a result is read, from any working folder."""
        entry = made.entry(seed)
        return entry | {"folder": str(self.folder / entry["folder"])}

    def _planned(self, file: str) -> Iterator[tuple[dict, "Result"]]:
        """Every result of one kind with its coordinates, finished or not, once each."""
        seen = {}
        for name in self.plan.exhibits:
            for coordinates, made, seed in self.plan.results_of(name):
                # A measurement and a trace stand for the run that they are of, too.
                made = made.inputs.get("run", made)
                if made.file == file:
                    seen[made.folder(seed)] = coordinates, made
        yield from seen.values()

    def _finished(self, file: str) -> Iterator[tuple[dict, dict, dict]]:
        """The coordinates, the entry and the content of every finished result of one kind."""
        from pipeline.storage.artefacts import read_result

        for coordinates, made in self._planned(file):
            entry = self.entry(made, coordinates["seed"])
            if Path(entry["folder"], file).exists():
                yield coordinates, entry, read_result(entry)

    def runs(self) -> pd.DataFrame:
        """Every finished run, one row each: coordinates, numbers of the last epoch, verdict and ``path``."""
        return pd.DataFrame(
            {
                **coordinates,
                **result["final"],
                "verdict": result["verdict"],
                "parameters": result["parameters"],
                "seconds": result["measured"]["seconds"],
                "path": entry["folder"],
            }
            for coordinates, entry, result in self._finished(RUN)
        )

    def histories(self) -> pd.DataFrame:
        """Every epoch of every finished run, with the coordinates of the run in each row."""
        from pipeline.storage.results import read_histories

        found = [(coordinates, entry) for coordinates, entry, _ in self._finished(RUN)]
        return read_histories(*map(list, zip(*found, strict=True))) if found else pd.DataFrame()

    def systems(self) -> pd.DataFrame:
        """Every solved kernel system, one row each: coordinates, errors, norms, condition and ``path``."""
        left_out = {"stamp", "spec", "code", "sha256", "versions", "measured"}
        return pd.DataFrame(
            {
                **{key: value for key, value in result.items() if key not in left_out},
                **coordinates,
                "path": entry["folder"],
            }
            for coordinates, entry, result in self._finished(SYSTEM)
        )

    def scorecard(self) -> pd.DataFrame:
        """The comparison with the paper, with the columns of ``rethinking.scorecard``.

        Raises ``ArtefactError``, with the command that makes it, where it was not made yet.
        """
        from pipeline.storage.artefacts import read_file, read_result

        entry = self.entry(self.plan.pages["scorecard"].result)
        return pd.read_csv(io.BytesIO(read_file(entry, read_result(entry), "scorecard.csv")))

    def run(self, **coordinates: Any) -> OneRun:
        """The one finished run with these coordinates, such as ``network``, ``condition`` and ``seed``.

        Coordinates are the first columns of ``runs()``. Raises ``NoSuchRun`` where no run or more than one
        has them, and where the run is not finished.
        """
        planned = list(self._planned(RUN))
        if not planned:
            raise NoSuchRun("no figure and no table of this configuration shows a run")
        unknown = [key for key in coordinates if key not in planned[0][0]]
        if unknown:
            raise NoSuchRun(f"no coordinate {', '.join(unknown)}; known: {', '.join(planned[0][0])}")
        found = [
            (where, made)
            for where, made in planned
            if all(where[key] == value for key, value in coordinates.items())
        ]
        if not found:
            raise NoSuchRun(f"no run has {_text(coordinates)}; {_choices(planned, coordinates)}")
        if len(found) > 1:
            raise NoSuchRun(f"{len(found)} runs have {_text(coordinates)}; {_choices(found, found[0][0])}")
        run = OneRun(self, *found[0])
        if not (run.folder / RUN).exists():
            raise NoSuchRun(f"{run.folder} is not finished; make it with snakemake")
        return run


def _text(coordinates: dict) -> str:
    return ", ".join(f"{key} {value!r}" for key, value in coordinates.items()) or "these coordinates"


def _choices(runs: list, keys) -> str:
    """The values that some coordinates have among runs, of those that differ or were asked for."""
    values = {key: sorted({where[key] for where, _ in runs}, key=str) for key in keys}
    several = {key: each for key, each in values.items() if len(each) > 1} or values
    return "there are " + "; ".join(f"{key}: {', '.join(map(str, each))}" for key, each in several.items())
