"""The lower triangle of a symmetric n × n matrix as panels of whole columns, in memory or in files.

Panel j holds the columns ``starts[j]`` to ``starts[j + 1]`` from the diagonal down: an array of
(n - start, width), so half the matrix and a little more is stored, and no index exceeds one panel.
"""

import json
import os
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np

LARGEST_WIDTH, SMALLEST_WIDTH = 2048, 256
BUFFERS = 7.5e6  # twice the numbers that OpenBLAS holds for two threads, 30 MB


class StorageError(Exception):
    """Panels that cannot be written; the message says what to do."""


def panel_width(n: int) -> int:
    """The width of panels for n columns: wide ones compute faster, narrow ones store less of the upper half.

    Panels of w columns store n·w/2 numbers above the diagonal: with n/20 columns n²/40. For small n BLAS's
    own buffers weigh as much, and panels are narrower so that both together stay below 0.06·n².
    """
    widest = min(n / 20, 0.105 * n - BUFFERS / n)
    return int(np.clip(widest // 64 * 64, SMALLEST_WIDTH, LARGEST_WIDTH))


def panel_starts(n: int) -> list[int]:
    """Where panels begin, with n as the last entry."""
    return [*range(0, n, panel_width(n)), n]


def panels_bytes(n: int, dtype) -> int:
    """The size of all panels of an n × n matrix."""
    starts = panel_starts(n)
    sizes = ((n - start) * (stop - start) for start, stop in pairwise(starts))
    return sum(sizes) * np.dtype(dtype).itemsize


class PanelFolder:
    """Finished panels as ``.npy`` files, so that a killed solve goes on where it was.

    ``key`` says which system they are of. Panels of another one, and such as are truncated or altered,
    are not used and ``tell`` says so. With ``resident`` panels are files for good and are read from
    there, memory-mapped, wherever they are needed; without, they stay in memory, and files are written
    each ``seconds`` and when the solve is asked to end.
    """

    def __init__(
        self,
        folder: str | Path,
        key: str,
        seconds: float = 600.0,
        resident: bool = False,
        tell: Callable[[str], None] = print,
    ):
        self.folder, self.key, self.seconds = Path(folder), key, seconds
        self.resident, self.tell = resident, tell
        self.saved = time.monotonic()
        self.sums: list[int] = []
        self.waiting: list[np.ndarray] = []

    @property
    def _index(self) -> Path:
        return self.folder / "panels.json"

    def _path(self, number: int) -> Path:
        return self.folder / f"panel-{number:04}.npy"

    def load(
        self, shapes: list[tuple[int, int]], dtype, to_device: Callable = lambda panel: panel
    ) -> list[np.ndarray]:
        """The panels that are there, in order, up to the first that is missing or cannot be used.

        Each is handed to ``to_device`` before the next is read, so that the host holds one of a GPU's.
        """
        self.sums, self.waiting = [], []
        try:
            if self._index.exists() and not self._index.is_file():
                raise ValueError("it is no file")
            index = json.loads(self._index.read_text())
            key, sums = index["key"], list(index["sums"])
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return self._unused("has no readable index")
        if key != self.key:
            return self._unused("is of another system")
        panels = []
        for number, (shape, expected) in enumerate(zip(shapes, sums, strict=False)):
            try:
                if not self._path(number).is_file():  # a pipe would be waited for
                    raise ValueError("it is no file")
                panel = np.lib.format.open_memmap(self._path(number), mode="r")
                whole = panel.shape == shape and panel.dtype == dtype and zlib.crc32(panel.data) == expected
            except Exception as error:  # a damaged header is read as Python, and fails as that may
                self.tell(f"{self._path(number)} cannot be used ({error}): computed again from there")
                break
            if not whole:
                self.tell(f"{self._path(number)} is truncated or altered: computed again from there")
                break
            panels.append(to_device(panel if self.resident else np.array(panel)))
            self.sums.append(expected)
        if panels:
            self.tell(f"going on from {self.folder}: {len(panels)} of {len(shapes)} panels are there")
        return panels

    def _unused(self, problem: str) -> list:
        self.tell(f"{self.folder} {problem}: not used, the solve begins from the start")
        return []

    def add(self, panel, to_host: Callable = np.asarray):
        """Take over the next finished panel; returns the array to read it from."""
        self.waiting.append(panel)
        if self.resident:
            self._write(to_host)
            return np.load(self._path(len(self.sums) - 1), mmap_mode="r", allow_pickle=False)
        if time.monotonic() - self.saved >= self.seconds:
            self.keep(to_host)
        return panel

    def keep(self, to_host: Callable = np.asarray) -> None:
        """Write the panels that are in memory only; where that fails, ``tell`` says so."""
        try:
            self._write(to_host)
        except StorageError as error:
            self.tell(f"no checkpoint this time, the solve goes on: {error}")
        self.saved = time.monotonic()

    def _write(self, to_host: Callable) -> None:
        while self.waiting:
            panel = to_host(self.waiting[0])
            path = self._path(len(self.sums))
            unfinished = path.with_suffix(".unfinished")
            sums = [*self.sums, zlib.crc32(np.ascontiguousarray(panel).data)]
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                unfinished.unlink(missing_ok=True)
                with open(unfinished, "xb") as file:  # not through a link that somebody left there
                    np.save(file, panel, allow_pickle=False)
                os.replace(unfinished, path)
                with open(unfinished, "x") as file:
                    json.dump({"key": self.key, "sums": sums}, file)
                os.replace(unfinished, self._index)
            except OSError as error:
                with suppress(OSError):
                    unfinished.unlink()
                needed = sum(panel.nbytes for panel in self.waiting)
                raise StorageError(
                    f"{path} could not be written ({error}); {needed / 2**30:.1f} GiB and what is still to "
                    f"come must fit there. {len(self.sums)} finished panels are kept: free some space and "
                    f"run the same again, and it goes on from them"
                ) from error
            self.sums = sums
            self.waiting.pop(0)

    def remove(self) -> None:
        """Delete the panels of a system that is solved."""
        for path in (*self.folder.glob("panel-*.npy"), *self.folder.glob("*.unfinished"), self._index):
            with suppress(OSError):
                path.unlink()
        with suppress(OSError):  # not empty, or not there
            self.folder.rmdir()
