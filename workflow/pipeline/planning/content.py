"""Guarantee: results follow the content of a user's own data, wherever the data lie and whatever their dates.

Snakemake compares modification times, so it misses data that are replaced by older files and starts
everything again for a copied folder. Here the stamp of a result holds a hash of the data's content. To hash
a large folder takes as long as to read it. A record beside the results therefore remembers the hash of each
file with its size and its times, and only files that look different are read again. Where the data are gone,
or in the jobs of a cluster, the record stands for them.
"""

import glob
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from pipeline.planning.sources import Source
from pipeline.storage.writing import ArtefactError, write_json

EVERYTHING = ("**/*",)
MUCH = 2**30  # bytes whose reading takes so long that the user is told


def _files(path: Path, reads: Iterable[str]) -> Iterator[tuple[str, os.stat_result]]:
    """The files below ``path`` that match a pattern of ``reads`` and are not hidden, with their names
    there.
    """
    if path.is_file():
        yield "", path.stat()
        return
    names = {name for pattern in reads for name in glob.iglob(pattern, root_dir=path, recursive=True)}
    for name in sorted(names):
        yield name, os.stat(path / name)


def _hash(path: Path) -> str:
    """The content of a file; of a folder that is to be read as a list, the names and sizes of its files."""
    if path.is_file():
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    listed = sorted((entry.name, entry.stat().st_size) for entry in os.scandir(path) if entry.is_file())
    return hashlib.sha256(repr(listed).encode(errors="surrogatepass")).hexdigest()


def read_record(record: Path) -> dict:
    """The record of ``content_hash``: "content", a hash, and "files"; empty without a usable record."""
    try:
        known = json.loads(record.read_text())
        whole = isinstance(known["content"], str) and isinstance(known["files"], dict)
        return known if whole else {}
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}


def content_hash(source: Source, record: Path, look: bool = True) -> str | None:
    """Sixteen digits for the content of the data set ``source``; None if nobody can know.

    Only data in a place of the user's have them, for the checksums of published data are part of the
    code. Of a folder, the files count whose names match a pattern of the source's ``reads``; a folder among
    the matches counts by the names and sizes of its files. With ``look`` False only ``record`` is read. A
    changed record is written back, where that is possible.
    """
    path = source.own
    known = read_record(record)
    if path is None or not look or not path.exists():
        return known.get("content") if path is not None else None
    before = known.get("files", {})
    files: dict[str, list] = {}  # by name: size, two times and the hash, None until the file is read
    unread: list[str] = []
    try:
        for name, state in _files(path, source.home.about.get("reads", EVERYTHING)):
            looks = [state.st_size, state.st_mtime_ns, state.st_ctime_ns]
            was = before.get(name, [None])
            files[name] = was if was[:3] == looks else [*looks, None]
            unread += [name] if files[name][3] is None else []
        if sum(files[name][0] for name in unread) > MUCH:
            print(
                f"reading {len(unread):,} files of {path}, to know what they hold",
                file=sys.stderr,
                flush=True,
            )
        for name in unread:
            files[name][3] = _hash(path / name if name else path)
    except OSError:  # the job that reads the data says which file it is and why
        return known.get("content")
    named = [[name, *looks[3:]] for name, looks in sorted(files.items())]
    content = hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]
    if unread or known.get("content") != content:
        # Where results can only be read, the data are read again the next time.
        with suppress(ArtefactError):
            write_json(record, {"content": content, "files": files})
    return content
