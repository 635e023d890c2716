"""Claims put to the test on our runs, as rows of the scorecard.

The claims of the paper are about any data set, where its numbers are about CIFAR-10 and MNIST. Each kind of
figure or table has its claims in the module ``claims`` of its folder.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from rethinking.exhibits.requests import with_changes
from rethinking.scorecard import CLAIM, COLUMNS, CONSEQUENCE, OWN_CLAIM
from rethinking.verdicts import Claim


def _kind(claim: Claim, in_papers_name: bool) -> str:
    if claim.consequence:
        return CONSEQUENCE
    return CLAIM if in_papers_name and not claim.own else OWN_CLAIM


def claim_rows(source: str, claims: Iterable[Claim], in_papers_name: bool = True) -> pd.DataFrame:
    """The ``claims`` about the figure or table ``source`` as rows of the scorecard.

    A claim that cannot be computed is "not run". A claim with a failed run behind it is "not matched".
    """
    rows = [
        {
            "kind": _kind(claim, in_papers_name),
            "source": source,
            "item": claim.item,
            "measured": claim.quantity,
            "paper": claim.paper,
            **(claim.found.cells if claim.found else {}),
            "verdict": claim.verdict,
            "rule": claim.rule,
        }
        for claim in claims
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def claimed_rows(summary: pd.DataFrame, claimed: Mapping[str, list[str]]) -> pd.DataFrame:
    """The rows of a summary that the paper's claims and numbers are about.

    ``claimed`` has, by column, the names that the paper has. A summary without the column keeps its rows. A
    network may stand in two columns: its entry, and the settings that its name changes in it.
    """
    for column, names in claimed.items():
        if column == "network" and "settings" in summary:
            asked = [
                with_changes(network, settings)
                for network, settings in zip(summary["network"], summary["settings"], strict=True)
            ]
            summary = summary[pd.Series(asked, summary.index).isin(names)]
        elif column in summary:
            summary = summary[summary[column].isin(names)]
    return summary
