"""Turn the finished results of one figure or table into the numbers that it shows."""

import importlib

import pandas as pd

from pipeline.execution.job import logged
from pipeline.storage.jobs import unfinished
from pipeline.storage.results import (
    read_histories,
    read_results,
    read_rows,
    read_traces,
    write_summary,
)
from rethinking import statistics, system_statistics


def rows_of(results: list[dict]) -> pd.DataFrame:
    """The rows that experiments consist of, with the seed of each."""
    return pd.DataFrame({**row, "seed": result["seed"]} for result in results for row in result["rows"])


# What a summary is made from, by what the home of a figure or table says that it reads.
READERS = {
    "histories": read_histories,
    "results": lambda *read: pd.DataFrame(read_results(*read)),
    "rows": read_rows,
    "traces": read_traces,
}


with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        kind, confidence = spec["summary"], spec["confidence"]
        read = spec["coordinates"], job["inputs"]["results"]
        if kind == "learning_curves":
            summary = statistics.learning_curves(read_histories(*read), spec["fit"], confidence)
        elif kind == "noise_sweep":
            summary = statistics.noise_sweep(read_histories(*read), spec["fit"], confidence)
        elif kind == "accuracy_table":
            summary = statistics.accuracy_table(read_histories(*read), spec["fit"], confidence)
        elif kind in ("system_table", "ridge_path"):
            summary = system_statistics.systems(
                pd.DataFrame(read_results(*read, ("test_error", "classes", "measured"))), confidence
            )
        elif kind == "minimum_norm":
            summary = system_statistics.descents(rows_of(read_results(*read, ("rows",))), confidence)
        elif kind == "interpolants":
            summary = system_statistics.interpolants(rows_of(read_results(*read, ("rows",))), confidence)
        else:
            home = importlib.import_module(spec["module"])
            summary = home.summarise(READERS[spec["reads"]](*read), spec["options"], confidence)
        write_summary(job, summary)
        print(f"{len(spec['coordinates'])} results, {len(summary)} numbers")
