"""Guarantee: a figure or table is an entry of the configuration, and a new kind of figure changes no rule.

A kind is a home (``pipeline.planning.homes``). It defines ``summarise``; ``draw`` for a figure or ``render``
for a table; and ``claims``, where anything is claimed. The first argument of ``summarise`` holds the results
that were read, that of the other functions the summary. All further arguments are passed by name: the
settings below, the files that the job reads, and the options of the entry. Where a setting and an option
have one name, the function is given the setting.
"""

from typing import NamedTuple

from pipeline.planning.arguments import Function
from pipeline.planning.homes import Home
from pipeline.planning.kinds import CHOICES

# Its name, the name in print of its data set, the number of seeds, the confidence of intervals, the widths of
# the networks that are not as wide as the paper's, and the train accuracy that counts as fitted.
SETTINGS = ("name", "dataset", "seeds", "confidence", "widths", "fit")
# By function, the arguments that the job reads from files: the paper's numbers, the linear classifier of each
# data set, the measure that claims are held against.
READ = {
    "summarise": (),
    "draw": ("paper", "baselines"),
    "render": ("paper", "baselines"),
    "claims": ("yardstick", "paper"),
}
# Keys of an entry that are no options of its kind.
SHARED = ("kind", "paper", "claims")
# By form: the files that people look at.
FILES = {
    "figure": ("figure.pdf", "figure.png", "summary.csv"),
    "table": ("table.html", "table.tex", "table.csv"),
}
# The category in the report of a kind that names none.
OWN = "Figures and tables of one's own"
# Values of the key ``claims``.
NO_CLAIMS, PAPERS_CLAIMS, ALL_CLAIMS = "none", "paper", "all"


class Exhibit(NamedTuple):
    """A figure or table: its name, its entry in the configuration, and the home of its kind."""

    name: str
    entry: dict
    home: Home

    @property
    def form(self) -> str:
        """Whether it is a "figure" or a "table"."""
        return self.home.about["form"]

    @property
    def folder(self) -> str:
        """The folder of its files, which is also the section of the configuration."""
        return f"{self.form}s"

    @property
    def said(self) -> dict:
        """The ABOUT of its kind; some kinds have further facts for each quantity that they show."""
        about = self.home.about
        return about | about.get("by_quantity", {}).get(self.entry.get("quantity"), {})

    @property
    def category(self) -> str:
        """Where it stands in the report."""
        return self.said.get("category", OWN)

    @property
    def shows(self) -> str:
        """Its subject in a few words."""
        return self.said.get("shows", self.home.name.replace("_", " "))

    @property
    def options(self) -> dict:
        """The options of its entry."""
        return {key: value for key, value in self.entry.items() if key not in SHARED}

    @property
    def maker(self) -> Function:
        """The function that draws the figure or sets the table."""
        (name,) = CHOICES["exhibit"]["form"][self.form]
        return self.home.needed(name)

    def function(self, name: str) -> Function | None:
        """A function of its kind."""
        return self.home.function(name)

    def problems(self) -> list[str]:
        """The mistakes in the functions of its kind: arguments that nobody provides."""
        functions = {name: self.function(name) for name in READ}
        return [
            problem
            for name, function in functions.items()
            if function
            for problem in function.problems((*SETTINGS, *READ[name], *self.options))
        ]

    @property
    def tolerances(self) -> set[str]:
        """The names of the tolerances of the numbers that the paper prints for its kind."""
        quantities = self.home.about.get("numbers", {}).get("quantities", {})
        return {how["tolerance"] for how in quantities.values() if "tolerance" in how}

    @property
    def is_papers(self) -> bool:
        """Whether its claims and numbers are the paper's; an own kind may make claims of its own."""
        return "paper" in self.said or "numbers" in self.home.about

    @property
    def has_papers_options(self) -> bool:
        """Whether its options are those under which the paper says anything, such as no regularisers."""
        papers = self.home.about.get("paper_options", {})
        return all(self.entry.get(option) == value for option, value in papers.items())

    @property
    def is_scored(self) -> bool:
        """Whether the scorecard holds it against anything.

        A claim of the paper is put to the test only where the configuration says so.
        """
        claims = self.entry.get("claims", NO_CLAIMS)
        if self.is_papers and (
            claims == NO_CLAIMS or (claims == PAPERS_CLAIMS and not self.has_papers_options)
        ):
            return False
        return bool(self.function("claims") or self.home.about.get("numbers"))
