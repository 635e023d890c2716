"""From the histories of several seeds to means with intervals: what figures and tables show.

A *histories* frame has one row per run and epoch: the columns of ``training.Epoch`` and those of
``RUN``, which name the run. A *summary* is a long frame: the keys of what is shown, then ``quantity``,
``runs`` (seeds behind the mean), ``mean``, ``lower`` and ``upper`` (Student's t interval of the mean, empty
for a single run), ``planned`` (all seeds) and ``failed`` (of these). A run has failed if it diverged, if it
did not fit its training labels, or if it has no finite value of the quantity. Accuracies and errors are
fractions.
"""

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit  # scipy.stats, which has them too, takes half a second to import

RUN = ["condition", "network", "random_crop", "weight_decay", "label_noise", "seed"]


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


def _held(histories: pd.DataFrame) -> pd.DataFrame:
    """Histories in which a run that stopped early keeps its last values up to its longest sibling."""
    held = []
    for _, condition in histories.groupby(["condition", "network"], sort=False):
        grid = condition[["epoch", "step"]].drop_duplicates().sort_values("epoch")
        for _, run in condition.groupby(RUN, sort=False):
            full = grid.merge(run.drop(columns="step"), on="epoch", how="left")
            columns = full.columns.difference(["epoch", "step"])
            # Only what lies behind the last epoch is filled: a diverged run keeps its empty places.
            behind = full["epoch"] > run["epoch"].max()
            full.loc[behind, columns] = run.sort_values("epoch")[columns].iloc[-1].to_numpy()
            held.append(full)
    return pd.concat(held, ignore_index=True)


def _outcomes(histories: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """The last epoch of every run, with what became of the run.

    Added columns: ``diverged`` (also where an accuracy is not finite), ``not_fitted`` (the run finished with
    less than ``threshold`` train accuracy), ``failed`` (either) and ``epochs_to_fit``.
    """
    last = last_epochs(histories).copy()
    times = histories.groupby(RUN, sort=False)["train_accuracy"].agg(epochs_to_fit, threshold=threshold)
    last = last.join(times.rename("epochs_to_fit"), on=RUN)
    finite = np.isfinite(last[["train_accuracy", "test_accuracy"]].to_numpy(dtype=float)).all(axis=1)
    last["diverged"] = last["verdict"].str.startswith("diverged") | ~finite
    last["not_fitted"] = ~last["diverged"] & (last["train_accuracy"] < threshold)
    last["failed"] = last["diverged"] | last["not_fitted"]
    return last


def learning_curves(histories: pd.DataFrame, threshold: float, confidence: float) -> pd.DataFrame:
    """Loss and accuracies by condition and epoch (figure 1a); keys condition, network, epoch, step.

    A run that diverged or ended below ``threshold`` train accuracy counts as failed at every epoch.
    ``epochs_to_fit`` stands at the last epoch of its condition.
    """
    outcomes = _outcomes(histories, threshold)
    held = _held(histories).merge(outcomes[[*RUN, "failed"]], on=RUN)
    ends = held.groupby(["condition", "network"], sort=False)[["epoch", "step"]].max()
    last = outcomes.drop(columns=["epoch", "step"]).join(ends, on=["condition", "network"])
    keys = ["condition", "network", "epoch", "step"]
    quantities = ["online_loss", "train_loss", "train_accuracy", "test_loss", "test_accuracy"]
    parts = [summary_of(held, keys, quantity, confidence) for quantity in quantities]
    return pd.concat([*parts, summary_of(last, keys, "epochs_to_fit", confidence)], ignore_index=True)


def noise_sweep(histories: pd.DataFrame, threshold: float, confidence: float) -> pd.DataFrame:
    """Time to fit and test error by network and share of random labels (figures 1b and 1c).

    Quantities: ``epochs_to_fit``; ``relative_time_to_fit``, each run's epochs over those of the run
    with the same seed at noise 0; ``test_error`` after the last epoch. Where some run never reached
    ``threshold`` the mean over the others would be too small: the row then has ``not_fitted`` > 0, no
    interval, and as ``mean`` a lower bound, which counts those runs with the epochs they had.
    ``chance`` is the test error of guessing, 1 - 1/k for k classes. A run that diverged has no test error.

    A relative time also fails if the run at noise 0 failed. Without any run at noise 0 there is no relative
    time, and nothing has failed.
    """
    last = _outcomes(histories, threshold).assign(test_error=lambda f: 1 - f["test_accuracy"])
    last.loc[last["diverged"], "test_error"] = np.nan
    last["not_fitted"] = last["epochs_to_fit"].isna()
    last["epochs_to_fit"] = last["epochs_to_fit"].fillna(last["epoch"])
    base = last[last["label_noise"] == 0].set_index(["network", "seed"])
    base_time = base["epochs_to_fit"].where(~base["not_fitted"])
    ours = pd.MultiIndex.from_frame(last[["network", "seed"]])
    last["relative_time_to_fit"] = last["epochs_to_fit"] / base_time.reindex(ours).to_numpy()

    keys = ["network", "label_noise"]
    missed = last.groupby(keys, sort=False)["not_fitted"].sum().astype(int)
    base_failed = base["failed"].reindex(ours).eq(True).to_numpy()
    parts = []
    for quantity in ("epochs_to_fit", "relative_time_to_fit", "test_error"):
        is_relative = quantity == "relative_time_to_fit"
        runs = last.assign(failed=last["failed"] | (is_relative & base_failed))
        part = summary_of(runs, keys, quantity, confidence).join(missed, on=keys)
        if is_relative:
            part.loc[~part["network"].isin(base.index.unique("network")), "failed"] = 0
        if quantity == "test_error":
            part["not_fitted"] = 0
        part["chance"] = 1 - 1 / last["classes"].iloc[0] if quantity == "test_error" else np.nan
        part.loc[part["not_fitted"] > 0, ["lower", "upper"]] = np.nan
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def accuracy_table(histories: pd.DataFrame, threshold: float, confidence: float) -> pd.DataFrame:
    """Final accuracies by network, condition and regularisers (table 1), with the parameter count.

    Runs that diverged are counted in ``diverged`` and left out of the means. Runs that ended below
    ``threshold`` train accuracy are counted in ``not_fitted`` and are part of the means. ``chance`` is the
    test accuracy of guessing.
    """
    keys = ["network", "condition", "random_crop", "weight_decay"]
    last = _outcomes(histories, threshold)
    counts = last.groupby(keys, sort=False)[["diverged", "not_fitted"]].sum().astype(int)
    accuracies = ["train_accuracy", "test_accuracy"]
    last.loc[last["diverged"], accuracies] = np.nan
    parts = [summary_of(last, keys, q, confidence) for q in ["parameters", *accuracies]]
    table = pd.concat(parts, ignore_index=True).join(counts, on=keys)
    table["chance"] = np.where(table["quantity"] == "test_accuracy", 1 / last["classes"].iloc[0], np.nan)
    exact = table["quantity"] == "parameters"
    table.loc[exact, ["lower", "upper"]] = np.nan
    table.loc[exact, "failed"] = 0
    return table


def table_rows(summary: pd.DataFrame, paper: pd.DataFrame | None = None) -> pd.DataFrame:
    """The summary of an accuracy table with one row for each row of the table.

    Columns: the keys, ``parameters``, ``runs``, ``diverged``, ``not_fitted``, and for train and test accuracy
    the mean under its own name with ``_lower`` and ``_upper``; with ``paper`` also its numbers, ``paper_…``.
    """
    keys = ["network", "condition", "random_crop", "weight_decay"]
    rows = []
    for values, group in summary.groupby(keys, sort=False):
        cells = group.set_index("quantity")
        row = dict(zip(keys, values, strict=True))
        row["parameters"] = int(cells.loc["parameters", "mean"])
        row |= {key: int(cells.loc["train_accuracy", key]) for key in ("runs", "diverged", "not_fitted")}
        for quantity in ("train_accuracy", "test_accuracy"):
            row[quantity] = cells.loc[quantity, "mean"]
            row |= {f"{quantity}_{end}": cells.loc[quantity, end] for end in ("lower", "upper")}
        rows.append(row)
    table = pd.DataFrame(rows)
    if paper is None:
        return table
    printed = [column for column in paper if column not in keys]
    return table.merge(paper.rename(columns={c: f"paper_{c}" for c in printed}), on=keys, how="left")
