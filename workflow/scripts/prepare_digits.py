"""Write scikit-learn's digits as arrays with manifests."""

from pipeline.execution.job import logged
from pipeline.storage.jobs import unfinished
from pipeline.storage.prepared import save
from rethinking.datasets.digits import load_digits

with logged(snakemake.log[0]) as tell:
    jobs = snakemake.params.jobs
    if list(unfinished(jobs, tell)):
        save(load_digits(), jobs)
