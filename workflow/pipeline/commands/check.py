"""Guarantee: a result that was altered after it was written is named, though no date and no setting changed.

    python -m pipeline.commands.check config/demo.yaml

is ``make check``. It names configuration files as ``snakemake --configfile`` does, in the project's folder.
Every result that the configuration asks for is read in full and compared with the hashes that were kept when
it was written. A result is *missing* where these settings and this code have not made it yet, and *altered*
where its content differs from the content that was written. It is *older* than a result that it was made
from where that one was made again with other content. A page is *outdated* where it shows another result.
"""

import os
import shlex
import sys
from collections import defaultdict
from pathlib import Path

from pipeline.commands.configured import NotConfigured, plan_of
from pipeline.commands.prune import unasked
from pipeline.planning.explain import printable
from pipeline.planning.overlays import command_with
from pipeline.planning.plan import Plan
from pipeline.storage.artefacts import check_whole, was_made_from_what_is_there
from pipeline.storage.files import oddity
from pipeline.storage.writing import ArtefactError


def report(plan: Plan, command: str) -> bool:
    """Print each fault in a line, and the remedy; return whether nothing is altered or outdated."""
    altered, older, missing, looked_at = [], [], defaultdict(list), 0
    for made, seed in plan.asked_for():
        looked_at += 1
        if not os.path.lexists(made.path(seed)):
            missing[made.place].append(made.path(seed))
            continue
        try:
            result = check_whole(made.entry(seed))
        except ArtefactError as error:
            altered.append(printable(" ".join(str(error).split())))
            continue
        if not was_made_from_what_is_there(made.job(seed), result):
            older.append(made.path(seed))
    for paths in missing.values():
        print(f"{paths[0]}: missing{f', and {len(paths) - 1} more seeds' if len(paths) > 1 else ''}")
    pages = list(plan.pages.values())
    outdated = [str(path) for page in pages for path in page.outdated()]
    odd = [
        f"{path}: {oddity(path)} is there, where a page should be; move it away"
        for page in pages
        for path in page.files.values()
        if oddity(path)
    ]
    altered += odd
    absent = [path for page in pages for path in page.files.values() if not Path(path).exists()]
    print(*altered, sep="\n", end="\n" if altered else "")
    for what, paths, kind in (
        ("older than results that it was made from, which were made again since", older, "results"),
        ("shows another result than that of now", outdated, "pages"),
        ("missing", absent, "pages"),
    ):
        if paths:
            print(f"{paths[0]}: {what}{f', and {len(paths) - 1} more {kind}' if len(paths) > 1 else ''}")
    others = unasked([plan])
    if others:
        print(f"{others[0].folder}: not asked for, and {len(others) - 1} more; make prune lists them")
    if missing or outdated or absent or older:
        print(f"What is missing, older or outdated is made by\n  {command} --cores {os.cpu_count()}")
    count = sum(map(len, missing.values()))
    print(f"{len(pages)} pages: {len(outdated)} files outdated, {len(absent)} missing")
    print(f"{looked_at} results looked at: {len(altered)} altered, {count} missing")
    return not (altered or outdated)


def main(files: list[str]) -> str | bool:
    """Look at the results of ``config.yaml`` with ``files`` on top; returns the exit status of the
    process.
    """
    try:
        return not report(plan_of(files), shlex.join(command_with(files)))
    except NotConfigured as error:
        return str(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
