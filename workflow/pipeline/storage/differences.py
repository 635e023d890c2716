"""Guarantee: a job that makes a result anew says in one line which setting changed since the last one.

Snakemake's reason is that the output is missing, which says nothing about the cause. The result of the other
setting still lies beside the place of the new one, so the two specifications can be compared.
"""

from pathlib import Path

from pipeline.planning.results import Result
from pipeline.planning.stamps import canonical
from pipeline.storage.artefacts import read_result
from pipeline.storage.writing import ArtefactError


def leaves(spec, path: str = "") -> dict[str, str]:
    """Every value of a specification by its place, as in recipe.learning_rate."""
    if not isinstance(spec, dict):
        return {path: canonical(spec)}
    return {
        place: value
        for key, item in spec.items()
        for place, value in leaves(item, f"{path}.{key}" if path else key).items()
    }


def difference(then: dict, now: dict) -> str:
    """Two specifications in one line: recipe.learning_rate 0.01 → 0.02."""
    before, after = leaves(then), leaves(now)
    places = sorted(place for place in before.keys() | after.keys() if before.get(place) != after.get(place))
    parts = [
        f"{place} {before.get(place, 'absent')} → {after.get(place, 'absent')}"[:100] for place in places
    ]
    return "; ".join(parts[:3]) + (f"; and {len(parts) - 3} more" if len(parts) > 3 else "")


def since_the_last(made: Result, seed: int | None) -> str:
    """The changes since the newest other result in the place of ``made``; empty if there is none."""
    tail = f"/seed-{seed}" if made.seeded else ""
    others = Path(made.place).glob(f"*{tail}/{made.file}")
    for path in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True):
        stamp = path.parts[len(Path(made.place).parts)]
        if stamp == made.stamp:
            continue
        try:
            last = read_result(made.entry(seed) | {"folder": str(path.parent), "stamp": stamp})
        except ArtefactError:
            continue
        settings = difference(last["spec"], made.spec)
        return f" ({settings or 'other code'})"
    return ""
