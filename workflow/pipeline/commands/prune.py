"""Guarantee: finished results that no configuration asks for can be listed and removed, and nothing else is.

    python -m pipeline.commands.prune [--remove] "config/demo.yaml" "flowers.yaml small.yaml"

is ``make prune``. Each argument is one configuration. Results that any of them asks for are spared, and so
is every run or solve that is not finished: it may be running, or go on from its last saved state.
"""

import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pipeline.commands.configured import NotConfigured, plan_of
from pipeline.planning.plan import Plan
from pipeline.planning.results import RECEIPT, STAMP

KINDS = (
    "data",
    "runs",
    "weights",
    "traces",
    "measurements",
    "systems",
    "experiments",
    "summaries",
    "figures",
    "tables",
    "scorecard",
    "provenance",
)
SEED = re.compile(r"seed-\d+")


class Unasked(NamedTuple):
    """A finished result that is not asked for, and its size in bytes."""

    folder: Path
    size: int


def unasked(plans: Iterable[Plan]) -> list[Unasked]:
    """The finished results in the folders of ``plans`` that none of the plans asks for."""
    plans = list(plans)
    asked = {Path(made.folder(seed)) for plan in plans for made, seed in plan.asked_for(everything=True)}
    found = []
    for root in sorted({plan.root for plan in plans}):
        for kind in KINDS:
            for receipt in sorted(Path(root, kind).rglob(RECEIPT)):
                folder = receipt.parent
                stamped = folder.parent if SEED.fullmatch(folder.name) else folder
                if folder not in asked and re.fullmatch(STAMP, stamped.name):
                    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
                    found.append(Unasked(folder, sum(path.stat().st_size for path in files)))
    return found


def main(arguments: list[str]) -> str | None:
    """List the results that nothing asks for, and remove them with "--remove"; returns the exit status of
    the process.
    """
    configurations = [argument.split() for argument in arguments if argument != "--remove"]
    try:
        found = unasked([plan_of(files) for files in configurations or [[]]])
    except NotConfigured as error:
        return str(error)
    for folder, size in found:
        print(f"{size / 2**20:10.1f} MiB  {folder}")
    total = f"{len(found)} results, {sum(each.size for each in found) / 2**20:,.1f} MiB"
    if "--remove" not in arguments:
        print(
            f"{total}: not asked for by {' or '.join(' '.join(c) or 'config.yaml' for c in configurations)}"
        )
        print("Nothing is removed; make prune REMOVE=yes does" if found else "")
        return None
    for folder, _ in found:
        shutil.rmtree(folder)
        # Folders of a stamp and of a place that nothing is left in.
        for parent in folder.parents[:2]:
            if not any(parent.iterdir()):
                parent.rmdir()
    print(f"{total}: removed")
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
