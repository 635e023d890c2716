"""Write a user's NumPy file as arrays with manifests."""

from pathlib import Path

from pipeline.execution.job import logged
from pipeline.storage.jobs import unfinished
from pipeline.storage.prepared import save
from rethinking.datasets.npz import load_npz

with logged(snakemake.log[0]) as tell:
    jobs = snakemake.params.jobs
    if list(unfinished(jobs, tell)):
        spec = jobs[0]["spec"]
        path = Path(snakemake.config["datasets"][spec["dataset"]]["file"]).expanduser()
        save(load_npz(path, spec["value_range"]), jobs)
