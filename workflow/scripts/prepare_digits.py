"""Write scikit-learn's digits as arrays with manifests."""

from pipeline.job import logged
from pipeline.prepared import save
from rethinking.datasets.digits import load_digits

with logged(snakemake.log[0]):
    save(load_digits(), snakemake.output, snakemake.params.job)
