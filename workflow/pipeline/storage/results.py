"""Guarantee: numbers that reach a figure come from the planned runs, each read with its hash checked.

Finished runs, summaries and the paper's numbers become data frames here.
"""

import io
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from pipeline.storage.artefacts import load, read_file, read_result, remake, write_result
from pipeline.storage.writing import ArtefactError, written_whole
from rethinking.baseline import Baseline

WORKFLOW = Path(__file__).parents[3]
# The columns that name a row of a summary or of the scorecard.
TEXT_COLUMNS = (
    *("dataset", "condition", "network", "quantity"),
    *("system", "features", "kernel", "ridge", "optimiser", "start", "interpolant"),
    *("kind", "source", "item", "measured", "paper", "verdict", "rule"),
)
# Columns of a history that figures and tables are made from.
HISTORY = (
    *("epoch", "step", "online_loss", "online_accuracy", "train_loss", "train_accuracy"),
    *("test_loss", "test_accuracy", "corrupted_test_accuracy"),
)
FACTS = ("parameters", "classes", "verdict")


def _history(entry: dict, result: dict) -> pd.DataFrame:
    """The history of one run: numbers under the names of ``HISTORY``, a row an epoch."""
    content = read_file(entry, result, "history.csv")
    try:
        history = pd.read_csv(io.BytesIO(content))
        history[[*HISTORY]] = history[[*HISTORY]].apply(pd.to_numeric)
    except (ValueError, KeyError) as error:  # pandas' own errors are ValueErrors
        raise _refusal(entry, f"no history of a run ({error!s:.500})") from None
    if history.empty:
        raise _refusal(entry, "a history without an epoch")
    return history


def _refusal(entry: dict, problem: str) -> ArtefactError:
    path = Path(entry["folder"], "history.csv")
    return ArtefactError(f"{path}: {problem}. Remake it with\n  {remake(entry)}")


def read_histories(coordinates: list[dict], runs: list[dict]) -> pd.DataFrame:
    """The histories of all runs below each other, with the coordinates of the run in every row.

    ``runs`` are the entries of the runs, in the order of ``coordinates``. Raises ``ArtefactError`` for a
    result that is altered, truncated or made by something else.
    """
    frames = []
    for where, run in zip(coordinates, runs, strict=True):
        result = read_result(run, FACTS)
        facts = {key: result[key] for key in FACTS}
        frames.append(_history(run, result).assign(**where, **facts))
    return pd.concat(frames, ignore_index=True)


def read_results(coordinates: list[dict], entries: list[dict], keys: Iterable[str] = ()) -> list[dict]:
    """The results that a query names, each with its coordinates, without stamp and specification.

    Coordinates overwrite fields of a result that have the same name. The original field is kept as
    ``<name>_value``. Raises ``ArtefactError`` for a result without one of ``keys``.
    """
    keys, found = tuple(keys), []
    for where, entry in zip(coordinates, entries, strict=True):
        result = read_result(entry, keys)
        values = {f"{key}_value" if key in where else key: value for key, value in result.items()}
        found.append({**values, **values.get("measured", {}), **where})
    return found


def read_computed(coordinates: list[dict], entries: list[dict]) -> pd.DataFrame:
    """A row for each result that was computed, with its own records.

    Where no ridge was chosen, the result repeats that of the solve without one and is left out.
    """
    results = read_results(coordinates, entries, ("versions", "platform"))
    repeats = [each.get("ridge") == "chosen" and each["ridge_value"] == 0 for each in results]
    return pd.DataFrame(each for each, repeat in zip(results, repeats, strict=True) if not repeat)


def read_baselines(titles: list[str], entries: list[dict]) -> dict[str, Baseline]:
    """The linear classifiers that results are compared with, by the title of their data set."""
    found = {title: read_result(entry) for title, entry in zip(titles, entries, strict=True)}
    return {
        title: Baseline(*(result[field] for field in Baseline._fields)) for title, result in found.items()
    }


def read_rows(coordinates: list[dict], entries: list[dict]) -> pd.DataFrame:
    """The rows of measurements and experiments below each other, with their coordinates in every row."""
    return pd.DataFrame(
        {**row, **where}
        for where, entry in zip(coordinates, entries, strict=True)
        for row in read_result(entry, ("rows",))["rows"]
    )


def read_traces(coordinates: list[dict], entries: list[dict]) -> list[dict]:
    """The traces of probes in the course of runs: for each run its coordinates and the arrays of its
    trace.
    """
    return [{**where, **load(entry)} for where, entry in zip(coordinates, entries, strict=True)]


def _frame(coordinates: list[dict], entries: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(read_results(coordinates, entries))


# The readers of a summary's inputs, by the key "reads" of its kind: the histories of runs below each other; a
# row for each result; the rows of measurements and experiments; traces of probes.
READERS = {"histories": read_histories, "results": _frame, "rows": read_rows, "traces": read_traces}


def write_summary(job: dict, summary: pd.DataFrame) -> None:
    """Write a summary as a result whose one further file is its CSV."""
    with written_whole(Path(job["folder"], "summary.csv")) as temporary:
        summary.to_csv(temporary, index=False)
    write_result(job, {}, ["summary.csv"])


def read_summary(entry: dict) -> pd.DataFrame:
    """The summary that ``write_summary`` wrote."""
    return _table(read_file(entry, read_result(entry), "summary.csv"))


def read_scorecard(entry: dict) -> pd.DataFrame:
    """The scorecard's rows."""
    return _table(read_file(entry, read_result(entry), "scorecard.csv"))


def _table(content: bytes) -> pd.DataFrame:
    # An empty cell alone is missing: "NA" is a name as any other, and so is "1e5".
    names = dict.fromkeys(TEXT_COLUMNS, str)
    return pd.read_csv(io.BytesIO(content), dtype=names, keep_default_na=False, na_values=[""])


def read_paper(paper: dict | None) -> pd.DataFrame | None:
    """The paper's numbers for a figure or table, None if the paper has none on this data set."""
    return pd.read_csv(WORKFLOW / paper["file"]) if paper else None
