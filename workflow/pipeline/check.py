"""What is stale, altered or missing among the results of a configuration: ``make check``.

    python -m pipeline.check config/demo.yaml

names configuration files as ``snakemake --configfile`` does, in the project's folder. A result is *stale*
where the settings, code or data in its stamp are not those of now, and *altered* where its content has
another hash than when it was written. Runs and solved systems record the hashes of their data; what shows
them records their stamps. Pictures and pages carry nothing; they are there or they are not.
"""

import os
import shlex
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple

from snakemake.exceptions import WorkflowError

from pipeline import artefacts
from pipeline.configuration import ConfigurationError
from pipeline.digest import DigestError
from pipeline.explain import printable
from pipeline.files import oddity
from pipeline.inventory import Made, all_pages, all_results, others_on_disk
from pipeline.overlays import command_with, configuration
from pipeline.plan import Plan
from pipeline.stamps import canonical, stamp

HERE = Path(__file__).parents[2]
LARGE = 10**9  # bytes that take seconds to read
STALE, ALTERED, MISSING = "stale", "altered", "missing"


class Problem(NamedTuple):
    """What is wrong with one result."""

    kind: str
    made: Made
    what: str = ""


@cache
def hash_of(path: str) -> str:
    """SHA-256 of a file, which many results may have been made from."""
    return artefacts.sha256_of_file(Path(path))


def leaves(spec, path: str = "") -> dict[str, str]:
    """Every value of a specification by its place, as in recipe.learning_rate."""
    if not isinstance(spec, dict):
        return {path: canonical(spec)}
    return {
        place: value
        for key, item in spec.items()
        for place, value in leaves(item, f"{path}.{key}" if path else key).items()
    }


def staleness(content: dict, made: Made, whole: set[str]) -> str:
    """Which settings, code or data made a result that are not those of now; empty if it is current.

    ``whole`` are the files that results can be compared with: what one was made from may be damaged, or
    deleted to save space, and says nothing then.
    """
    reasons = []
    if content["stamp"] != stamp(**made.job):
        then, now = leaves(content["spec"]), leaves(made.job["spec"])
        places = sorted(place for place in then.keys() | now.keys() if then.get(place) != now.get(place))
        if places:
            reasons.append(f"another {', '.join(places[:4])}{' and more' if len(places) > 4 else ''}")
        if content["code"] != made.job["code"]:
            reasons.append("other code")
    read = content.get("data", {})
    other = [name for name, path in made.inputs.items() if path in whole and hash_of(path) != read.get(name)]
    if other:
        reasons.append(f"other data ({', '.join(other)})")
    return f"made with {', and with '.join(reasons)}" if reasons else ""


def problem_of(made: Made, whole: set[str]) -> Problem | None:
    """What is wrong with one result, None if nothing is; ``whole`` is as in ``staleness``."""
    path = Path(made.path)
    try:
        if not os.path.lexists(path):
            return Problem(MISSING, made)
        content = artefacts.read_json(path, ("stamp", "spec", "code"))
        if "arrays" in content:
            size = sum(file.stat().st_size for file in path.parent.glob("*.npy") if file.is_file())
            if size > LARGE:
                print(f"reading the {size / 1e9:.1f} GB beside {path} ...", file=sys.stderr, flush=True)
            artefacts.load(path, content["stamp"])
        else:
            attached = ("attached_sha256",) if made.attached else ()
            artefacts.read_result(path, content["stamp"], attached)
        if made.attached:
            artefacts.read_attached(made.attached, path, content["attached_sha256"])
        what = staleness(content, made, whole)
    except artefacts.ArtefactError as error:
        return Problem(ALTERED, made, " ".join(str(error).split()))
    except PermissionError as error:
        return Problem(
            ALTERED, made, f"{error.filename} cannot be read ({error.strerror}): mend its permissions"
        )
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        remake = artefacts.remake(path)
        return Problem(ALTERED, made, f"{path}: unreadable, truncated or altered. Remake it with {remake}")
    return Problem(STALE, made, f"{path}: {what}") if what else None


def problems_of(results: list[Made]) -> tuple[list[Problem], list[Problem], list[Problem]]:
    """All results that are stale, altered and missing; each comes after those that it is made from."""
    problems, whole = [], set()
    for made in results:
        problem = problem_of(made, whole)
        if problem:
            problems.append(problem)
        else:
            whole.add(made.path)
    stale, altered, missing = (
        [problem for problem in problems if problem.kind == kind] for kind in (STALE, ALTERED, MISSING)
    )
    return stale, altered, missing


def report(plan: Plan, command: str) -> bool:
    """Print what is wrong, a line each, and what to do; return whether nothing is stale or altered."""
    results, pages = all_results(plan), all_pages(plan)
    stale, altered, missing = problems_of(results)
    for problem in (*stale, *altered):
        print(printable(problem.what))
    groups = defaultdict(list)
    for problem in missing:
        groups[f"of rule {problem.made.rule}"].append(problem.made.path)
    absent = [page for page in pages if not Path(page).is_file()]
    for page in absent:
        if oddity(page):
            print(printable(" ".join(str(artefacts.in_the_way(Path(page), Path(page))).split())))
    groups["pictures and pages"] = absent
    for group, paths in groups.items():
        if paths:
            print(f"{paths[0]}: missing{f', and {len(paths) - 1} more {group}' if len(paths) > 1 else ''}")
    others = others_on_disk(plan, results)
    if others:
        more = f", nor for {len(others) - 1} more" if len(others) > 1 else ""
        print(f"{others[0]}: not looked at, no figure or table asks for it{more}")
    if stale or missing or absent:
        print(f"What is stale or missing is made by\n  {command} --cores {os.cpu_count()}")
    if stale:
        rules = shlex.join(sorted({problem.made.rule for problem in stale}))
        print(f"and, should that find nothing to be done, by the same with\n  --forcerun {rules}")
    counts = f"{len(stale)} stale, {len(altered)} altered, {len(missing)} missing"
    print(f"{len(pages)} pictures and pages, which carry no stamp: {len(absent)} missing")
    print(f"{len(results)} results looked at: {counts}")
    return not (stale or altered)


def main(files: list[str]) -> str | bool:
    """Look at the results of ``config.yaml`` with ``files`` on top; what the process exits with."""
    command = shlex.join(command_with(files))
    # What errors name as the command that makes one file again.
    os.environ["RETHINKING_SNAKEMAKE"] = command
    try:
        plan = Plan(configuration(files), HERE)
    except (ConfigurationError, DigestError, WorkflowError, OSError) as error:
        return printable(str(error))
    return not report(plan, command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
