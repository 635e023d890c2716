"""Set data sets, machines, versions and times of all results that are shown as one page."""

import os

from pipeline.artefacts import read_result, written_whole
from pipeline.job import logged
from pipeline.results import read_computed
from rethinking.plotting import captions, provenance_page

with logged(snakemake.log[0]):
    spec = snakemake.params.job["spec"]
    keys = ("title", "classes", "train", "test", "duplicates", "origin", "licence")
    described = [read_result(entry["path"], entry["stamp"], keys) for entry in spec["described"]]
    made = read_computed(spec["results"])
    with written_whole(snakemake.output.html) as temporary:
        call = captions.command_for("all", os.environ["RETHINKING_SNAKEMAKE"])
        temporary.write_text(provenance_page.html(described, made, call))
    print(provenance_page.total(made))
