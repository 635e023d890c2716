"""Set data sets, machines, versions and times of all results that are shown as one page."""

import os

from pipeline.execution.job import logged
from pipeline.storage.artefacts import read_result
from pipeline.storage.exhibits import write_texts
from pipeline.storage.jobs import unfinished
from pipeline.storage.results import read_computed
from rethinking.plotting import captions, provenance_page

DESCRIBED = ("title", "classes", "train", "test", "duplicates", "origin", "licence")

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        described = [read_result(entry, DESCRIBED) for entry in job["inputs"]["descriptions"]]
        made = read_computed(job["spec"]["coordinates"], job["inputs"]["results"])
        call = captions.command_for("all", os.environ["RETHINKING_SNAKEMAKE"])
        accepted = job["spec"].get("accepted", {})
        write_texts(job, {"provenance.html": provenance_page.html(described, made, call, accepted)})
        print(provenance_page.total(made))
