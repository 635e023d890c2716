"""Draw a quantity against label noise (figures 1b and 1c) from its summary."""

import pandas as pd

from pipeline.artefacts import written_whole
from pipeline.job import logged
from pipeline.results import read_summary
from rethinking.plotting import noise_sweep, style

with logged(snakemake.log[0]):
    spec = snakemake.params.job["spec"]
    drawn = noise_sweep.draw(
        read_summary(spec["summary"]),
        spec["quantity"],
        spec["networks"],
        pd.read_csv(spec["paper"]) if spec["paper"] else None,
        spec["seeds"],
        spec["confidence"],
        spec["dataset"],
        spec["widths"],
    )
    for path in snakemake.output:
        with written_whole(path) as temporary:
            style.save(drawn, temporary)
