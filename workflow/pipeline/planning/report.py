"""How results appear in Snakemake's report: category, labels and caption of each.

What a figure or table shows decides its category, so one of a user's own finds its place by itself.
Captions are files that jobs write beside the results.
"""

from pipeline.planning.plan import Plan
from rethinking import paper

# What a result is; the report lists them in the order of the alphabet.
PICTURE, PAGE, LATEX, NUMBERS = "figure", "HTML table", "LaTeX", "numbers (CSV)"


class Report:
    """The arguments of ``report`` for each output that the report of a plan has."""

    def __init__(self, plan: Plan):
        self.plan = plan

    def _entry(self, category: str, result: str, shows: str, form: str) -> dict:
        return {"category": category, "labels": {"result": result, "shows": shows, "form": form}}

    def shown(self, name: str, form: str) -> dict:
        """A figure or table."""
        kind, quantity = self.plan.kind(name), self.plan.shown[name].get("quantity")
        if paper.is_of_the_paper(kind, quantity):
            said = paper.said(kind, quantity)
            return self._entry(said.category, paper.title_of(name), said.shows, form)
        title = self.plan.home(name).about["title"]
        return self._entry(paper.OWN, paper.title_of(name), title.rstrip("."), form)

    def contact_sheet(self, corruption: str, form: str) -> dict:
        """A corruption beside the clean images."""
        result = corruption.replace("_", " ").capitalize()
        return self._entry(paper.DATA, result, f"images of {self.plan.data.title}", form)

    def summed_up(self, name: str, form: str) -> dict:
        """The scorecard, or the page that says how everything was made."""
        category, shows = {
            "scorecard": (paper.SCORECARD, "every claim and number"),
            "provenance": (paper.PROVENANCE, "data, machines, versions and times"),
        }[name]
        return self._entry(category, name.capitalize(), shows, form)
