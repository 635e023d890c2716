"""Run the training script as the workflow does, in a process of its own and without the workflow."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from pipeline.planning.stamps import stamp
from pipeline.storage import artefacts

HERE = Path(__file__).parents[1]
# Puts in place what Snakemake's script directive would.
CODE = """
import json, runpy, sys
from types import SimpleNamespace as Namespace
given = json.load(open(sys.argv[1]))
snakemake = Namespace(
    log=[given["log"]],
    config={"execution": given["execution"]},
    params=Namespace(jobs=[given["job"]]),
    threads=1,
    resources={"gpu": given["gpu"]},
)
runpy.run_path(given["script"], init_globals={"snakemake": snakemake}, run_name="__main__")
"""
EXECUTION = {"precision": "float32", "checkpoint_minutes": 10, "tensorboard": False, "runs_per_gpu": 1}


# Nobody edits the code of these jobs.
NO_CODE = {"digest": "no code", "files": {}, "script": "", "modules": (), "roots": ()}


def job_of(folder: Path, file: str, spec: dict, **inputs: dict) -> dict:
    """A job as planning tells a script of it, whose result lies in ``folder``."""
    return {
        **{"folder": str(folder), "file": file, "seed": 0, "receipt": str(folder / "receipt.json")},
        **{"stamp": stamp(spec, NO_CODE["digest"]), "spec": spec, "code": NO_CODE},
        **{"inputs": inputs, "along": []},
    }


def random_data(folder: Path, count=200, side=9) -> dict[str, dict]:
    """Random images and labels, as the two results that a run reads: the job of each."""
    generator = np.random.default_rng(0)
    arrays = {"images": [], "labels": [("classes", np.array([str(n) for n in range(10)]))]}
    for part in ("train", "test"):
        images = generator.integers(0, 256, (count, side, side, 1), dtype=np.uint8)
        arrays["images"].append((part, images))
        arrays["labels"].append((part, np.arange(count) % 10))
    made = {name: job_of(folder / name, "manifest.json", {"made": name}) for name in arrays}
    for name, job in made.items():
        artefacts.save_arrays(job, arrays[name])
    return made


def run(folder, factory, gpu=0, modules=None, execution=None, **recipe):
    """Train ``factory`` in ``folder`` on random images: exit status, what it told, its result or None.

    ``modules`` is a folder of modules of one's own.
    """
    folder = Path(folder)
    spec = {
        "network": "own",
        "factory": factory,
        "arguments": {"width": 0.25},
        "initialisation": "he_normal",
        "recipe": {"epochs": 2, "learning_rate": 0.01, "crop": 8, "batch_size": 64} | recipe,
    }
    result = folder / "run" / "run.json"
    given = {
        "script": str(HERE / "workflow/scripts/train.py"),
        "log": str(folder / "log"),
        "job": job_of(result.parent, result.name, spec, **random_data(folder / "data")),
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
    return SimpleNamespace(
        status=ended.returncode,
        terminal=ended.stderr,
        result=json.loads(result.read_text()) if result.is_file() else None,
    )
