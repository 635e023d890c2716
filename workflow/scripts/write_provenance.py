"""Set data sets, machines, versions and times of all results that are shown as one page."""

import os

import pandas as pd

from pipeline.artefacts import read_result, written_whole
from pipeline.job import logged
from pipeline.results import read_results
from rethinking.plotting import captions, provenance_page

with logged(snakemake.log[0]):
    spec = snakemake.params.job["spec"]
    command = os.environ["RETHINKING_SNAKEMAKE"]
    described = [read_result(entry["path"], entry["stamp"]) for entry in spec["described"]]
    results = read_results(spec["results"])
    # Where no ridge was chosen, the result repeats that of the solve without one.
    again = [each for each in results if each.get("ridge") == "chosen" and each["ridge_value"] == 0]
    made = pd.DataFrame([each for each in results if each not in again])
    with written_whole(snakemake.output.html) as temporary:
        call = captions.command_for("all", command)
        temporary.write_text(provenance_page.html(described, made, call))
    with written_whole(snakemake.output.caption) as temporary:
        how = captions.made_by("all", command)
        temporary.write_text(captions.provenance(provenance_page.total(made), how))
    print(provenance_page.total(made))
