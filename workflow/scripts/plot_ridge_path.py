"""Draw the test error of kernel systems against the ridge from its summary."""

from pipeline.artefacts import written_whole
from pipeline.job import logged
from pipeline.results import read_summary
from rethinking.plotting import ridge_path, style

with logged(snakemake.log[0]):
    spec = snakemake.params.job["spec"]
    drawn = ridge_path.draw(read_summary(spec["summary"]), spec["systems"], spec["confidence"])
    for path in snakemake.output:
        with written_whole(path) as temporary:
            style.save(drawn, temporary)
