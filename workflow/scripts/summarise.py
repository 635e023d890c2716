"""Turn the finished results of one figure or table into the numbers that it shows."""

import pandas as pd

from pipeline.job import logged
from pipeline.results import read_histories, read_results, write_summary
from rethinking import statistics, system_statistics


def rows_of(runs: list[dict]) -> pd.DataFrame:
    """The rows that measurements consist of, with the seed of each."""
    return pd.DataFrame(
        {**row, "seed": result["seed"]} for result in read_results(runs, ("rows",)) for row in result["rows"]
    )


with logged(snakemake.log[0]):
    spec = snakemake.params.job["spec"]
    kind, confidence = spec["summary"], spec["confidence"]
    if kind == "learning_curves":
        summary = statistics.learning_curves(read_histories(spec["runs"]), confidence)
    elif kind == "noise_sweep":
        summary = statistics.noise_sweep(read_histories(spec["runs"]), spec["fit"], confidence)
    elif kind == "accuracy_table":
        summary = statistics.accuracy_table(read_histories(spec["runs"]), confidence)
    elif kind in ("system_table", "ridge_path"):
        summary = system_statistics.systems(
            pd.DataFrame(read_results(spec["runs"], ("test_error", "classes", "measured"))), confidence
        )
    elif kind == "minimum_norm":
        summary = system_statistics.descents(rows_of(spec["runs"]), confidence)
    elif kind == "interpolants":
        summary = system_statistics.interpolants(rows_of(spec["runs"]), confidence)
    else:
        raise ValueError(f"no summary of kind {kind!r}")
    write_summary(snakemake.output.csv, snakemake.output.result, summary, **snakemake.params.job)
    print(f"{len(spec['runs'])} results, {len(summary)} numbers")
