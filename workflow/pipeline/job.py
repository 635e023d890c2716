"""What every script does around its one call of the library: a log, a readable error, provenance."""

import os
import platform
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version

from pipeline.artefacts import ArtefactError

PACKAGES = ("torch", "numpy", "scipy", "pandas", "snakemake")


@contextmanager
def logged(path: str) -> Iterator[Callable[[str], None]]:
    """Send all output of the block, that of libraries included, to the rule's log.

    Gives a function that tells something to the log and to the terminal. An error ends the job: its
    message goes to both, the traceback to the log alone, and that of an ``ArtefactError`` nowhere,
    because the message says it all.
    """
    terminal = os.fdopen(os.dup(2), "w")
    with open(path, "w", buffering=1) as log:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(log.fileno(), stream.fileno())
        sys.stdout.reconfigure(line_buffering=True)
        started = time.perf_counter()

        def tell(message: str) -> None:
            print(message)
            print(message, file=terminal, flush=True)

        try:
            yield tell
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            print(message, file=terminal, flush=True)
            print(message if isinstance(error, ArtefactError) else traceback.format_exc())
            sys.exit(1)
        print(f"done in {time.perf_counter() - started:.1f} s")


def provenance() -> dict:
    """Versions and machine, for results that say what made them."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "versions": {"python": platform.python_version(), **versions},
        "platform": platform.platform(),
    }
