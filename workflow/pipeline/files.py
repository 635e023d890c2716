"""Reading files that somebody else may have put there: only regular ones, and only up to a size.

A named pipe would block for ever and a device such as /dev/zero never ends. Neither is a result or anybody's
data. Imported while the Snakefile is parsed, so nothing heavy is imported here.
"""

import os
import stat
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
    """Something else than a regular file of reasonable size; the message says what and where."""


def oddity(path: str | Path) -> str | None:
    """What stands at ``path`` in the place of a regular file, in words; None for a file or nothing at all."""
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
