"""Errors, norms and costs of kernel systems (table 3)."""

import pandas as pd

from rethinking.system_statistics import systems

# The quantities of a system that the table shows; each is a column of results.
QUANTITIES = (
    *("test_error", "train_error", "norm", "norm_of_signs", "ridge_value", "gamma"),
    *("residual", "condition_number", "examples", "seconds", "peak_memory_bytes"),
)


def summarise(results: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Errors, norms, times and memory of solves, by system and ridge; keys ``system_statistics.KEYS``."""
    return systems(results, QUANTITIES, confidence)
