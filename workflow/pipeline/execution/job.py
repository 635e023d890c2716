"""Guarantee: an error of a job is readable in the terminal, and a full disk under the log costs no run.

Every script does this around its one call of the library: a log, a progress bar, an error in words, and the
versions and the machine for the result.
"""

import gc
import io
import os
import platform
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pipeline.storage.writing import ArtefactError
from rethinking.datasets.arrays import DataError

if TYPE_CHECKING:
    import torch

    from rethinking.training import Epoch

PACKAGES = ("torch", "numpy", "scipy", "pandas", "snakemake")


class LossyStream(io.TextIOWrapper):
    """Text to an open file, of which lines are lost, and no job is, where the file cannot be written.

    A disk may be full, a terminal gone. ``lost`` is called with the first error.
    """

    def __init__(self, descriptor: int, lost: Callable[[OSError], None] = lambda error: None):
        # Nothing is kept back, which would be written, and would fail, when the process ends. File names
        # need not be text; characters that cannot be written are escaped.
        file = io.FileIO(descriptor, "w", closefd=False)
        super().__init__(file, errors="backslashreplace", write_through=True)
        self.lost: Callable[[OSError], None] | None = lost

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            lost, self.lost = self.lost, None
            if lost is not None:
                lost(error)
            return len(text)


class JobLog:
    """Writes to the log of the rule and to the terminal."""

    def __init__(self, terminal: TextIO):
        self.terminal = terminal

    def __call__(self, message: str) -> None:
        print(message)
        print(message, file=self.terminal, flush=True)

    @contextmanager
    def progress(self, unit: str) -> Iterator[Callable[[int, int], None]]:
        """A function of the amount done and the total, in ``unit`` ("B" for bytes).

        It moves a bar on a terminal and writes a line into the log at each tenth.
        """
        from tqdm import tqdm

        form = "{percentage:3.0f}% |{bar}| {n_fmt} of {total_fmt} " + unit + ", {remaining} left"
        bar, told = None, 0

        def report(done: int, total: int) -> None:
            nonlocal bar, told
            large = total >= 10_000
            if bar is None:  # the total is not known before
                is_log = not self.terminal.isatty()
                bar = tqdm(
                    total=total,
                    unit_scale=large,
                    bar_format=form,
                    file=self.terminal,
                    disable=is_log,
                    leave=False,
                )
            bar.total = total
            bar.update(done - bar.n)
            tenths = done * 10 // max(total, 1)
            if tenths != told:
                told = tenths
                shown = tqdm.format_sizeof if large else str
                print(f"{shown(done)} of {shown(total)} {unit}")

        try:
            yield report
        finally:
            if bar is not None:
                bar.close()


class EpochLog:
    """Called with each epoch of a run: a line in the log, a bar on a terminal if the run is long.

    With ``events``, a folder, also TensorBoard's, until these cannot be written.
    """

    def __init__(self, tell: JobLog, epochs: int, images: int, events: Path | None = None):
        self.tell, self.total, self.images, self.events = tell, epochs, images, events
        self.started, self.epochs = time.perf_counter(), 0

    def __enter__(self) -> "EpochLog":
        from tqdm import tqdm

        self.writer = None
        if self.events is not None:
            from torch.utils.tensorboard import SummaryWriter

            with self._events_may_be_lost():
                self.writer = SummaryWriter(str(self.events))
        terminal = self.tell.terminal
        form = "{desc} {percentage:3.0f}% |{bar}| {remaining} left"
        self.bar = tqdm(
            total=self.total,
            file=terminal,
            disable=not terminal.isatty(),
            leave=False,
            delay=5,
            bar_format=form,
        )
        return self

    def __exit__(self, *_) -> None:
        self.bar.close()
        if self.writer is not None:
            with self._events_may_be_lost():
                self.writer.close()

    @contextmanager
    def _events_may_be_lost(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.writer = None
            self.tell(
                f"{self.events} cannot be written ({error}): the run goes on without TensorBoard's events"
            )

    @property
    def seconds(self) -> float:
        """Since the run began or went on."""
        return time.perf_counter() - self.started

    @property
    def images_per_second(self) -> float:
        """Training images, with all that comes with them: preprocessing, updates, evaluation."""
        return self.images * self.epochs / self.seconds

    def __call__(self, epoch: "Epoch") -> None:
        self.epochs += 1
        left = (self.total - epoch.epoch) * self.seconds / self.epochs
        minutes, seconds = divmod(round(left), 60)
        print(
            f"epoch {epoch.epoch:3d} of {self.total}  learning rate {epoch.learning_rate:.5f}  "
            f"train loss {epoch.train_loss:.4f}  train {epoch.train_accuracy:.4f}  "
            f"test {epoch.test_accuracy:.4f}  {self.images_per_second:,.0f} images/s  "
            f"{minutes}:{seconds:02} left"
        )
        self.bar.set_description(f"train {epoch.train_accuracy:.3f}, test {epoch.test_accuracy:.3f}", False)
        self.bar.update(epoch.epoch - self.bar.n)
        if self.writer is not None:
            with self._events_may_be_lost():
                for name, value in epoch._asdict().items():
                    self.writer.add_scalar(name, value, epoch.epoch)


def peak_memory(device: "torch.device") -> int:
    """The most bytes that were held: of the device's memory on a GPU, of the process on a CPU."""
    import torch

    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else peak_memory_of_process()


def peak_memory_of_process() -> int:
    """The most bytes of memory that this process has held."""
    try:  # Linux counts memory of the parent into ru_maxrss of a new process, and not into this
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    except (OSError, IndexError):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@contextmanager
def logged(path: str) -> Iterator[JobLog]:
    """Send all output of the block, that of libraries included, to the rule's log.

    Gives a ``JobLog`` that writes to the terminal too. An error ends the job: its message goes to both, the
    traceback to the log alone, and that of an ``ArtefactError`` or ``DataError`` nowhere, because the
    message says it all. A log that cannot be written ends no job: the terminal is told so once.
    """
    terminal = LossyStream(os.dup(2))
    # A job that is asked to end does so by an exception, so that temporary files are removed.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with open(path, "w") as log:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(log.fileno(), stream.fileno())
        sys.stdout = sys.stderr = LossyStream(
            sys.stdout.fileno(),
            lambda error: print(
                f"{path} cannot be written ({error}): the job goes on without its log", file=terminal
            ),
        )
        started = time.perf_counter()

        try:
            yield JobLog(terminal)
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            print(message, file=terminal, flush=True)
            says_it_all = isinstance(error, ArtefactError | DataError)
            print(message if says_it_all else traceback.format_exc())
            sys.exit(1)
        print(f"done in {time.perf_counter() - started:.1f} s")
        # Python looks for garbage once more when it ends; in all that PyTorch has made, for half a second.
        gc.freeze()


def processor() -> str:
    """The model of the processor and how many cores there are."""
    try:  # Linux, where Python does not know the model
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.processor() or platform.machine()
    return f"{model}, {os.cpu_count()} cores"


def provenance() -> dict:
    """Versions and machine, which each result records."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "versions": {"python": platform.python_version(), **versions},
        "platform": platform.platform(),
        "processor": processor(),
    }
