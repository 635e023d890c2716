"""Weights, conditioning and rounding of networks that fit any labels by construction (section 4)."""

import numpy as np
import pandas as pd

from rethinking.statistics import summary_of

# Numbers that span orders of magnitude: their mean is the geometric one.
SPREAD = (
    *("condition_number", "smallest_eigenvalue", "largest_weight", "seconds"),
    *("error_float64", "error_float32", "error_float64_relu_by_relu"),
)
PLAIN = ("weights", "width", "relative_residual", "train_accuracy", "train_accuracy_float32", "test_accuracy")
TRAINED = ("parameters", "seconds", "epochs", "train_accuracy", "test_accuracy")
KEYS = ["network", "depth", "examples"]
CONSTRUCTED = "constructed"


def summarise(rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Every quantity of the experiments ``expressivity`` and ``fitting_by_training``, over the seeds.

    The key ``network`` is "constructed", or the name of a network that was trained or only counted;
    ``inputs`` and ``outputs`` are d and the columns of labels. Quantities in ``SPREAD`` have the geometric
    mean.
    """
    rows = rows.copy()
    if "network" not in rows:
        rows["network"] = None
    made = rows["depth"].notna()
    rows.loc[made, "network"] = CONSTRUCTED
    shape = rows.loc[made].groupby("examples")[["inputs", "outputs"]].first()
    parts = []
    for quantity in (*PLAIN, *SPREAD):
        values = rows.loc[made].assign(**{quantity: rows.loc[made, quantity].astype(float)})
        if quantity in SPREAD:
            values[quantity] = np.log10(values[quantity].clip(lower=np.finfo(float).tiny))
        part = summary_of(values, KEYS, quantity, confidence)
        if quantity in SPREAD:
            part[["mean", "lower", "upper"]] = 10.0 ** part[["mean", "lower", "upper"]]
        parts.append(part.join(shape, on="examples"))
    for _, group in rows.loc[~made].groupby("network", sort=False):
        for quantity in TRAINED:
            if group[quantity].notna().any():
                part = summary_of(group, ["network"], quantity, confidence)
                parts.append(part)
    return pd.concat(parts, ignore_index=True)
