"""The form of a scorecard: the paper's claims and numbers beside our results, each with a verdict.

A scorecard is a frame with one row a number or claim: ``kind`` (of ``COUNTED`` or ``NOT_COUNTED``),
``source`` (figure or table), ``item``, ``measured`` (the quantity), ``paper`` (a number, or the claim
in words), ``ours``, ``lower``, ``upper``, ``interval`` (the variation that it covers), ``runs`` (all that
were planned), ``failed`` (how many of them failed), ``difference`` (ours - paper), ``verdict`` and ``rule``.
Claims become rows in ``rethinking.claims``, numbers in ``rethinking.printed_numbers``.

Claims and numbers are the paper's. An own claim is one of a figure or table of which the paper says nothing.
These three are counted. A consequence is a claim that holds by construction. A number is uncounted if it is
fixed before anything is trained, or if it is another reading of one that is counted.
"""

import pandas as pd

VERDICTS = MATCHED, NOT_MATCHED, NOT_RUN = "matched", "not matched", "not run"
COLUMNS = [
    *("kind", "source", "item", "measured", "paper", "ours", "lower", "upper", "interval"),
    *("runs", "failed", "difference", "verdict", "rule"),
]
COUNTED = CLAIM, NUMBER, OWN_CLAIM = "claim", "number", "own claim"
NOT_COUNTED = CONSEQUENCE, UNCOUNTED = "consequence", "uncounted"

# Words about rows that are not counted.
APART = {CONSEQUENCE: "that hold by construction", UNCOUNTED: "numbers fixed beforehand or read otherwise"}


def headline(table: pd.DataFrame) -> str:
    """The verdicts of each kind that is counted, and how many rows there are that are not counted."""
    kinds, parts = table["kind"].value_counts(), []
    for kind in COUNTED:
        if kind in kinds:
            counts = table.loc[table["kind"] == kind, "verdict"].value_counts()
            parts.append(f"{kind}s: " + ", ".join(f"{counts.get(each, 0)} {each}" for each in VERDICTS))
    apart = [f"{kinds[kind]} {words}" for kind, words in APART.items() if kind in kinds]
    if apart:
        parts.append(f"not counted: {', '.join(apart)}")
    return "; ".join(parts) or "nothing to compare"
