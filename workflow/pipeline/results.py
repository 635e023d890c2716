"""Finished runs and summaries as frames, each checked to be the one that was planned."""

import io
from pathlib import Path

import pandas as pd

from pipeline.artefacts import read_attached, read_result, sha256_of_file, write_result, written_whole
from rethinking.baseline import Baseline

# What names a row of a summary.
TEXT_COLUMNS = (
    *("dataset", "condition", "network", "quantity"),
    *("system", "features", "kernel", "ridge", "optimiser", "start", "interpolant"),
)


def read_histories(runs: list[dict]) -> pd.DataFrame:
    """The histories of all runs below each other, with the coordinates of the run in every row.

    ``runs`` are the entries of a query's specification: coordinates, path and expected stamp.
    Raises ``ArtefactError`` for a result that is altered, truncated or made by something else.
    """
    frames = []
    for run in runs:
        path = Path(run["path"])
        result = read_result(path, run["stamp"])
        content = read_attached(path.with_name("history.csv"), path, result["attached_sha256"])
        coordinates = {key: value for key, value in run.items() if key not in ("path", "stamp")}
        facts = {key: result[key] for key in ("parameters", "classes", "verdict")}
        frames.append(pd.read_csv(io.BytesIO(content)).assign(**coordinates, **facts))
    return pd.concat(frames, ignore_index=True)


def read_results(entries: list[dict]) -> list[dict]:
    """The results that a query names, each with its coordinates and without what made it.

    A coordinate takes the place of what a result calls by the same name; that is then ``<name>_value``.
    """
    found = []
    for entry in entries:
        result = read_result(entry["path"], entry["stamp"])
        coordinates = {key: value for key, value in entry.items() if key not in ("path", "stamp")}
        values = {f"{key}_value" if key in coordinates else key: value for key, value in result.items()}
        found.append({**values, **values.get("measured", {}), **coordinates})
    return found


def read_baselines(entries: list[dict]) -> dict[str, Baseline]:
    """The linear classifiers that a specification names, by the title of their data set."""
    found = {entry["title"]: read_result(entry["path"], entry["stamp"]) for entry in entries}
    return {
        title: Baseline(*(result[field] for field in Baseline._fields)) for title, result in found.items()
    }


def write_summary(csv: str, result: str, summary: pd.DataFrame, spec: dict, code: str) -> None:
    """Write a summary and beside it what made it."""
    with written_whole(csv) as temporary:
        summary.to_csv(temporary, index=False)
        digest = sha256_of_file(temporary)
    write_result(result, {"attached_sha256": digest}, spec, code)


def read_summary(summary: dict) -> pd.DataFrame:
    """A summary by its entry in a specification: its CSV, its result file and expected stamp."""
    result = read_result(summary["result"], summary["stamp"])
    content = read_attached(summary["csv"], summary["result"], result["attached_sha256"])
    # An empty cell alone is missing: "NA" is a name as any other, and so is "1e5".
    names = dict.fromkeys(TEXT_COLUMNS, str)
    return pd.read_csv(io.BytesIO(content), dtype=names, keep_default_na=False, na_values=[""])
