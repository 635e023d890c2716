"""Plugins that show a measurement and a trace of the runs of a small configuration."""

from pathlib import Path

from small import only
from trees import Tree

RUNS = only("""
results: results/small
dataset: digits
seeds: [0, 1]
plugins: [plugins]
training: {batch_size: 100}
networks: {mlp_1x512: {width: 0.1, epochs: 2}}
execution: {gpu: 0, threads: 1, precision: float32, keep_weights: none, seeds_together: true}
probes:
  learned: {probe: example_correctness, examples: 20, epochs: [1, 2], steps: [0, 3]}
figures:
  fig1c: {networks: [mlp_1x512], label_noise: [0.0, 1.0]}
tables:
""")


NORMS = RUNS.replace("tables:\n", "tables:\n  norms: {kind: norms_by_labels, network: mlp_1x512}\n")
LEARNED = RUNS.replace(
    "tables:\n", "tables:\n  learned: {kind: learned, network: mlp_1x512, probe: learned}\n"
)
BOTH = LEARNED.replace("tables:\n", "tables:\n  norms: {kind: norms_by_labels, network: mlp_1x512}\n")

KIND = '''
"""Norms of the weights of a network that was trained on true and on random labels."""

from rethinking.exhibits.requests import Measurement, Training

ABOUT = {
    "kind": "exhibit",
    "form": "table",
    "title": "Norms of weights, true against random labels.",
    "options": {"network": {"type": "string", "names": "network", "description": "Name of a network."}},
    "reads": "rows",
}


def requests(options):
    return [
        Measurement("weight_norms", Training(options["network"], condition))
        for condition in ("true_labels", "random_labels")
    ]
'''
SUMMARY = """
def summarise(rows):
    return rows.groupby(["condition", "layer"], sort=False, as_index=False)["norm"].mean()
"""
DRAWING = """
def render(summary):
    return {"csv": summary.to_csv(index=False), "html": summary.to_html(), "tex": "none"}
"""
LEARNED_HOME = '''
"""How many examples of the sample are right at each moment."""

from rethinking.exhibits.requests import Trace, Training

ABOUT = {
    "kind": "exhibit",
    "form": "table",
    "title": "Examples that are classified right.",
    "options": {
        "network": {"type": "string", "names": "network", "description": "Name of a network."},
        "probe": {"type": "string", "names": "probe", "description": "Name of a probe."},
    },
    "reads": "traces",
}


def requests(options):
    return [Trace(options["probe"], Training(options["network"], "random_labels"))]


def summarise(traces):
    import pandas as pd

    return pd.concat(
        pd.DataFrame({"seed": t["seed"], "step": t["step"], "right": t["correct"].sum(axis=1)})
        for t in traces
    )


def render(summary):
    return {"csv": summary.to_csv(index=False), "html": summary.to_html(), "tex": "none"}
'''


def write_plugins(folder: Path) -> None:
    """Write the two tables as plugins below ``folder``: one in a folder of its own, one in one module."""
    norms = folder / "plugins" / "norms_by_labels"
    norms.mkdir(parents=True)
    (norms / "kind.py").write_text(KIND)
    (norms / "summary.py").write_text(SUMMARY)
    (norms / "drawing.py").write_text(DRAWING)
    (folder / "plugins" / "learned.py").write_text(LEARNED_HOME)


def with_plugins(tree: Tree) -> Tree:
    write_plugins(tree.folder)
    return tree
