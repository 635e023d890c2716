"""From the results of kernel systems to means with intervals, for every figure and table about systems.

Summaries are long frames as those of ``rethinking.statistics``: the keys that name a row, then
``quantity``, ``runs``, ``mean``, ``lower``, ``upper``, ``planned`` and ``failed``.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from rethinking.statistics import summary_of

KEYS = ["system", "dataset", "features", "kernel", "ridge"]


def systems(results: pd.DataFrame, quantities: Iterable[str], confidence: float) -> pd.DataFrame:
    """Mean and interval of each of ``quantities`` by system and ridge.

    ``results`` has a row a solve: the columns of ``KEYS``, where ``ridge`` is "none", "chosen" or a number,
    and those of ``quantities``, empty where a system could not be solved. Systems without anything drawn
    at random are solved once and have no interval. A solve without a solution has failed for every quantity.
    ``chance`` is the test error of guessing, 1 - 1/k.
    """
    results = results.assign(**{name: pd.to_numeric(results[name]) for name in quantities})
    results["failed"] = results["test_error"].isna()
    table = pd.concat([summary_of(results, KEYS, name, confidence) for name in quantities], ignore_index=True)
    classes = results.groupby("system", sort=False)["classes"].first()
    is_error = table["quantity"] == "test_error"
    table["chance"] = np.where(is_error, 1 - 1 / table["system"].map(classes), np.nan)
    return table
