"""Guarantee: a training job that was stopped goes on where it was, and a run that goes on ends as one that
did not stop.

Snakemake knows finished outputs only, and deletes those of a job before the job starts. The state of a run is
therefore no declared output. Its file holds the stamp of the run, the precision and the hashes of the data,
and is read only if they are those of this job.
"""

import hashlib
import io
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from pipeline.storage.files import read
from pipeline.storage.writing import ArtefactError, written_whole

SIGNALS = (signal.SIGTERM, signal.SIGINT)
MOST = 2**36  # bytes of a state


class RunCheckpoint:
    """Keeps the state of the run that ``key`` names in ``path``, every ``seconds`` and when told to end.

    A file that is truncated, altered, of another run or malformed, or that holds anything but tensors,
    numbers and texts, is not used, nor is anything that is no file: ``tell`` says so, and the run begins
    from the start. A disk that is full does not stop a run.
    """

    def __init__(self, path: str | Path, key: str, seconds: float, tell: Callable[[str], None]):
        self.path, self.key, self.seconds, self.tell = Path(path), key, seconds, tell
        self.saved = time.monotonic()
        self.asked: signal.Signals | None = None

    def load(self) -> dict | None:
        """The state to go on from, None without one that can be used."""
        found = self._read()
        if isinstance(found, str):
            self.refuse(found)
            return None
        if found is not None:
            self.tell(f"going on from {self.path}, epoch {int(found['at'][0])}")
        return found

    def _read(self) -> dict | str | None:
        """The state in the file, in words why it is none, or None without a file."""
        try:
            digest, _, content = read(self.path, MOST).partition(b"\n")
        except FileNotFoundError:
            return None
        except OSError as error:
            return f"cannot be read ({error})"
        if hashlib.sha256(content).hexdigest().encode() != digest:
            return "is truncated or altered"
        try:
            # weights_only: an unpickler that makes tensors and plain values and runs nothing.
            found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        except Exception as error:  # errors of a hostile file are no closed list
            return f"holds what no checkpoint holds ({f'{error}'.partition(chr(10))[0]})"
        if not isinstance(found, dict) or found.get("key") != self.key:
            return "is of another run, other code or other data"
        try:
            int(found["state"]["at"][0])
        except Exception:
            return "has no state of a run"
        return found["state"]

    def refuse(self, problem: str) -> None:
        """Say why the file is not used."""
        self.tell(f"{self.path} {problem:.500}: not used, the run begins from the start")

    def due(self) -> bool:
        """Whether the interval is over, or the process was asked to end."""
        return self.asked is not None or time.monotonic() - self.saved >= self.seconds

    def save(self, state: dict) -> None:
        """Write ``state`` whole or not at all; end the process if it was asked to."""
        content = io.BytesIO()
        torch.save({"key": self.key, "state": state}, content)
        digest = hashlib.sha256(content.getbuffer()).hexdigest()
        kept = "its state is kept and the same command goes on from there"
        try:
            with written_whole(self.path) as temporary, open(temporary, "wb") as file:
                file.write(digest.encode() + b"\n" + content.getbuffer())
        except ArtefactError as error:
            kept = "its state could not be kept"
            self.tell(f"no checkpoint this time, the run goes on: {error}")
        self.saved = time.monotonic()
        if self.asked is not None:
            self.tell(f"ended by {self.asked.name} in epoch {state['at'][0]}: {kept}")
            sys.exit(128 + self.asked)

    def remove(self) -> None:
        """Forget the state of a run that has ended; a file that cannot be removed stays, and costs no
        result.
        """
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            self.tell(f"{self.path} could not be removed ({error.strerror}): remove it by hand")

    @contextmanager
    def heeding_signals(self) -> Iterator[None]:
        """Let SIGTERM and SIGINT end the run after its batch, with its state kept; a second Ctrl-C at once.

        Schedulers send SIGTERM more than once, and SIGKILL where they do not want to wait.
        """

        def ask(number: int, _) -> None:
            self.asked = signal.Signals(number)
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        before = {each: signal.signal(each, ask) for each in SIGNALS}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
