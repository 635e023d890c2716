"""Arrays on disk that know what they are: ``.npy`` files and a manifest that names and hashes them.

An artefact is a folder with one ``.npy`` a name and a ``manifest.json``. The manifest says what made
the arrays (specification, digest of the code) and gives the shape, dtype and SHA-256 of each; it
holds no date and no version, so the same artefact made again has the same manifest, byte for byte.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from pipeline.stamps import canonical, stamp


class ArtefactError(Exception):
    """An artefact that is missing, altered, or not the one that the job was planned with."""


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends without an error.

    Whoever looks at ``path`` sees the old file or the new one, never a part. Raises ``ArtefactError``
    where it cannot be written, for want of space for one.
    """
    path = Path(path)
    # Always the same name, so that what a killed job left is gone when the next one is through.
    temporary = path.with_name(f".{path.stem}.unfinished{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        free = shutil.disk_usage(existing_parent(path)).free
        raise ArtefactError(
            f"{path} could not be written ({error}), and nothing is kept of it. {free / 2**20:,.0f} MiB are "
            f"free there; mend that and run the same command again"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


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


def _json(path: Path, keys: tuple[str, ...]) -> dict:
    """A JSON object that has ``keys``; anything else is an ``ArtefactError``."""
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        raise _refusal(path, path, "missing") from None
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict) or not set(keys) <= set(content):
        raise _refusal(path, path, "truncated or altered, or not written by this workflow")
    return content


def _refusal(path: Path, made: Path, problem: str) -> ArtefactError:
    return ArtefactError(f"{path}: {problem}. Remake it with\n  {remake(made)}")


def _check_stamp(path: Path, content: dict, expected_stamp: str) -> None:
    if content["stamp"] != expected_stamp:
        problem = "made by another specification or other code"
        stamps = f"expected stamp {expected_stamp}, found {content['stamp']}"
        raise _refusal(path, path, f"{problem} ({stamps})")


def load(manifest: str | Path, expected_stamp: str) -> dict[str, np.ndarray]:
    """The arrays of an artefact, memory-mapped read-only, each checked against its manifest.

    Raises ``ArtefactError``, with the file and the command that remakes it, where the manifest is not
    that of ``expected_stamp``, or an array is missing, truncated or altered.
    """
    manifest = Path(manifest)
    described = _json(manifest, ("stamp", "spec", "code", "arrays"))
    _check_stamp(manifest, described, expected_stamp)
    entries = described["arrays"]
    whole = isinstance(entries, dict) and {"train", "test"} <= set(entries)
    for entry in entries.values() if whole else ():
        whole = whole and isinstance(entry, dict) and {"shape", "dtype", "sha256"} <= set(entry)
    if not whole or stamp(described["spec"], described["code"]) != described["stamp"]:
        raise _refusal(manifest, manifest, "altered since it was made")
    loaded = {}
    for name, expected in entries.items():
        path = manifest.parent / f"{name}.npy"
        if not path.is_file():
            raise _refusal(path, manifest, "missing")
        found = sha256_of_file(path)
        if found != expected["sha256"]:
            size = path.stat().st_size
            hashes = f"expected SHA-256 {expected['sha256']}, found {found}, {size} bytes"
            raise _refusal(path, manifest, f"truncated or altered since it was made ({hashes})")
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        if list(array.shape) != expected["shape"] or str(array.dtype) != expected["dtype"]:
            stated = f"expected {expected['dtype']} {expected['shape']}, found {array.dtype} {array.shape}"
            raise _refusal(path, manifest, stated)
        loaded[name] = array
    return loaded


def _content_hash(content: dict) -> str:
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def write_result(path: str | Path, content: dict, spec: dict, code: str) -> None:
    """Write a JSON result with its specification, its stamp and a hash of its own content."""
    content = {"stamp": stamp(spec, code), "spec": spec, "code": code, **content}
    write_json(path, {**content, "sha256": _content_hash(content)})


def read_result(path: str | Path, expected_stamp: str) -> dict:
    """What ``write_result`` wrote, unaltered and with the stamp that the job was planned with."""
    path = Path(path)
    result = _json(path, ("stamp", "sha256"))
    if _content_hash({key: value for key, value in result.items() if key != "sha256"}) != result["sha256"]:
        raise _refusal(path, path, "altered since it was made")
    _check_stamp(path, result, expected_stamp)
    return result


def read_attached(path: str | Path, result: str | Path, sha256: str) -> bytes:
    """The content of a file whose hash stands in a result; ``ArtefactError`` if it is another."""
    path = Path(path)
    content = path.read_bytes() if path.is_file() else b""
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
        content = read_result(result, expected_stamp)
        read_attached(attached, result, content["attached_sha256"])
    except (ArtefactError, KeyError):
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
    if _aside(path).exists() and not Path(path).exists():
        os.link(_aside(path), path)
