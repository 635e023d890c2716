"""Published files fetched once, whole and with the checksum that was published, or not at all."""

import errno
import hashlib
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import pooch

from rethinking.datasets.arrays import DataError

CHUNK = 2**16  # bytes a read
TIMEOUT = 30  # seconds without an answer


class PublishedFile(NamedTuple):
    """A file as its authors published it."""

    path: str  # below the folder of downloads
    md5: str
    urls: tuple[str, ...]  # the first that gives the right file is used


def checksum(path: Path, algorithm: str) -> str:
    """A file's checksum in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


def problem_of(file: PublishedFile, folder: Path) -> str | None:
    """The fault of a file in ``folder`` in words, None if it is the published one."""
    path = folder / file.path
    if not path.is_file():
        return "is not there"
    found = checksum(path, "md5")
    return None if found == file.md5 else f"has another checksum: expected MD5 {file.md5}, found {found}"


def refuse(files: Iterable[PublishedFile], folder: Path, reasons: Iterable[str]) -> DataError:
    """The error that says which files are needed, from where, and why they are not there."""
    wanted = "\n".join(f"  {file.path}  MD5 {file.md5}\n    {'  '.join(file.urls)}" for file in files)
    why = "\n".join(f"  {reason}" for reason in reasons)
    return DataError(
        f"the data are not in {folder.absolute()} and could not be fetched:\n{why}\n"
        f"Run the same command again where there is a network, or put there by hand\n{wanted}"
    )


class _Bar:
    """A progress bar as pooch drives it, which calls ``report(bytes done, bytes in all)``."""

    def __init__(self, report: Callable[[int, int], None]):
        self.report, self.total, self.done = report, 0, 0

    def update(self, count: int) -> None:
        self.done += count
        self.report(min(self.done, self.total), self.total)

    def reset(self) -> None:
        self.done = 0

    def close(self) -> None:
        """Nothing to close."""


def _fetch_one(file: PublishedFile, url: str, folder: Path, report: Callable[[int, int], None]) -> None:
    def download(url: str, output: str, registry) -> None:
        bar = _Bar(report)
        pooch.HTTPDownloader(progressbar=bar, chunk_size=CHUNK, timeout=TIMEOUT)(url, output, registry)
        with open(output, "rb") as content:
            start = content.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip()
        if start.startswith(b"<"):  # no archive does
            raise ValueError("answered with an HTML or XML page instead of the file")
        found = checksum(Path(output), "md5")
        if found != file.md5:
            size = Path(output).stat().st_size
            raise ValueError(f"gave another file: expected MD5 {file.md5}, found {found} ({size:,} bytes)")

    path = folder / file.path
    # Into a temporary name that is removed on any error and renamed when the checksum is right.
    pooch.retrieve(url, f"md5:{file.md5}", fname=path.name, path=path.parent, downloader=download)


def fetch(
    files: Iterable[PublishedFile],
    folder: str | Path,
    report: Callable[[int, int], None] = lambda done, total: None,
    rounds: int = 3,
    pause: float = 1.0,
) -> list[str]:
    """Make sure that ``files`` are in ``folder``; files that are, with the right checksum, need no network.

    Each missing or damaged file is tried from all its addresses, in ``rounds`` rounds with a ``pause``
    (seconds, doubled each time) between them, and takes its place only when its checksum is right.
    ``report`` is called with the bytes done and the bytes of the file. Returns the addresses that were tried
    in vain before, one line an attempt. Raises ``DataError`` where a file cannot be had.
    """
    folder = Path(folder)
    in_vain: list[str] = []
    problems = {file: problem for file in files if (problem := problem_of(file, folder))}
    for number, (file, problem) in enumerate(problems.items()):
        wanted = list(problems)[number:]
        reasons = [f"{file.path} {problem}"]
        attempts = [(turn, url) for turn in range(rounds) for url in file.urls]
        for index, (turn, url) in enumerate(attempts):
            try:
                _fetch_one(file, url, folder, report)
                break
            except (OSError, ValueError) as error:  # those of requests are OSErrors
                reasons.append(f"{url}: {error}")
                if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
                    raise refuse(wanted, folder, reasons) from error
            if index + 1 < len(attempts) and attempts[index + 1][0] > turn:
                time.sleep(pause * 2**turn)
        else:
            raise refuse(wanted, folder, dict.fromkeys(reasons))
        in_vain += reasons[1:]
    return in_vain
