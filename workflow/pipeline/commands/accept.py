"""Guarantee: a refactoring need not cost finished results, and the provenance page says where it did not.

    python -m pipeline.commands.accept config/demo.yaml

is ``make accept``: it declares results of earlier code good for the code of now. The digest of code cannot
know whether an edit changes what is computed. After a refactoring, a person can say that it does not.
Nothing is moved or rewritten: a record beside the results says which stamp of earlier code stands for which
stamp of now, and planning reads it. A result is accepted only if all of its files and seeds are there, and
if its specification, with the stamps of all of its inputs, is that of now.
"""

import json
import sys
import time
from pathlib import Path

from pipeline.commands.configured import NotConfigured, plan_of
from pipeline.planning.plan import Plan
from pipeline.planning.results import ACCEPTED, Result, read_accepted
from pipeline.planning.stamps import canonical
from pipeline.storage.artefacts import check_whole
from pipeline.storage.differences import difference
from pipeline.storage.writing import ArtefactError, write_json


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
    """Stamps of earlier results that can stand for missing ones, by the stamp of now; and the refusals, in
    words.
    """
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
    """Accept all results that can be accepted, data first; returns the exit status of the process."""
    try:
        plan, total = plan_of(files), 0
        while True:
            # A result has the stamps of its inputs in its own: data first, then runs.
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
