"""Test error by network and share of random labels, against true and against corrupted test labels."""

import pandas as pd

from rethinking.exhibits.noise_sweep.summary import ERRORS
from rethinking.exhibits.noise_sweep.summary import summarise as summarise_sweep


def summarise(histories: pd.DataFrame, fit: float, confidence: float) -> pd.DataFrame:
    """The rows of figure 1c's summary that are test errors, under both readings.

    ``test_error`` is against the true labels of the test images, ``corrupted_test_error`` against labels that
    were corrupted as the training labels were.
    """
    sweep = summarise_sweep(histories, fit, confidence)
    return sweep[sweep["quantity"].isin(ERRORS)].reset_index(drop=True)
