"""Guarantee: the page about data, machines, versions and times covers every result behind what is shown.

Snakemake's report has the times of the jobs of its own records, and none of results that were made before.
"""

from typing import TYPE_CHECKING

from pipeline.planning.pages import Page
from pipeline.planning.runs import Run

if TYPE_CHECKING:
    from pipeline.planning.plan import Plan

COORDINATES = ("dataset", *Run("").coordinates())


def provenance(plan: "Plan") -> Page:
    """Data, machines, versions and times, from the descriptions and results behind everything shown."""
    entries = [entry for name in plan.in_all for entry in plan.results_of(name)]
    # Measurements and traces count as such, and the runs behind them as the runs that they are.
    measured = [(made, seed) for _, made, seed in entries if "run" in made.inputs]
    runs = [(made.inputs["run"], seed) for made, seed in measured]
    entries = [entry for entry in entries if "run" not in entry[1].inputs]
    entries += [
        ({key: run.spec[key] for key in COORDINATES} | {"seed": seed}, run, seed) for run, seed in runs
    ]
    entries += [({"seed": seed}, made, seed) for made, seed in measured]
    results = {made.folder(seed): (coordinates, made, seed) for coordinates, made, seed in entries}
    spec: dict = {"coordinates": [coordinates for coordinates, _, _ in results.values()]}
    inputs = {
        "results": [(made, seed) for _, made, seed in results.values()],
        "descriptions": [(data.description().result, None) for data in plan.described],
    }
    spec["script"] = "write_provenance.py"
    if plan.results.standing_in:
        spec["accepted"] = dict(sorted(plan.results.standing_in.items()))
    made = plan.results.plan("provenance", "write_provenance.py", spec, inputs)
    return Page(made, {"provenance.html": f"{plan.root}/provenance.html"})
