"""Set a table of interpolants that do and do not generalise as CSV, HTML and LaTeX from its summary."""

from pipeline.artefacts import written_whole
from pipeline.job import logged
from pipeline.results import read_summary
from rethinking.plotting import pages, system_pages

with logged(snakemake.log[0]):
    spec = snakemake.params.job["spec"]
    summary = read_summary(spec["summary"])
    rows = system_pages.interpolant_rows(summary)
    about = (spec["name"], spec["dataset"], spec["seeds"], spec["confidence"])
    with written_whole(snakemake.output.csv) as temporary:
        summary.to_csv(temporary, index=False)
    with written_whole(snakemake.output.html) as temporary:
        temporary.write_text(system_pages.interpolant_html(rows, *about))
    with written_whole(snakemake.output.tex) as temporary:
        caption = f"Interpolants of {spec['dataset']}, errors in %."
        temporary.write_text(pages.text_latex(rows, 1, spec["name"], caption))
