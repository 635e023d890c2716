"""Draw training loss against steps (figure 1a) from its summary."""

import pandas as pd

from pipeline.artefacts import written_whole
from pipeline.job import logged
from pipeline.results import read_summary
from rethinking.plotting import learning_curves, style

with logged(snakemake.log[0]):
    spec = snakemake.params.job["spec"]
    drawn = learning_curves.draw(
        read_summary(spec["summary"]),
        spec["quantity"],
        spec["conditions"],
        pd.read_csv(spec["paper"]) if spec["paper"] else None,
        spec["seeds"],
        spec["confidence"],
        spec["dataset"],
        spec["network"],
        spec["widths"],
    )
    for path in snakemake.output:
        with written_whole(path) as temporary:
            style.save(drawn, temporary)
