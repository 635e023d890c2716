"""From the histories of several seeds to means with intervals, which figures and tables show.

A *histories* frame has one row per run and epoch: the columns of ``training.Epoch`` and those of
``RUN``, which name the run. A *summary* is a long frame: the keys that name a row, then ``quantity``,
``runs`` (seeds behind the mean), ``mean``, ``lower`` and ``upper`` (Student's t interval of the mean, empty
for a single run), ``planned`` (all seeds) and ``failed`` (of these). A run has failed if it diverged, if it
did not fit its training labels, or if it has no finite value of the quantity. Accuracies and errors are
fractions.
"""

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit  # scipy.stats, which has them too, takes half a second to import

RUN = ["condition", "network", "random_crop", "augmentation", "weight_decay", "label_noise", "seed"]


def mean_interval(values: np.ndarray, confidence: float) -> tuple[float, float, float]:
    """Mean of ``values`` (n,) with the two ends of its Student t interval at ``confidence``.

    mean ± t_{(1+confidence)/2, n-1} · s/√n with the sample deviation s; the ends are NaN for n = 1
    and all three for n = 0, since one run says nothing of the spread.
    """
    values = np.asarray(values, dtype=float)
    if len(values) == 0:
        return np.nan, np.nan, np.nan
    mean = values.mean()
    if len(values) == 1:
        return mean, np.nan, np.nan
    half = stdtrit(len(values) - 1, (1 + confidence) / 2) * values.std(ddof=1) / len(values) ** 0.5
    return mean, mean - half, mean + half


def binomial_interval(share: float, examples: int, confidence: float) -> tuple[float, float]:
    """Wilson's score interval of a share (a test error, say) that was measured on ``examples`` images.

    Another test set of that size, drawn from the same distribution, would give another share. The interval
    covers this variation, which seeds do not show because all of them are tested on the same images.
    """
    z2 = ndtri((1 + confidence) / 2) ** 2 / examples
    centre = (share + z2 / 2) / (1 + z2)
    half = np.sqrt(z2 * max(share * (1 - share), 0.0) + z2**2 / 4) / (1 + z2)
    return float(centre - half), float(centre + half)


def epochs_to_fit(train_accuracy: np.ndarray, threshold: float) -> float:
    """The first epoch (from 1) that ends with at least ``threshold`` train accuracy; NaN if none.

    The paper's figure 1b shows a "time to overfit" without saying when a network has overfitted.
    """
    reached = np.flatnonzero(np.asarray(train_accuracy) >= threshold)
    return float(reached[0] + 1) if len(reached) else np.nan


SUMMARY = ["quantity", "runs", "mean", "lower", "upper", "planned", "failed"]


def summary_of(frame: pd.DataFrame, keys: list[str], quantity: str, confidence: float) -> pd.DataFrame:
    """Mean and interval over the rows of each group, in the order in which groups appear.

    A row of ``frame`` is a run. It fails if its value is not finite, or if the column ``failed``, where there
    is one, says so; a failed run with a finite value is part of the mean.
    """
    rows = []
    for values, group in frame.groupby(keys, sort=False, dropna=False):
        finite = np.isfinite(group[quantity].to_numpy(dtype=float))
        failed = ~finite | group["failed"].to_numpy(dtype=bool) if "failed" in group else ~finite
        known = group.loc[finite, quantity]
        interval = mean_interval(known, confidence)
        rows.append((*values, quantity, len(known), *interval, len(group), int(failed.sum())))
    return pd.DataFrame(rows, columns=[*keys, *SUMMARY])


def last_epochs(histories: pd.DataFrame) -> pd.DataFrame:
    """The last row of every run, runs in the order in which they stand in ``histories``."""
    return histories.loc[histories.groupby(RUN, sort=False)["epoch"].idxmax()]


def held(histories: pd.DataFrame) -> pd.DataFrame:
    """Histories in which a run that stopped early keeps its last values up to its longest sibling."""
    rows = []
    for _, condition in histories.groupby(["condition", "network"], sort=False):
        grid = condition[["epoch", "step"]].drop_duplicates().sort_values("epoch")
        for _, run in condition.groupby(RUN, sort=False):
            full = grid.merge(run.drop(columns="step"), on="epoch", how="left")
            columns = full.columns.difference(["epoch", "step"])
            # Only places behind the last epoch are filled: a diverged run keeps its empty places.
            behind = full["epoch"] > run["epoch"].max()
            full.loc[behind, columns] = run.sort_values("epoch")[columns].iloc[-1].to_numpy()
            rows.append(full)
    return pd.concat(rows, ignore_index=True)


def outcomes(histories: pd.DataFrame, fit: float) -> pd.DataFrame:
    """The last epoch of every run, with the outcome of the run.

    Added columns: ``diverged`` (also where an accuracy is not finite), ``not_fitted`` (the run finished with
    less than ``fit`` train accuracy), ``failed`` (either) and ``epochs_to_fit``.
    """
    last = last_epochs(histories).copy()
    times = histories.groupby(RUN, sort=False)["train_accuracy"].agg(epochs_to_fit, threshold=fit)
    last = last.join(times.rename("epochs_to_fit"), on=RUN)
    finite = np.isfinite(last[["train_accuracy", "test_accuracy"]].to_numpy(dtype=float)).all(axis=1)
    last["diverged"] = last["verdict"].str.startswith("diverged") | ~finite
    last["not_fitted"] = ~last["diverged"] & (last["train_accuracy"] < fit)
    last["failed"] = last["diverged"] | last["not_fitted"]
    return last
