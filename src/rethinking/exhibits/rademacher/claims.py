"""The claim of section 2.2 about the Rademacher complexity of networks, put to the test."""

from collections.abc import Iterator

import pandas as pd

from rethinking.verdicts import Claim, Yardstick, measured


def claims(summary: pd.DataFrame, yardstick: Yardstick) -> Iterator[Claim]:
    """Section 2.2: training reaches a Rademacher complexity of about 1, with the most examples there are.

    What training reaches is a lower bound of the complexity, and 1 is its largest value. About 1 is what
    the train accuracy that counts as fitted gives, with every seed and every draw of labels.
    """
    least = 2 * yardstick.fit - 1
    lines = summary[summary["network"].notna() & (summary["quantity"] == "complexity")]
    for network, line in lines.groupby("network", sort=False):
        last = line.loc[line["examples"].idxmax()]
        yield Claim(
            f"{network}: random ±1 labels of {last['examples']:,} examples give a trivial complexity",
            "Rademacher complexity reached",
            "about 1",
            measured(last),
            last["mean"] >= least,
            f"at least {least:g}, which is a train accuracy of {yardstick.fit:g}, with every draw of labels",
        )
