"""A plan whose runs are all finished, as far as figures and tables look at them, and its jobs carried out."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import yaml

from pipeline.planning.plan import Plan
from pipeline.storage.artefacts import write_result
from small import merged

HERE = Path(__file__).parents[1]
# Puts in place what Snakemake's script directive would, for one script after the other.
CODE = """
import json, runpy, sys
from types import SimpleNamespace as Namespace
given = json.load(open(sys.argv[1]))
for script, job in given["jobs"]:
    snakemake = Namespace(log=[given["log"]], params=Namespace(jobs=[job]), threads=1)
    runpy.run_path(script, init_globals={"snakemake": snakemake}, run_name="__main__")
"""
SETTINGS = {"dataset": "digits", "seeds": [0, 1], "figures": {}, "tables": {}}


def plan_of(results, text: str, plugins=(), folder: Path = HERE) -> Plan:
    """The plan of config.yaml without its figures and tables, and with ``text`` on top."""
    config = yaml.safe_load((folder / "config.yaml").read_text()) | copy.deepcopy(SETTINGS)
    merged(config, yaml.safe_load(text))
    more = {"results": str(results), "plugins": list(map(str, plugins))}
    return Plan(copy.deepcopy(config | more), folder)


def history(run: dict) -> pd.DataFrame:
    """A run that is fitted, later and with a larger test error where more labels are random."""
    noise, fitted = run["label_noise"], 3 + round(6 * run["label_noise"]) + run["seed"]
    rows = pd.DataFrame({"epoch": range(1, fitted + 1), "train_accuracy": [0.5] * (fitted - 1) + [1.0]})
    rows["step"] = 10 * rows["epoch"]
    losses = dict.fromkeys(("online_loss", "train_loss", "test_loss"), 0.1)
    test = 0.97 - 0.87 * noise + 0.001 * run["seed"]
    rows = rows.assign(**losses, online_accuracy=rows["train_accuracy"], test_accuracy=test)
    return rows.assign(corrupted_test_accuracy=test)


def finish(plan: Plan) -> None:
    """Write the runs of all figures and tables, and the linear classifiers of their data sets."""
    facts = {"parameters": 1, "classes": 10, "verdict": "finished"}
    for name in plan.exhibits:
        for coordinates, made, seed in plan.results_of(name):
            job = made.job(seed)
            folder = Path(job["folder"])
            if not (folder / job["file"]).exists():
                folder.mkdir(parents=True)
                history(coordinates).to_csv(folder / "history.csv", index=False)
                write_result(job, facts, ["history.csv"])
        for made, _ in plan.baselines(name):
            linear = {"train_error": 0.04, "test_error": 0.08, "test_examples": 1097, "averaged_over": 1}
            write_result(made.job(), linear)


def carry_out(plan: Plan, folder: Path) -> tuple[int, str]:
    """Summarise and show every figure and table, and write the scorecard, as the workflow's jobs do.

    Returns the exit status and the log of the last job.
    """
    jobs = [("summarise.py", plan.summary(name).job()) for name in plan.exhibits]
    jobs += [("show.py", plan.pages[name].job()) for name in plan.exhibits]
    jobs += [("write_scorecard.py", plan.pages["scorecard"].job())]
    given = {
        "log": str(folder / "log"),
        "jobs": [(str(HERE / "workflow/scripts" / s), job) for s, job in jobs],
    }
    (folder / "given.json").write_text(json.dumps(given))
    path = os.pathsep.join(map(str, (HERE / "src", HERE / "workflow", *plan.homes.folders)))
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(folder / "given.json")],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr + (folder / "log").read_text()


def scorecard(plan: Plan) -> pd.DataFrame:
    """The scorecard that ``carry_out`` wrote."""
    return pd.read_csv(Path(plan.root, "scorecard.csv"))
