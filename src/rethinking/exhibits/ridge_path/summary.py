"""Test error of kernel systems by ridge (section 5)."""

import numpy as np
import pandas as pd

from rethinking.system_statistics import systems


def summarise(results: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Test error and ridge by system and ridge; keys ``system_statistics.KEYS``."""
    return systems(results, ("test_error", "ridge_value"), confidence)


def sentences(summary: pd.DataFrame) -> list[str]:
    """What the report says beside the figure, a sentence for each system.

    It has the test error without ridge and the lowest test error over the ridges, both in per cent.
    """
    errors = summary[(summary["quantity"] == "test_error") & (summary["ridge"] != "chosen")]
    sentences = []
    for system, path in errors.groupby("system", sort=False):
        by_ridge = path.set_index(path["ridge"].astype(float))["mean"].sort_index()
        plain = by_ridge.get(0.0, np.nan)
        lowest = "none is solved"
        if by_ridge.notna().any():
            lowest = f"the lowest of {len(by_ridge)} ridges is {100 * by_ridge.min():.2f} %"
            lowest += f" (ridge {by_ridge.idxmin():g})" if by_ridge.idxmin() else " (no ridge)"
        without = f"test error {100 * plain:.2f} %" if np.isfinite(plain) else "no solution"
        sentences.append(f"{system}: {without} without ridge; {lowest}.")
    return sentences
