"""Turn the finished runs of one figure or table into the numbers that it shows."""

from pipeline.job import logged
from pipeline.results import read_histories, write_summary
from rethinking import statistics

with logged(snakemake.log[0]):
    spec = snakemake.params.job["spec"]
    histories = read_histories(spec["runs"])
    if spec["summary"] == "learning_curves":
        summary = statistics.learning_curves(histories, spec["confidence"])
    elif spec["summary"] == "noise_sweep":
        summary = statistics.noise_sweep(histories, spec["fit"], spec["confidence"])
    elif spec["summary"] == "accuracy_table":
        summary = statistics.accuracy_table(histories, spec["confidence"])
    else:
        raise ValueError(f"no summary of kind {spec['summary']!r}")
    write_summary(snakemake.output.csv, snakemake.output.result, summary, **snakemake.params.job)
    print(f"{len(spec['runs'])} runs, {len(summary)} numbers")
