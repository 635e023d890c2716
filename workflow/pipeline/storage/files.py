"""Guarantee: reading a file that somebody else may have put there ends, and writing follows no link
elsewhere.

A named pipe would block for ever and a device such as /dev/zero never ends; neither is a result or anybody's
data. Only regular files are read, and only up to a size. The module is imported while the Snakefile is
parsed, so it imports nothing heavy.
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

MOST = 2**28  # bytes; the JSON and CSV files of this project have a few million at most

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


class NotAFile(OSError):
    """Something else than a regular file of reasonable size; the message names it with its place."""


def oddity(path: str | Path) -> str | None:
    """The thing at ``path`` in the place of a regular file, in words; None for a file or nothing at all."""
    try:
        return KINDS.get(stat.S_IFMT(os.stat(path).st_mode))
    except FileNotFoundError:
        return f"a link to nothing ({os.readlink(path)})" if os.path.islink(path) else None
    except OSError as error:  # a link to itself, a folder that may not be entered
        return f"not accessible ({error.strerror})"


def read(path: str | Path, most: int = MOST) -> bytes:
    """The content of a regular file of at most ``most`` bytes; links to one are followed.

    Raises ``FileNotFoundError`` where there is nothing, ``NotAFile`` for anything else than such a file.
    """
    odd = oddity(path)
    if odd:
        raise NotAFile(f"{path} is {odd}; expected a file")
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise NotAFile(f"{path} has {size:,} bytes; expected at most {most:,}")
        return file.read()


def mentions(path: str | Path, text: str) -> bool:
    """Whether ``text`` stands somewhere in a file: a quick look, for which nothing is parsed or hashed."""
    try:
        return text.encode() in read(path)
    except OSError:
        return False


def written_elsewhere(paths: Iterable[str], folder: str) -> str | None:
    """Which of ``paths`` below ``folder`` would be written somewhere else, in words; None if none would.

    That is a link in the place of a file, or one on the way to it that leads out of ``folder``; a link at
    ``folder`` itself is the user's own. Paths that do not begin with ``folder`` are somebody else's affair.
    """
    root = Path(os.path.realpath(folder))
    known: dict[str, bool] = {}
    for path in filter(lambda path: path.startswith(f"{folder}/"), paths):
        parent = os.path.dirname(path)
        if parent not in known:
            known[parent] = Path(os.path.realpath(parent)).is_relative_to(root)
        if not known[parent]:
            there = os.path.realpath(parent)
            return f"{parent} leads to {there}, not below {folder}: files there would be overwritten"
        if os.path.islink(path):
            return f"{path} is a link: {os.path.realpath(path)} would be overwritten"
    return None
