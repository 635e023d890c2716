"""Finished runs and summaries as frames, each checked to be the one that was planned."""

import io
from pathlib import Path

import pandas as pd

from pipeline.storage.artefacts import load, read_file, read_result, write_result, written_whole

WORKFLOW = Path(__file__).parents[3]
# What names a row of a summary.
TEXT_COLUMNS = (
    *("dataset", "condition", "network", "quantity"),
    *("system", "features", "kernel", "ridge", "optimiser", "start", "interpolant"),
)


def read_histories(coordinates: list[dict], runs: list[dict]) -> pd.DataFrame:
    """The histories of all runs below each other, with the coordinates of the run in every row.

    ``runs`` are the entries of the runs, in the order of ``coordinates``. Raises ``ArtefactError`` for a
    result that is altered, truncated or made by something else.
    """
    frames = []
    for where, run in zip(coordinates, runs, strict=True):
        result = read_result(run)
        content = read_file(run, result, "history.csv")
        facts = {key: result[key] for key in ("parameters", "classes", "verdict")}
        frames.append(pd.read_csv(io.BytesIO(content)).assign(**where, **facts))
    return pd.concat(frames, ignore_index=True)


def read_results(coordinates: list[dict], entries: list[dict]) -> list[dict]:
    """The results that a query names, each with its coordinates and without what made it.

    Coordinates overwrite fields of a result that have the same name. The original field is kept as
    ``<name>_value``.
    """
    found = []
    for where, entry in zip(coordinates, entries, strict=True):
        result = read_result(entry)
        values = {f"{key}_value" if key in where else key: value for key, value in result.items()}
        found.append({**values, **values.get("measured", {}), **where})
    return found


def read_rows(coordinates: list[dict], entries: list[dict]) -> pd.DataFrame:
    """The rows of measurements and experiments below each other, with their coordinates in every row."""
    return pd.DataFrame(
        {**row, **where}
        for where, entry in zip(coordinates, entries, strict=True)
        for row in read_result(entry)["rows"]
    )


def read_traces(coordinates: list[dict], entries: list[dict]) -> list[dict]:
    """What probes saw in the course of runs: for each run its coordinates and the arrays of its trace."""
    return [{**where, **load(entry)} for where, entry in zip(coordinates, entries, strict=True)]


def write_summary(job: dict, summary: pd.DataFrame) -> None:
    """Write a summary as a result whose one further file is its CSV."""
    with written_whole(Path(job["folder"], "summary.csv")) as temporary:
        summary.to_csv(temporary, index=False)
    write_result(job, {}, ["summary.csv"])


def read_summary(entry: dict) -> pd.DataFrame:
    """The summary that ``write_summary`` wrote."""
    content = read_file(entry, read_result(entry), "summary.csv")
    # An empty cell alone is missing: "NA" is a name as any other, and so is "1e5".
    names = dict.fromkeys(TEXT_COLUMNS, str)
    return pd.read_csv(io.BytesIO(content), dtype=names, keep_default_na=False, na_values=[""])


def read_paper(paper: dict | None) -> pd.DataFrame | None:
    """The paper's numbers for a figure or table, None if the paper has none on this data set."""
    return pd.read_csv(WORKFLOW / paper["file"]) if paper else None
