"""Guarantee: no job overwrites or deletes a finished result, and settings that come back find their results.

A result lies in a folder that is named after everything that it depends on:

    <place>/<stamp>[/seed-<k>]/<file>

The place is the part for people, such as results/runs/cifar10/true/noise-0.5/inception/none. The stamp is a
hash of the specification, of the code that carries it out and of the stamps of all results that are read.
Snakemake compares a job with its own records of the last one, deletes the outputs of a job before the job
starts, and does not know how a file was made once the records are lost. Here another setting or another code
is another folder.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.planning.digest import Scripts
from pipeline.planning.stamps import stamp

RECEIPT = "receipt.json"
ALONG = r"(-[0-9a-f]{8})?"  # behind "receipt", where more is made along with a result
STAMP = r"[0-9a-f]{16}"
# Stamps of results of earlier code that were declared good for the code of now, by the stamp of now.
ACCEPTED = "accepted.json"


class UnknownResult(Exception):
    """A path with a stamp that no settings and code of now have."""


class Result:
    """One planned result, for all seeds: the seed is a folder below the stamp and no part of it.

    ``inputs`` are results that it is made from, by name: a result alone stands for the same seed, a pair
    fixes the seed, and a list holds pairs. ``along`` are results that the same job makes: the weights of a
    run and the traces of its probes. They have stamps of their own and are no part of this one, so asking
    for another one never makes a finished run another run.
    """

    __slots__ = ("along", "code", "file", "inputs", "maker", "place", "seeded", "spec", "stamp")

    def __init__(self, place: str, file: str, spec: dict, code: dict, inputs: Mapping, seeded: bool):
        self.place, self.file, self.code, self.seeded = place, file, code, seeded
        self.inputs = inputs
        self.spec = spec | {"made_from": {name: _stamps(value) for name, value in inputs.items()}}
        self.stamp = stamp(self.spec, code["digest"])
        self.along: dict[str, Result] = {}
        self.maker: Result = self

    def make_along(self, other: "Result") -> "Result":
        """Have the job of this result make ``other`` as well."""
        other.maker = self
        return self.along.setdefault(other.stamp, other)

    def folder(self, seed: int | str | None = None) -> str:
        """The folder of one seed; results without anything random have one folder.

        In a message a text such as "<seed>" stands for any.
        """
        return f"{self.place}/{self.stamp}" + (f"/seed-{seed}" if self.seeded else "")

    def path(self, seed: int | None = None) -> str:
        """The file that holds the result, or names the files that do, with its specification."""
        return f"{self.folder(seed)}/{self.file}"

    def receipt(self, seed: int | str | None = None) -> str:
        """The output that Snakemake sees: a small file that is there when the result is finished.

        Its name tells which other results the job makes: where something was added, the output is missing
        and the job is run, which finds the finished result and keeps it.
        """
        maker = self.maker
        along = hashlib.sha256("".join(sorted(maker.along)).encode()).hexdigest()[:8]
        return f"{maker.folder(seed)}/{f'receipt-{along}.json' if maker.along else RECEIPT}"

    def entry(self, seed: int | None = None) -> dict:
        """The facts that a job needs to read the result."""
        seed = seed if self.seeded else None
        return {
            "folder": self.folder(seed),
            "file": self.file,
            "stamp": self.stamp,
            "seed": seed,
            "receipt": self.receipt(seed),
        }

    def job(self, seed: int | None = None) -> dict:
        """The facts that a job needs to make the result."""
        inputs = {
            name: [made.entry(of) for made, of in value]
            if isinstance(value, list)
            else _pair(value, seed)[0].entry(_pair(value, seed)[1])
            for name, value in self.inputs.items()
        }
        job = {**self.entry(seed), "spec": self.spec, "code": self.code, "inputs": inputs}
        return job | {"along": [other.job(seed) for other in self.along.values()]}

    def receipts(self, seed: int | None = None) -> list[str]:
        """The receipts of everything that the result of one seed is made from."""
        return list(dict.fromkeys(made.receipt(of) for made, of in self.made_from(seed)))

    def made_from(self, seed: int | None = None) -> Iterator[tuple["Result", int | None]]:
        """Every result that the result of one seed is made from, with its seed."""
        for value in self.inputs.values():
            yield from value if isinstance(value, list) else [_pair(value, seed)]


def _pair(value, seed: int | None) -> tuple[Result, int | None]:
    made, of = value if isinstance(value, tuple) else (value, seed)
    return made, of if made.seeded else None


def _stamps(value) -> str | list:
    if isinstance(value, list):
        return [[made.stamp, of] if made.seeded else made.stamp for made, of in value]
    made, *of = value if isinstance(value, tuple) else (value,)
    return [made.stamp, *of] if of and made.seeded else made.stamp


class Results:
    """All results that a configuration plans, below the folder ``root``."""

    def __init__(self, root: str, scripts: Scripts):
        self.root, self.scripts = root, scripts
        self.accepted = read_accepted(root)
        self._planned: dict[str, Result] = {}
        self._by_place: dict[str, Result] = {}
        # The results of earlier code that stand for planned ones: the stamp of each by its place.
        self.standing_in: dict[str, str] = {}

    def plan(
        self,
        place: str,
        script: str,
        spec: dict,
        inputs: Mapping = {},
        *,
        file: str = "result.json",
        seeded: bool = False,
        modules: tuple[str, ...] = (),
    ) -> Result:
        """Plan a result; planned twice, it is the same one.

        ``modules`` are the names of modules that the script imports by a name in the specification.
        """
        place = f"{self.root}/{place}"
        made = Result(place, file, spec, self.scripts.code(script, modules), inputs, seeded)
        if made.stamp in self.accepted:
            made.stamp = self.standing_in[place] = self.accepted[made.stamp]
        self._by_place[place] = made
        return self._planned.setdefault(f"{place}/{made.stamp}", made)

    def find(self, kind: str, wildcards) -> Result:
        """The planned result whose place and stamp a rule's wildcards hold.

        Raises ``UnknownResult`` for a stamp of other settings or other code.
        """
        place = f"{self.root}/{kind}/{wildcards.place}"
        found = self._planned.get(f"{place}/{wildcards.stamp}")
        along = getattr(wildcards, "along", "")
        if found and along and not found.receipt().endswith(f"receipt{along}.json"):
            raise UnknownResult(
                f"{place}/{wildcards.stamp}: the receipt with {along} is of other weights and traces than "
                f"the configuration asks for now; the receipt of now is {found.receipt('<seed>')}"
            )
        if found:
            return found
        now = self._by_place.get(place)
        raise UnknownResult(
            f"{place}/{wildcards.stamp}: the settings and code of now make no result with this stamp, so it "
            "can be read and not be made. "
            + (
                f"They make {now.folder('<seed>')}"
                if now
                else "No figure, table or target of now asks for it"
            )
        )

    def __iter__(self) -> Iterator[Result]:
        """All planned results, each after those that it is made from."""
        return iter(self._planned.values())


def read_accepted(root: str) -> dict[str, str]:
    """The stamps of earlier results that stand for those of now; empty where nothing was accepted.

    Raises ``UnknownResult`` for a file that ``make accept`` cannot have written.
    """
    path = Path(root, ACCEPTED)
    try:
        content = json.loads(path.read_text())["stamps"]
        if all(isinstance(text, str) for pair in content.items() for text in pair):
            return content
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    raise UnknownResult(f"{path} is no record of accepted results; restore or remove it")
