"""Finished runs and summaries as frames, each checked to be the one that was planned."""

import io
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from pipeline.artefacts import (
    ArtefactError,
    read_attached,
    read_result,
    remake,
    sha256_of_file,
    write_result,
    written_whole,
)

# What names a row of a summary or of the scorecard.
TEXT_COLUMNS = (
    *("dataset", "condition", "network", "quantity"),
    *("system", "features", "kernel", "ridge", "optimiser", "start", "interpolant"),
    *("kind", "source", "item", "measured", "paper", "verdict", "rule"),
)
# Columns of a history that figures and tables are made from.
HISTORY = ("epoch", "step", "online_loss", "train_loss", "train_accuracy", "test_loss", "test_accuracy")
FACTS = ("parameters", "classes", "verdict")


def _history(path: Path, result: Path, sha256: str) -> pd.DataFrame:
    """The history of one run: numbers under the names of ``HISTORY``, a row an epoch."""
    content = read_attached(path, result, sha256)
    try:
        history = pd.read_csv(io.BytesIO(content))
        history[[*HISTORY]] = history[[*HISTORY]].apply(pd.to_numeric)
    except (ValueError, KeyError) as error:  # pandas' own errors are ValueErrors
        raise _refusal(path, result, f"no history of a run ({error!s:.500})") from None
    if history.empty:
        raise _refusal(path, result, "a history without an epoch")
    return history


def _refusal(path: Path, result: Path, problem: str) -> ArtefactError:
    return ArtefactError(f"{path}: {problem}. Remake it with\n  {remake(result)}")


def read_histories(runs: list[dict]) -> pd.DataFrame:
    """The histories of all runs below each other, with the coordinates of the run in every row.

    ``runs`` are the entries of a query's specification: coordinates, path and expected stamp.
    Raises ``ArtefactError`` for a result that is altered, truncated, malformed or made by something else.
    """
    frames = []
    for run in runs:
        path = Path(run["path"])
        result = read_result(path, run["stamp"], ("attached_sha256", *FACTS))
        history = _history(path.with_name("history.csv"), path, result["attached_sha256"])
        coordinates = {key: value for key, value in run.items() if key not in ("path", "stamp")}
        frames.append(history.assign(**coordinates, **{key: result[key] for key in FACTS}))
    return pd.concat(frames, ignore_index=True)


def read_results(entries: list[dict], keys: Iterable[str] = ()) -> list[dict]:
    """The results that a query names, each with its coordinates and without what made it.

    Run coordinates overwrite result fields of the same name; the original field is kept as ``<name>_value``.
    Raises ``ArtefactError`` for a result without one of ``keys``.
    """
    keys, found = tuple(keys), []
    for entry in entries:
        result = read_result(entry["path"], entry["stamp"], keys)
        coordinates = {key: value for key, value in entry.items() if key not in ("path", "stamp")}
        values = {f"{key}_value" if key in coordinates else key: value for key, value in result.items()}
        found.append({**values, **values.get("measured", {}), **coordinates})
    return found


def read_computed(entries: list[dict]) -> pd.DataFrame:
    """A row for each result that was computed, with what it recorded of itself.

    Where no ridge was chosen, the result repeats that of the solve without one and is left out.
    """
    results = read_results(entries, ("versions", "platform"))
    repeats = [each.get("ridge") == "chosen" and each["ridge_value"] == 0 for each in results]
    return pd.DataFrame(each for each, repeat in zip(results, repeats, strict=True) if not repeat)


def write_summary(csv: str, result: str, summary: pd.DataFrame, spec: dict, code: str) -> None:
    """Write a summary and beside it what made it."""
    with written_whole(csv) as temporary:
        summary.to_csv(temporary, index=False)
        digest = sha256_of_file(temporary)
    write_result(result, {"attached_sha256": digest}, spec, code)


def read_summary(summary: dict) -> pd.DataFrame:
    """A summary by its entry in a specification: its CSV, its result file and expected stamp."""
    result = read_result(summary["result"], summary["stamp"], ("attached_sha256",))
    content = read_attached(summary["csv"], summary["result"], result["attached_sha256"])
    # An empty cell alone is missing: "NA" is a name as any other, and so is "1e5".
    names = dict.fromkeys(TEXT_COLUMNS, str)
    return pd.read_csv(io.BytesIO(content), dtype=names, keep_default_na=False, na_values=[""])
