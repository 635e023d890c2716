"""Declare results of earlier code good for the code of now: ``make accept``.

    python -m pipeline.commands.accept config/demo.yaml

The digest of code cannot know whether an edit changes what is computed. After a refactoring, a person can say
that it does not. Nothing is moved or rewritten: a record beside the results says which stamp of earlier code
stands for which stamp of now, and planning reads it. A result is accepted only if all that is asked of it is
there and its specification, with the stamps of everything that it was made from, is that of now.
"""

import json
import sys
import time
from pathlib import Path

from pipeline.commands.configured import NotConfigured, plan_of
from pipeline.planning.plan import Plan
from pipeline.planning.results import ACCEPTED, Result, read_accepted
from pipeline.planning.stamps import canonical
from pipeline.storage.artefacts import ArtefactError, check_whole, write_json


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


def earlier(made: Result, seeds: list[int | None]) -> tuple[str | None, str]:
    """The stamp of an earlier result that can stand for a planned one, or None and the reason."""
    reason = ""
    for folder in sorted(Path(made.place).glob("*"), key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            specs = []
            for seed in seeds:
                entry = made.entry(seed)
                entry |= {"folder": entry["folder"].replace(made.stamp, folder.name), "stamp": folder.name}
                specs.append(check_whole(entry)["spec"])
        except ArtefactError:
            continue
        if all(spec == json.loads(canonical(made.spec)) for spec in specs):
            return folder.name, ""
        reason = reason or f"{folder}: made with other settings: {difference(specs[0], made.spec)}"
    return None, reason


def accept(plan: Plan) -> tuple[dict[str, str], list[str]]:
    """Stamps of earlier results that can stand for missing ones, by the stamp of now; and what is refused."""
    seeds: dict[str, tuple[Result, list]] = {}
    # The page that says which results were accepted is made anew.
    aside = [plan.pages[name].result for name in ("provenance",) if name in plan.pages]
    for made, seed in plan.asked_for():
        if made in aside:
            continue
        seeds.setdefault(f"{made.place}/{made.stamp}", (made, []))[1].append(seed)
    accepted, refused = {}, []
    for made, wanted in seeds.values():
        if all(Path(made.path(seed)).exists() for seed in wanted):
            continue
        stamp, reason = earlier(made, wanted)
        if stamp:
            accepted[made.stamp] = stamp
        elif reason:
            refused.append(reason)
    return accepted, refused


def main(files: list[str]) -> str | None:
    """Accept what can be accepted, data first; what the process exits with."""
    try:
        plan, total = plan_of(files), 0
        while True:
            # What is made from a result has the stamp of that result in its own: data first, then runs.
            found, refused = accept(plan)
            if not found:
                break
            path = Path(plan.root, ACCEPTED)
            record = {"stamps": read_accepted(plan.root) | found, "when": {}}
            if path.exists():
                record["when"] = json.loads(path.read_text()).get("when", {})
            record["when"] |= dict.fromkeys(found, time.strftime("%Y-%m-%d %H:%M:%S"))
            write_json(path, record)
            total += len(found)
            plan = plan_of(files)
    except NotConfigured as error:
        return str(error)
    print(*refused, sep="\n", end="\n" if refused else "")
    print(f"{total} results of earlier code accepted, {len(refused)} refused because their settings differ")
    return "nothing was accepted" if refused and not total else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
