"""Draw how descent approaches the interpolant of least norm from its summary."""

from pipeline.artefacts import written_whole
from pipeline.job import logged
from pipeline.results import read_summary
from rethinking.plotting import minimum_norm, style

with logged(snakemake.log[0]):
    spec = snakemake.params.job["spec"]
    about = f"{spec['examples']} examples of {spec['dataset']}, Gaussian kernel on {spec['features']}"
    about += f", γ = {spec['bandwidth']:g}"
    drawn = minimum_norm.draw(read_summary(spec["summary"]), spec["seeds"], spec["confidence"], about)
    for path in snakemake.output:
        with written_whole(path) as temporary:
            style.save(drawn, temporary)
