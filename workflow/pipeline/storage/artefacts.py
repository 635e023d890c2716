"""Guarantee: a result on disk is whole and is the planned one, or it is refused by name.

A result is a folder with one JSON file, such as ``run.json`` or ``manifest.json``. The file holds the stamp,
the specification, the digest of the code and a hash of its own content, and it names and hashes every other
file of the result: arrays, a history, a picture. Snakemake looks at none of this content. It deletes declared
outputs before a job starts and after a job fails, so the output that it sees is a receipt beside the result;
a lost receipt is written again as soon as a job finds its result whole.

Functions take a result's *entry*: a dict with its ``folder``, ``file``, ``stamp`` and ``seed``
(``pipeline.planning.results``). A *job* is an entry with ``spec``, ``code`` and ``inputs``.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from pipeline.planning.digest import edited_files
from pipeline.planning.results import RECEIPT
from pipeline.planning.stamps import canonical
from pipeline.storage.files import NotAFile, oddity, read
from pipeline.storage.writing import ArtefactError, move_away, sha256_of_file, write_json, written_whole


def write_result(job: dict, content: dict, files: Iterable[str] = ()) -> None:
    """Write the JSON file of a finished result, then its receipt.

    ``files`` are names of further files of the result, which are there already and whose hashes are kept.
    Nothing is written if the code of the job was edited since it was planned.
    """
    check_code(job)
    folder = Path(job["folder"])
    made_by = {"stamp": job["stamp"], "seed": job["seed"], "spec": job["spec"], "code": job["code"]["digest"]}
    if files:
        content = {**content, "files": {name: sha256_of_file(folder / name) for name in files}}
    content = {**made_by, **content, "read": content_of_inputs(job)}
    write_json(folder / job["file"], {**content, "sha256": _content_hash(content)})
    write_receipt(job)


def content_of_inputs(job: dict) -> str | None:
    """A hash of the content of the results that a job reads; None where one of them is missing or altered.

    A result that is made again has the stamp that it had. On a GPU, or with other versions of libraries, it
    may hold other numbers.
    """
    inputs = job.get("inputs", {}).values()
    entries = [entry for value in inputs for entry in (value if isinstance(value, list) else [value])]
    try:
        return _content_hash([_content_hash(read_result(entry)) for entry in entries])
    except ArtefactError:
        return None


def check_code(job: dict) -> None:
    """Raise ``ArtefactError`` if the code that made a result is no longer the code of its stamp."""
    edited = edited_files(job["code"])
    if edited:
        raise ArtefactError(
            f"{', '.join(edited)} changed after this job was planned, so {job['folder']} would hold what its "
            "stamp does not say. Nothing is written; give the same command again"
        )


def write_receipt(job: dict) -> None:
    """Write the output that Snakemake sees: which file the result is, and its hash.

    The receipt of a run with weights or traces has another name. A plain one is written beside it, for the
    time when nothing else is asked for any more. Weights and traces, outputs of no rule, have a plain one.
    """
    path = Path(job["folder"], job["file"])
    receipt = {
        "stamp": job["stamp"],
        "seed": job["seed"],
        "file": job["file"],
        "sha256": sha256_of_file(path),
    }
    seen, plain = Path(job["receipt"]), path.with_name(RECEIPT)
    if seen.parent == path.parent:
        write_json(seen, receipt)
    if plain != seen:
        write_json(plain, receipt)


def save_arrays(job: dict, arrays: Iterable[tuple[str, np.ndarray]], content: dict | None = None) -> None:
    """Write each named array as ``<name>.npy`` into a result's folder; last its manifest, with ``content``.

    One array is held at a time, so that ``arrays`` may make each when its turn comes. The manifest holds
    no date and no version: the same arrays made again have the same manifest, byte for byte.
    """
    described = {}
    for name, array in arrays:
        path = Path(job["folder"], f"{name}.npy")
        with written_whole(path) as temporary:
            np.save(temporary, np.ascontiguousarray(array), allow_pickle=False)
            described[name] = {
                "shape": list(array.shape),
                "dtype": str(array.dtype),
                "sha256": sha256_of_file(temporary),
            }
        del array
    write_result(job, {"arrays": described, **(content or {})})


def remake(entry: dict) -> str:
    """The command that makes one result again, with the configuration files of this call."""
    command = os.environ.get("RETHINKING_SNAKEMAKE", "snakemake")
    return f"{command} --cores 1 --force {entry['receipt']}"


def _refusal(entry: dict, path: Path, problem: str) -> ArtefactError:
    return ArtefactError(f"{path}: {problem}. Remake it with\n  {remake(entry)}")


def in_the_way(entry: dict, path: Path) -> ArtefactError:
    """The refusal of something that is no file, which Snakemake does not remove by itself."""
    problem = f"{oddity(path) or 'more than any result'} is there, where a file of this workflow should be"
    return ArtefactError(
        f"{path}: {problem}. Move it away and remake it with\n  {move_away(path)} && {remake(entry)}"
    )


def _content_hash(content: dict | list) -> str:
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number that this workflow writes")


def read_result(entry: dict, keys: Iterable[str] = ()) -> dict:
    """The content of the result ``entry`` as ``write_result`` wrote it, with all of ``keys``.

    Raises ``ArtefactError``, with the file and the command that remakes it, where the file is missing,
    truncated, altered, or of another result.
    """
    path = Path(entry["folder"], entry["file"])
    broken = "truncated or altered, or not written by this workflow"
    try:
        result = json.loads(read(path), parse_constant=_no_number)
        content = {key: value for key, value in result.items() if key != "sha256"}
        altered = _content_hash(content) != result["sha256"]
    except FileNotFoundError:
        raise _refusal(entry, path, "missing") from None
    except NotAFile:
        raise in_the_way(entry, path) from None
    except PermissionError as error:
        raise ArtefactError(f"{path} cannot be read ({error.strerror}): mend its permissions") from None
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise _refusal(entry, path, broken) from None
    if altered:
        raise _refusal(entry, path, "altered since it was made")
    found = content.get("stamp"), content.get("seed")
    if found != (entry["stamp"], entry["seed"]):
        stamps = "expected stamp {}, seed {}; found stamp {}, seed {}".format(
            entry["stamp"], entry["seed"], *(f"{value!s:.40}" for value in found)
        )
        raise _refusal(entry, path, f"made by another specification or other code ({stamps})")
    missing = [key for key in keys if key not in content]
    if missing:
        raise _refusal(entry, path, f"{broken}: it has no {', '.join(missing)}")
    return content


def read_file(entry: dict, result: dict, name: str) -> bytes:
    """A further file of a result that was read, if it is whole; ``ArtefactError`` otherwise."""
    path = Path(entry["folder"], name)
    try:
        content = read(path)
    except FileNotFoundError:
        content = b""
    except NotAFile:
        raise in_the_way(entry, path) from None
    if hashlib.sha256(content).hexdigest() != _described(entry, result, "files").get(name):
        raise _refusal(entry, path, "missing, truncated or altered since it was made")
    return content


def _described(entry: dict, result: dict, kind: str) -> dict:
    """The files or arrays that a result names; names that are paths or no text are refused."""
    described = result.get(kind, {})
    if not isinstance(described, dict) or any("/" in name or name.startswith(".") for name in described):
        raise _refusal(entry, Path(entry["folder"], entry["file"]), f"names {kind} that are not its own")
    return described


def load(entry: dict) -> dict[str, np.ndarray]:
    """The arrays of a result, memory-mapped read-only, each checked against the manifest.

    Raises ``ArtefactError``, with the file and the command that remakes it, where the manifest is not
    that of ``entry``, or an array is missing, truncated or altered.
    """
    arrays = _described(entry, read_result(entry, ("arrays",)), "arrays")
    return {name: _array(entry, name, described) for name, described in arrays.items()}


def _array(entry: dict, name: str, expected: dict) -> np.ndarray:
    """One array of a manifest, memory-mapped read-only, once it is known to be the one described there."""
    path = Path(entry["folder"], f"{name}.npy")
    if oddity(path):
        raise in_the_way(entry, path)
    if not path.is_file():
        raise _refusal(entry, path, "missing")
    found = sha256_of_file(path)
    if not isinstance(expected, dict) or found != expected.get("sha256"):
        stated = expected.get("sha256") if isinstance(expected, dict) else expected
        hashes = f"expected SHA-256 {stated!s:.80}, found {found}, {path.stat().st_size} bytes"
        raise _refusal(entry, path, f"truncated or altered since it was made ({hashes})")
    try:
        # Maps plain values only: neither an archive nor Python objects, whatever the hash says.
        array = np.lib.format.open_memmap(path, mode="r")
    except (ValueError, OSError, EOFError) as error:
        raise _refusal(entry, path, f"no array of plain values ({error})") from None
    if list(array.shape) != expected.get("shape") or str(array.dtype) != expected.get("dtype"):
        stated = f"expected {expected.get('dtype')!s:.40} {expected.get('shape')!s:.80}"
        raise _refusal(entry, path, f"{stated}, found {array.dtype} {array.shape}")
    return array


def check_whole(entry: dict) -> dict:
    """Read a result and every file of it; raises ``ArtefactError`` where one is missing or altered."""
    result = read_result(entry)
    for name in _described(entry, result, "files"):
        read_file(entry, result, name)
    for name, described in _described(entry, result, "arrays").items():
        _array(entry, name, described)
    return result


def is_finished(job: dict) -> bool:
    """Whether a result is there, every file of it is whole, and its inputs are those that it was made from.

    One of its inputs may have been made again, with other content; then the result is not finished. It
    may have been lost or damaged; then the result stays.
    """
    try:
        return was_made_from_what_is_there(job, check_whole(job))
    except ArtefactError:
        return False


def was_made_from_what_is_there(job: dict, result: dict) -> bool:
    """Whether the results that ``result`` was made from have the content that they had then.

    Nothing is said against it where one of them is missing or altered.
    """
    now = content_of_inputs(job)
    return now is None or result.get("read") in (None, now)
