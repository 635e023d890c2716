"""Complexities, bounds and generalisation gaps by the number of examples (section 2.2)."""

import math

import numpy as np
import pandas as pd

from rethinking.statistics import summary_of

KEYS = ["network", "labels", "examples"]
NETWORKS = ["train_accuracy", "complexity", "epochs"]
KERNELS = ["norm", "complexity", "bound", "gap", "error_gap"]
# The classifiers of a network have values ±1, so half of the complexity is that of their 0/1 losses. The ramp
# loss of real functions has slope 1, so its complexity is at most theirs. A gap is bounded by twice that.
BOUNDS = {"network": ("complexity", 1.0), "kernel": ("bound", 2.0)}


def summarise(rows: pd.DataFrame, fit: float, confidence: float) -> pd.DataFrame:
    """Means by network (missing for kernel models), labels ("true", "random") and number of examples.

    ``rows`` are those of the experiments ``random_signs`` and ``kernel_ball``. The labellings of a seed share
    its examples, so their mean is one value and the interval is over seeds. A seed of a network has
    ``failed`` if training diverged or ended below ``fit`` train accuracy with any of its draws; diverged ones
    are no part of its mean. The quantity ``gap_bound`` is the bound of the generalisation gap: for networks
    their complexity, against the gap of the 0/1 error, and for kernel models twice the ``bound`` of theirs,
    against ``gap``, that of the ramp loss.
    """
    network = rows["network"] if "network" in rows else pd.Series(np.nan, rows.index)
    parts = []
    for kind, of_kind in (("network", network.notna()), ("kernel", network.isna())):
        if not of_kind.any():
            continue
        found = rows[of_kind].assign(network=network[of_kind])
        of_bound, times = BOUNDS[kind]
        found["gap_bound"] = times * found[of_bound].astype(float)
        quantities = [*(NETWORKS if kind == "network" else KERNELS), "gap_bound"]
        found[quantities] = found[quantities].astype(float)
        if kind == "network":
            found["failed"] = ~(found["train_accuracy"] >= fit)  # also of a run that diverged
        else:
            found["failed"] = ~np.isfinite(found["bound"])
        each = found.groupby([*KEYS, "seed"], sort=False, dropna=False)
        seeds = each[quantities].mean().join(each["failed"].any()).reset_index()
        parts += [summary_of(seeds, KEYS, quantity, confidence) for quantity in quantities]
    return pd.concat(parts, ignore_index=True)


def sentences(summary: pd.DataFrame) -> list[str]:
    """What the report says beside the figure: complexity, bounds and gaps at the largest n."""
    found = []
    trained = summary[summary["network"].notna() & (summary["quantity"] == "complexity")]
    for network, line in trained.groupby("network", sort=False):
        last = line.loc[line["examples"].idxmax()]
        reached = f"{last['mean']:.3g}" if math.isfinite(last["mean"]) else "no complexity"
        found.append(f"{network} reaches {reached} on {last['examples']:,} examples with random labels.")
    solved = summary[summary["network"].isna()]
    last = solved[solved["examples"] == solved["examples"].max()]
    cells = last.set_index(["labels", "quantity"])["mean"]
    for labels in last["labels"].unique():
        bound, gap = cells[labels, "gap_bound"], cells[labels, "gap"]
        told = "vacuous" if bound >= 1 else "below 1"
        found.append(
            f"The kernel's interpolant of {labels} labels of {last['examples'].iloc[0]:,} examples: its gap "
            f"is {gap:.2g}, and the bound of it {bound:.2g}, {told}."
        )
    return found
