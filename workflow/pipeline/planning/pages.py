"""Guarantee: a page in a fixed place shows the result of now, or it is not there.

A page is a copy of a result, for people. Snakemake would not notice that a page is older than the settings
where its records are lost, or where the page alone is asked for. Each page therefore has a mark with the
stamp in its name. The job that copies a page removes the other marks, and before anything is planned, pages
without the mark of now are removed.
"""

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.planning.results import Result


@dataclass(frozen=True)
class Page:
    """A result and the places that its files are copied to, by the name of each in the result's folder."""

    result: Result
    files: dict[str, str]
    marks: str = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "marks", f"{self.result.place}/pages")

    @property
    def mark(self) -> str:
        """The file that is there when the pages show this result."""
        return f"{self.marks}/{self.result.stamp}"

    @property
    def vouchers(self) -> list[str]:
        """The further outputs of a rule: the mark, and the receipt of the result."""
        return [self.mark, self.result.receipt()]

    def job(self) -> dict:
        """The facts that a job needs to make the result and to copy its files."""
        return {**self.result.job(), "pages": {"files": self.files, "mark": self.mark}}

    def outdated(self) -> list[Path]:
        """Its files that are there and show another result."""
        if Path(self.mark).exists():
            return []
        return [Path(path) for path in self.files.values() if Path(path).exists()]
