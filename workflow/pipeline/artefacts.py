"""Arrays on disk that know what they are: ``.npy`` files and a manifest that names and hashes them.

An artefact is a folder with one ``.npy`` a name and a ``manifest.json``. The manifest says what made
the arrays (specification, digest of the code) and gives the shape, dtype and SHA-256 of each; it
holds no date and no version, so the same artefact made again has the same manifest, byte for byte.
"""

import fcntl
import glob
import hashlib
import json
import os
import secrets
import shlex
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from pipeline.files import NotAFile, oddity, read
from pipeline.stamps import canonical, stamp


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
            with suppress(OSError):  # a file system without locks: what is left there stays
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield temporary
            os.fsync(descriptor)
            if path.is_dir() and not path.is_symlink():
                raise NotAFile(f"a folder is there, move it away with {_move_away(path)}")
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
    """Remove what killed jobs left of ``path``. A process that is still writing holds a lock on its file."""
    for left in path.parent.glob(f".{glob.escape(path.stem)}.unfinished-*{glob.escape(path.suffix)}"):
        with suppress(OSError):
            descriptor = os.open(left, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                left.unlink()
            finally:
                os.close(descriptor)


def _move_away(path: Path) -> str:
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


def save(manifest: str | Path, arrays: Iterable[tuple[str, np.ndarray]], spec: dict, code: str) -> None:
    """Write each named array as ``<name>.npy`` beside ``manifest``, and the manifest last.

    One array is held at a time, so that ``arrays`` may make each when its turn comes.
    """
    folder = Path(manifest).parent
    described = {}
    for name, array in arrays:
        path = folder / f"{name}.npy"
        with written_whole(path) as temporary:
            np.save(temporary, np.ascontiguousarray(array), allow_pickle=False)
            described[name] = {
                "shape": list(array.shape),
                "dtype": str(array.dtype),
                "sha256": sha256_of_file(temporary),
            }
        del array
    write_json(
        manifest,
        {"stamp": stamp(spec, code), "spec": spec, "code": code, "arrays": described},
    )


def remake(path: str | Path) -> str:
    """The command that makes one file again, with the configuration files of this call."""
    command = os.environ.get("RETHINKING_SNAKEMAKE", "snakemake")
    return f"{command} --cores 1 --force {path}"


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number that this workflow writes")


def read_json(path: str | Path, keys: Iterable[str] = ()) -> dict:
    """A JSON object that has ``keys``; anything else is an ``ArtefactError`` that names the file."""
    path = Path(path)
    try:
        content = json.loads(read(path), parse_constant=_no_number)
        canonical(content)  # so deeply nested that its hash cannot be computed: said here
    except FileNotFoundError:
        raise _refusal(path, path, "missing") from None
    except NotAFile:
        raise in_the_way(path, path) from None
    except PermissionError as error:
        raise ArtefactError(f"{path} cannot be read ({error.strerror}): mend its permissions") from None
    except (OSError, ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise _refusal(path, path, "truncated or altered, or not written by this workflow")
    missing = [key for key in keys if key not in content]
    if missing:
        problem = f"truncated or altered, or not written by this workflow: it has no {', '.join(missing)}"
        raise _refusal(path, path, problem)
    return content


def _refusal(path: Path, made: Path, problem: str) -> ArtefactError:
    return ArtefactError(f"{path}: {problem}. Remake it with\n  {remake(made)}")


def in_the_way(path: Path, made: Path) -> ArtefactError:
    """The refusal of something that is no file, which Snakemake does not remove by itself."""
    problem = f"{oddity(path) or 'more than any result'} is there, where a file of this workflow should be"
    return ArtefactError(
        f"{path}: {problem}. Move it away and remake it with\n  {_move_away(path)} && {remake(made)}"
    )


def _check_stamp(path: Path, content: dict, expected_stamp: str) -> None:
    if content["stamp"] != expected_stamp:
        problem = "made by another specification or other code"
        stamps = f"expected stamp {expected_stamp}, found {content['stamp']!s:.40}"
        raise _refusal(path, path, f"{problem} ({stamps})")


def load(manifest: str | Path, expected_stamp: str) -> dict[str, np.ndarray]:
    """The arrays of an artefact, memory-mapped read-only, each checked against its manifest.

    Raises ``ArtefactError``, with the file and the command that remakes it, where the manifest is not
    that of ``expected_stamp``, or an array is missing, truncated or altered.
    """
    manifest = Path(manifest)
    described = read_json(manifest, ("stamp", "spec", "code", "arrays"))
    _check_stamp(manifest, described, expected_stamp)
    entries = described["arrays"]
    whole = isinstance(entries, dict) and {"train", "test"} <= set(entries)
    for name, entry in entries.items() if whole else ():
        whole = whole and name.isidentifier()  # and so no path that leads elsewhere
        whole = whole and isinstance(entry, dict) and {"shape", "dtype", "sha256"} <= set(entry)
    if not whole or stamp(described["spec"], described["code"]) != described["stamp"]:
        raise _refusal(manifest, manifest, "altered since it was made")
    return {name: _array(manifest, name, expected) for name, expected in entries.items()}


def _array(manifest: Path, name: str, expected: dict) -> np.ndarray:
    """One array of a manifest, memory-mapped read-only, once it is known to be the one described there."""
    path = manifest.parent / f"{name}.npy"
    if oddity(path):
        raise in_the_way(path, manifest)
    if not path.is_file():
        raise _refusal(path, manifest, "missing")
    found = sha256_of_file(path)
    if found != expected["sha256"]:
        size = path.stat().st_size
        hashes = f"expected SHA-256 {expected['sha256']!s:.80}, found {found}, {size} bytes"
        raise _refusal(path, manifest, f"truncated or altered since it was made ({hashes})")
    try:
        # Maps plain values only: neither an archive nor Python objects, whatever the hash says.
        array = np.lib.format.open_memmap(path, mode="r")
    except (ValueError, OSError, EOFError) as error:
        raise _refusal(path, manifest, f"no array of plain values ({error})") from None
    if list(array.shape) != expected["shape"] or str(array.dtype) != expected["dtype"]:
        stated = f"expected {expected['dtype']!s:.40} {expected['shape']!s:.80}"
        stated += f", found {array.dtype} {array.shape}"
        raise _refusal(path, manifest, stated)
    return array


def _content_hash(content: dict) -> str:
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def write_result(path: str | Path, content: dict, spec: dict, code: str) -> None:
    """Write a JSON result with its specification, its stamp and a hash of its own content."""
    content = {"stamp": stamp(spec, code), "spec": spec, "code": code, **content}
    write_json(path, {**content, "sha256": _content_hash(content)})


def read_result(path: str | Path, expected_stamp: str, keys: Iterable[str] = ()) -> dict:
    """What ``write_result`` wrote, unaltered, with the stamp that the job was planned with, and ``keys``."""
    path = Path(path)
    result = read_json(path, ("stamp", "sha256", *keys))
    if _content_hash({key: value for key, value in result.items() if key != "sha256"}) != result["sha256"]:
        raise _refusal(path, path, "altered since it was made")
    _check_stamp(path, result, expected_stamp)
    return result


def read_attached(path: str | Path, result: str | Path, sha256: str) -> bytes:
    """The content of a file whose hash stands in a result; ``ArtefactError`` if it is another."""
    path = Path(path)
    try:
        content = read(path)
    except FileNotFoundError:
        content = b""
    except NotAFile:
        raise in_the_way(path, Path(result)) from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise _refusal(path, Path(result), "missing, truncated or altered since it was made")
    return content


def is_current(result: str | Path, expected_stamp: str, **facts) -> bool:
    """Whether a result is whole, made by what was planned, and says ``facts``."""
    try:
        return facts.items() <= read_result(result, expected_stamp).items()
    except ArtefactError:
        return False


def is_made(result: str | Path, attached: str | Path, expected_stamp: str, **facts) -> bool:
    """Whether a result and its attached file are whole, made by what was planned, and say ``facts``."""
    try:
        content = read_result(result, expected_stamp, ("attached_sha256",))
        read_attached(attached, result, content["attached_sha256"])
    except ArtefactError:
        return False
    return facts.items() <= content.items()


def _aside(path: str | Path) -> Path:
    return Path(path).with_name(f".{Path(path).name}.finished")


def set_aside(path: str | Path) -> None:
    """Keep a finished file under a second name as well, a hard link.

    Snakemake deletes the outputs of a job before it starts and after it fails, and a slip in the code would
    cost every run that it touches. Its own ``update()`` is no way out: a job that fails has its old outputs
    put back with the new parameters on record, so that they are current from then on; and on a cluster they
    are deleted all the same.
    """
    if _aside(path).exists() and _aside(path).samefile(path):
        return
    with suppress(OSError):  # a file system without links: nothing but this safety is lost
        _aside(path).unlink(missing_ok=True)
        os.link(path, _aside(path))


def take_back(path: str | Path) -> None:
    """Put a file that was set aside back into its place, if it is missing there."""
    if _aside(path).is_file() and not os.path.lexists(path):
        os.link(_aside(path), path)
