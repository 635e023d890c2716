"""Guarantee: the report runs no template that lay in a results folder.

Snakemake renders captions as templates, which can run code, and results may come from somebody else. So
captions are no results: ``pipeline.commands.report`` writes them anew into a folder of its own, which
``CAPTIONS`` names for the one call of Snakemake that makes the report. Without that folder there are no
captions.

The module says category, labels and caption of each result. The kind of a figure or table says its category,
so one of a user's own finds its place by itself.
"""

import os

from pipeline.planning.plan import Plan
from rethinking.paper import title_of

# The forms of a result; the report lists them in the order of the alphabet.
PICTURE, PAGE, LATEX, NUMBERS = "figure", "HTML table", "LaTeX", "numbers (CSV)"
CAPTIONS = "RETHINKING_CAPTIONS"  # environment variable
DATA = "Data"
# The pages about all results: the category and the subject of each, in a few words.
SUMMED_UP = {
    "scorecard": ("Scorecard", "every claim and number"),
    "provenance": ("How this was made", "data, machines, versions and times"),
}


def contact_sheet_name(corruption: str) -> str:
    """The name of a contact sheet, under which its rule and its caption go."""
    return f"contact_sheet_{corruption}"


class Report:
    """The arguments of ``report`` for each output that the report of a plan has."""

    def __init__(self, plan: Plan):
        self.plan = plan

    def _entry(self, category: str, result: str, shows: str, form: str, caption: str | None) -> dict:
        folder = os.environ.get(CAPTIONS)
        return {
            "category": category,
            "labels": {"result": result, "shows": shows, "form": form},
            "caption": os.path.join(folder, f"{caption}.rst") if folder and caption else None,
        }

    def exhibit(self, name: str, form: str) -> dict:
        """A figure or table. One about another data set than the configuration's is on no scorecard and has
        no caption."""
        exhibit = self.plan.exhibits[name]
        caption = name if name in self.plan.in_all else None
        return self._entry(exhibit.category, title_of(name), exhibit.shows, form, caption)

    def contact_sheet(self, corruption: str, form: str) -> dict:
        """A corruption beside the clean images."""
        result = corruption.replace("_", " ").capitalize()
        shows, caption = f"images of {self.plan.data.title}", contact_sheet_name(corruption)
        return self._entry(DATA, result, shows, form, caption)

    def summed_up(self, name: str, form: str) -> dict:
        """The scorecard, or the page that says how everything was made."""
        category, shows = SUMMED_UP[name]
        return self._entry(category, name.capitalize(), shows, form, name)
