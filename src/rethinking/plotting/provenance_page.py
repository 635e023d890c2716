"""How everything was made, as a page: data sets, machines, precision, times, memory and versions."""

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from rethinking.plotting import pages, style

# The facts that a group of results shares, where they are recorded.
PLACE = ["device", "precision", "threads"]


def duration(seconds: float) -> str:
    """Seconds as one would say them: 0.19 s, 12 s, 3 min 20 s, 5 h 2 min."""
    if seconds < 60:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60:,} h {minutes % 60} min"


def total(made: pd.DataFrame) -> str:
    """How many results there are and the time that they took, in words; ``made`` as for ``html``."""
    parts, rest = [], len(made)
    for key, what in (("network", "training run"), ("system", "kernel system")):
        if key in made and made[key].notna().any():
            of_kind = made[made[key].notna()]
            took = duration(of_kind["seconds"].sum())
            parts.append(f"{_counted(len(of_kind), what)} ({took} of computing)")
            rest -= len(of_kind)
    return ", ".join([*parts, *([_counted(rest, "measurement")] if rest else [])])


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("s" if count != 1 else "")


def _data_section(described: list[dict]) -> dict:
    """The contents of each data set, from its description, a column each."""
    columns = []
    for data in described:
        train = data["train"]
        per_class = train["per_class"].values()
        level, copies = "–", ["–"] * 3
        if train["overall_mean"] is not None:
            level = f"{train['overall_mean']:.1f}, {train['overall_standard_deviation']:.1f}"
        if data["duplicates"]:
            where = ("within_train", "within_test", "test_in_train")
            copies = [f"{data['duplicates'][place]['images']:,}" for place in where]
        columns.append(
            {
                "data set": data["title"],
                "training images": f"{train['shape'][0]:,}",
                "test images": f"{data['test']['shape'][0]:,}",
                "height × width × channels": " × ".join(str(side or "any") for side in train["shape"][1:]),
                "classes": str(data["classes"]),
                "training images a class": f"{min(per_class):,} to {max(per_class):,}",
                "grey level: mean, deviation": level,
                "equal training images": copies[0],
                "equal test images": copies[1],
                "test images in training set": copies[2],
                "origin": data["origin"],
                "licence": data["licence"],
            }
        )
    return _side_by_side("Data sets", columns)


def _side_by_side(title: str, columns: list[dict[str, str]]) -> dict:
    """A section with a row a key, whose header is the first."""
    first, *keys = columns[0]
    header = [first, *(column[first] for column in columns)]
    return _section(title, header, [[key, *(c[key] for c in columns)] for key in keys], tuple(header))


def _section(title: str, header: list[str], rows: list[list[str]], texts: tuple[str, ...]) -> dict:
    return {
        "title": title,
        "columns": [{"name": name, "text": name in texts} for name in header],
        "rows": [{"cells": cells, "first": False} for cells in rows],
    }


def _computed_section(title: str, key: str, counted: str, made: pd.DataFrame) -> list[dict]:
    """The cost of the results that name a ``key`` (network or system), one row a device and precision."""
    if key not in made or made[key].isna().all():
        return []
    of_kind = made[made[key].notna()]
    rows = []
    for values, group in of_kind.groupby([key, *PLACE], sort=False, dropna=False):
        name, device, precision, threads = values
        seconds, memory = group["seconds"], group["peak_memory_bytes"].max() / 1e9
        where = [str(device), str(precision), f"{threads:g}"]
        took = [duration(seconds.median()), duration(seconds.sum()), f"{memory:.2g} GB"]
        rows.append([style.name(name), str(len(group)), *where, *took])
    header = [key, counted, "device", "precision", "threads", "median time", "time of all", "peak memory"]
    return [_section(title, header, rows, (key, "device"))]


def _versions_section(made: pd.DataFrame) -> dict:
    """Which versions on which machines made how many results, a column each."""
    machines = made.reindex(columns=["processor", "platform"])
    versions = pd.DataFrame(list(made["versions"]), index=made.index)
    together = pd.concat([machines, versions], axis=1).astype(object).fillna("not recorded")
    columns = [
        {"results": str(len(group)), **dict(zip(together, map(str, values), strict=True))}
        for values, group in together.groupby(list(together), sort=False)
    ]
    return _side_by_side("Machines and versions", columns)


def _accepted_section(accepted: Mapping[str, str]) -> list[dict]:
    """The results of earlier code, a row each."""
    rows = [[place, stamp] for place, stamp in accepted.items()]
    title = "Made by earlier code and accepted as results of the code of now"
    header = ["result", "made under the stamp"]
    return [_section(title, header, rows, tuple(header))] if rows else []


def html(
    described: list[dict], made: pd.DataFrame, call: str, accepted: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The page from descriptions of data sets and from results.

    ``made`` has a row for each run, solve and measurement with its own records: ``versions``,
    ``platform``, ``processor`` and for a ``network`` or ``system`` device, precision, threads, ``seconds``
    and ``peak_memory_bytes``. ``call`` makes everything again. ``accepted`` holds the results of earlier code
    that somebody declared good for the code of now: the stamp of each by its place.
    """
    return pages.page(
        "How this was made",
        [
            f"{total(made)}. Times are those that jobs measured of themselves, data read and results written "
            "not included; where several ran at once, less time went by.",
            f"To make everything again, as far as it is missing or has changed: {call}",
        ],
        [
            _data_section(described),
            *_computed_section("Training runs", "network", "runs", made),
            *_computed_section("Kernel systems", "system", "solves", made),
            _versions_section(made),
            *_accepted_section(accepted),
        ],
    )
