"""Write a user's NumPy file as arrays with manifests."""

from pathlib import Path

from pipeline.job import logged
from pipeline.prepared import save
from rethinking.datasets.npz import load_npz

with logged(snakemake.log[0]):
    spec = snakemake.params.job["spec"]
    path = Path(snakemake.config["datasets"][spec["dataset"]]["file"]).expanduser()
    save(load_npz(path, spec["value_range"]), snakemake.output, snakemake.params.job)
