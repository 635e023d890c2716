"""Set data sets, machines, versions and times of all results that are shown as one page."""

import os

import pandas as pd

from pipeline.execution.job import logged
from pipeline.storage.artefacts import read_result
from pipeline.storage.jobs import unfinished
from pipeline.storage.results import read_results
from pipeline.storage.shown import write_texts
from rethinking.plotting import captions, provenance_page

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        described = [read_result(entry) for entry in job["inputs"]["descriptions"]]
        results = read_results(job["spec"]["coordinates"], job["inputs"]["results"])
        # Where no ridge was chosen, the result repeats that of the solve without one.
        again = [each for each in results if each.get("ridge") == "chosen" and each["ridge_value"] == 0]
        made = pd.DataFrame([each for each in results if each not in again])
        call = captions.command_for("all", os.environ["RETHINKING_SNAKEMAKE"])
        write_texts(job, {"provenance.html": provenance_page.html(described, made, call)})
        print(provenance_page.total(made))
