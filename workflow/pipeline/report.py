"""How results appear in Snakemake's report: category, labels and caption of each.

What a figure or table shows decides its category, so one of a user's own finds its place by itself.
Captions are files that jobs write beside the results.
"""

import os

from pipeline.plan import Plan
from rethinking import paper

# What a result is; the report lists them in the order of the alphabet.
PICTURE, PAGE, LATEX, NUMBERS = "figure", "HTML table", "LaTeX", "numbers (CSV)"


class Report:
    """The arguments of ``report`` for each output that the report of a plan has."""

    def __init__(self, plan: Plan):
        self.plan = plan

    def _entry(self, category: str, result: str, shows: str, form: str, caption: str | None) -> dict:
        return {
            "category": category,
            "labels": {"result": result, "shows": shows, "form": form},
            "caption": caption and os.path.abspath(caption),
        }

    def shown(self, name: str, form: str) -> dict:
        """A figure or table. One about another data set than the configuration's is in no scorecard, whose
        job writes the captions, and has none."""
        said = paper.said(self.plan.kind(name), self.plan.shown[name].get("quantity"))
        caption = self.plan.caption(name) if name in self.plan.main else None
        return self._entry(said.category, paper.title_of(name), said.shows, form, caption)

    def contact_sheet(self, corruption: str, form: str) -> dict:
        """A corruption beside the clean images."""
        data, result = self.plan.data, corruption.replace("_", " ").capitalize()
        caption = data.contact_sheet(corruption, "rst")
        return self._entry(paper.DATA, result, f"images of {data.title}", form, caption)

    def scorecard(self, form: str) -> dict:
        """The scorecard."""
        caption = self.plan.scorecard("rst")
        return self._entry(paper.SCORECARD, "Scorecard", "every claim and number", form, caption)

    def provenance(self) -> dict:
        """The page that says how everything was made."""
        shows = "data, machines, versions and times"
        return self._entry(paper.PROVENANCE, "Provenance", shows, PAGE, self.plan.provenance("rst"))
