"""Arrays on disk that know what they are: ``.npy`` files and a manifest that names and hashes them.

An artefact is a folder with one ``.npy`` a name and a ``manifest.json``. The manifest says what made
the arrays (specification, digest of the code) and gives the shape, dtype and SHA-256 of each; it
holds no date and no version, so the same artefact made again has the same manifest, byte for byte.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from pipeline.stamps import canonical, stamp


class ArtefactError(Exception):
    """An artefact that is missing, altered, or not the one that the job was planned with."""


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends without an error.

    Whoever looks at ``path`` sees the old file or the new one, never a part.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: str | Path, content: dict) -> None:
    """Write ``content`` whole or not at all; numbers that are not finite are refused."""
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n")


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save(manifest: str | Path, arrays: dict[str, np.ndarray], spec: dict, code: str) -> None:
    """Write each array as ``<name>.npy`` beside ``manifest``, and the manifest last."""
    folder = Path(manifest).parent
    described = {}
    for name, array in arrays.items():
        path = folder / f"{name}.npy"
        with written_whole(path) as temporary:
            np.save(temporary, np.ascontiguousarray(array), allow_pickle=False)
            described[name] = {
                "shape": list(array.shape),
                "dtype": str(array.dtype),
                "sha256": _sha256(temporary),
            }
    write_json(
        manifest,
        {"stamp": stamp(spec, code), "spec": spec, "code": code, "arrays": described},
    )


def remake(path: str | Path) -> str:
    """The command that makes one file again, with the configuration files of this call."""
    command = os.environ.get("RETHINKING_SNAKEMAKE", "snakemake")
    return f"{command} --cores 1 --force {path}"


def load(manifest: str | Path, expected_stamp: str | None = None) -> dict[str, np.ndarray]:
    """The arrays of an artefact, memory-mapped read-only, each checked against its manifest.

    Raises ``ArtefactError``, with the file and the command that remakes it, where the manifest is not
    that of ``expected_stamp``, or an array is missing, truncated or altered.
    """
    manifest = Path(manifest)

    def refuse(path: Path, problem: str) -> ArtefactError:
        return ArtefactError(f"{path}: {problem}. Remake it with\n  {remake(manifest)}")

    try:
        described = json.loads(manifest.read_text())
        arrays, found_stamp = described["arrays"], described["stamp"]
    except FileNotFoundError:
        raise refuse(manifest, "missing") from None
    except (ValueError, KeyError, TypeError):
        raise refuse(manifest, "not a manifest that this workflow wrote (truncated or altered)") from None
    if expected_stamp is not None and found_stamp != expected_stamp:
        raise refuse(
            manifest,
            f"made by another specification or other code (expected stamp {expected_stamp}, "
            f"found {found_stamp})",
        )
    loaded = {}
    for name, expected in arrays.items():
        path = manifest.parent / f"{name}.npy"
        if not path.is_file():
            raise refuse(path, "missing")
        found = _sha256(path)
        if found != expected["sha256"]:
            raise refuse(
                path,
                f"truncated or altered since it was made (expected SHA-256 {expected['sha256']}, "
                f"found {found}, {path.stat().st_size} bytes)",
            )
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        if list(array.shape) != expected["shape"] or str(array.dtype) != expected["dtype"]:
            raise refuse(
                path,
                f"expected {expected['dtype']} {tuple(expected['shape'])}, found {array.dtype} {array.shape}",
            )
        loaded[name] = array
    return loaded


def write_result(path: str | Path, content: dict) -> None:
    """Write a JSON result with a hash of its own content, for ``read_result``."""
    write_json(path, {**content, "sha256": _content_hash(content)})


def _content_hash(content: dict) -> str:
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def read_result(path: str | Path, expected_stamp: str) -> dict:
    """What ``write_result`` wrote, unaltered and with the stamp that the job was planned with."""
    path = Path(path)
    try:
        result = json.loads(path.read_text())
        found, content_hash = result["stamp"], result.pop("sha256")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(
            f"{path}: not a result that this workflow wrote ({type(error).__name__}). "
            f"Remake it with\n  {remake(path)}"
        ) from None
    if _content_hash(result) != content_hash:
        raise ArtefactError(f"{path}: altered since it was made. Remake it with\n  {remake(path)}")
    if found != expected_stamp:
        raise ArtefactError(
            f"{path}: made by another specification or other code (expected stamp "
            f"{expected_stamp}, found {found}). Remake it with\n  {remake(path)}"
        )
    return result
