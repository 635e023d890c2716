"""Run the training script as the workflow does, in a process of its own and without the workflow."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np

HERE = Path(__file__).parents[1]
# Puts in place what Snakemake's script directive would.
CODE = """
import json, runpy, sys
from types import SimpleNamespace as Namespace
given = json.load(open(sys.argv[1]))
snakemake = Namespace(
    log=[given["log"]],
    config={"execution": given["execution"]},
    output=Namespace(results=[given["result"]], histories=[given["history"]]),
    params=Namespace(jobs=[given["job"]]),
    input={name: [path] for name, path in given["input"].items()},
    threads=1,
    resources={"gpu": given["gpu"]},
)
runpy.run_path(given["script"], init_globals={"snakemake": snakemake}, run_name="__main__")
"""
EXECUTION = {"precision": "float32", "checkpoint_minutes": 10, "tensorboard": False, "runs_per_gpu": 1}


def random_data(folder, count=200, side=9):
    """Random images and labels as the two artefacts that a run reads; their stamps."""
    from pipeline import artefacts
    from pipeline.planning.stamps import stamp

    generator = np.random.default_rng(0)
    arrays = {"images": [], "labels": [("classes", np.array([str(n) for n in range(10)]))]}
    for part in ("train", "test"):
        images = generator.integers(0, 256, (count, side, side, 1), dtype=np.uint8)
        arrays["images"].append((part, images))
        arrays["labels"].append((part, np.arange(count) % 10))
    for name, each in arrays.items():
        artefacts.save(folder / name / "manifest.json", each, {"made": name}, "no code")
    return {f"{name}_stamp": stamp({"made": name}, "no code") for name in arrays}


def run(folder, factory, gpu=0, modules=None, execution=None, **recipe):
    """Train ``factory`` in ``folder`` on random images: exit status, what it told, its result or None.

    ``modules`` is a folder of modules of one's own.
    """
    folder = Path(folder)
    stamps = random_data(folder / "data")
    recipe = {"epochs": 2, "learning_rate": 0.01, "crop": 8, "batch_size": 64} | recipe
    spec = {
        "network": "own",
        "factory": factory,
        "arguments": {},
        "width": 0.25,
        "initialisation": "he_normal",
        "seed": 0,
        "recipe": recipe,
        **stamps,
    }
    given = {
        "script": str(HERE / "workflow/scripts/train.py"),
        "log": str(folder / "log"),
        "result": str(folder / "run/run.json"),
        "history": str(folder / "run/history.csv"),
        "job": {"spec": spec, "code": "no code"},
        "input": {name: str(folder / "data" / name / "manifest.json") for name in ("images", "labels")},
        "execution": EXECUTION | (execution or {}),
        "gpu": gpu,
    }
    folder.joinpath("given.json").write_text(json.dumps(given))
    path = os.pathsep.join(map(str, (HERE / "src", HERE / "workflow", *([modules] if modules else []))))
    ended = subprocess.run(
        [sys.executable, "-c", CODE, str(folder / "given.json")],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    result = Path(given["result"])
    return SimpleNamespace(
        status=ended.returncode,
        terminal=ended.stderr,
        result=json.loads(result.read_text()) if result.is_file() else None,
    )
