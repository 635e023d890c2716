"""Guarantee: a file is the old one or the new one, never a part of it, and nothing is written through links.

A job that is killed while it writes leaves a part of its output. Snakemake marks the output as incomplete in
its own records only, which nothing else reads.
"""

import fcntl
import glob
import hashlib
import json
import os
import secrets
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.storage.files import NotAFile


class ArtefactError(Exception):
    """An artefact that is missing, altered, or not the one that the job was planned with."""


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends without an error.

    Whoever looks at ``path`` sees the old file or the new one, never a part. The temporary file is made
    anew under a random name, so that nothing is written through a link that somebody left there. A link at
    ``path`` itself is replaced, not followed. Raises ``ArtefactError`` where the file cannot be written, for
    example for want of space.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.unfinished-{secrets.token_hex(8)}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear_unfinished(path)
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
        try:
            with suppress(OSError):  # a file system without locks: leftovers stay
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield temporary
            os.fsync(descriptor)
            if path.is_dir() and not path.is_symlink():
                raise NotAFile(f"a folder is there, move it away with {move_away(path)}")
            os.replace(temporary, path)
        finally:
            os.close(descriptor)
    except OSError as error:
        free = shutil.disk_usage(existing_parent(path)).free
        raise ArtefactError(
            f"{path} could not be written ({error}), and nothing is kept of it. {free / 2**20:,.0f} MiB are "
            f"free there; mend that and run the same command again"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _clear_unfinished(path: Path) -> None:
    """Remove temporary files that killed jobs left of ``path``; whoever still writes has a lock."""
    for left in path.parent.glob(f".{glob.escape(path.stem)}.unfinished-*{glob.escape(path.suffix)}"):
        with suppress(OSError):
            descriptor = os.open(left, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                left.unlink()
            finally:
                os.close(descriptor)


def move_away(path: Path) -> str:
    """The command that moves something out of the way of ``path``."""
    return shlex.join(["mv", "--", str(path), f"{path}.aside"])


def existing_parent(path: Path) -> Path:
    """The nearest folder above ``path`` that exists."""
    return next(parent for parent in path.absolute().parents if parent.is_dir())


def write_json(path: str | Path, content: dict) -> None:
    """Write ``content`` whole or not at all; numbers that are not finite are refused."""
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n")


def sha256_of_file(path: Path) -> str:
    """SHA-256 of a file's content in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
