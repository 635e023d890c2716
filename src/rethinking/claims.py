"""The paper's claims put to the test on our runs, each with a verdict by a stated rule.

The claims are about any data set, where the paper's numbers are about CIFAR-10. Those about networks are in
``rethinking.network_claims``, those about kernel systems in ``rethinking.system_claims``.
"""

import pandas as pd

from rethinking.network_claims import accuracy_table_claims, learning_curve_claims, noise_sweep_claims
from rethinking.scorecard import CLAIM, COLUMNS, CONSEQUENCE
from rethinking.system_claims import interpolants_claims, minimum_norm_claims, system_table_claims
from rethinking.verdicts import Yardstick


def claims(
    source: str, kind: str, summary: pd.DataFrame, yardstick: Yardstick, quantity: str | None = None
) -> pd.DataFrame:
    """The claims about one figure or table as rows of the scorecard.

    ``kind`` and ``summary`` are those of ``rethinking.statistics`` and ``rethinking.system_statistics``; a
    noise sweep has a ``quantity`` too. A claim that cannot be computed from the summary is "not run". A claim
    with a failed run behind it is "not matched". Raises ``ValueError`` for an unknown kind.
    """
    if kind == "learning_curves":
        found = learning_curve_claims(summary, yardstick)
    elif kind == "noise_sweep":
        found = noise_sweep_claims(summary, quantity, yardstick)
    elif kind == "accuracy_table":
        found = accuracy_table_claims(summary, yardstick)
    elif kind == "system_table":
        found = system_table_claims(summary, yardstick)
    elif kind == "interpolants":
        found = interpolants_claims(summary, yardstick)
    elif kind == "minimum_norm":
        found = minimum_norm_claims(summary)
    elif kind == "ridge_path":
        found = ()
    else:
        raise ValueError(f"no claims are known for summaries of kind {kind!r}")
    rows = [
        {
            "kind": CONSEQUENCE if claim.consequence else CLAIM,
            "source": source,
            "item": claim.item,
            "measured": claim.quantity,
            "paper": claim.paper,
            **(claim.found.cells if claim.found else {}),
            "verdict": claim.verdict,
            "rule": claim.rule,
        }
        for claim in found
    ]
    return pd.DataFrame(rows, columns=COLUMNS)
