"""The workflow submitted to a Slurm: copies of the project, and waiting for its jobs."""

import subprocess
import time
from pathlib import Path

import yaml

from small import SMALL
from trees import Tree, copy_project, run_place

# A network in a module outside the project. Its runs last as long as they are told to, on a busy machine as
# on a quiet one, and it says which GPUs its job was given, from when to when.
SPY = """
import atexit
import json
import os
import time

from torch import nn


class Slow(nn.Module):
    def forward(self, x):
        if self.training:
            time.sleep(0.01)
        return x


def net(image_shape, classes):
    entry = {"gpus": os.environ.get("CUDA_VISIBLE_DEVICES"), "job": os.environ.get("SLURM_JOB_ID")}
    entry["from"] = time.time()

    def tell():
        with open(f"gpu-{os.getpid()}-{time.time_ns()}.json", "w") as file:
            json.dump({**entry, "to": time.time()}, file)

    atexit.register(tell)
    inputs = image_shape[0] * image_shape[1] * image_shape[2]
    return nn.Sequential(Slow(), nn.Flatten(), nn.Linear(inputs, classes))
"""
# A run of it lasts 7 seconds.
NETWORK = {"factory": "spy:net", "arguments": {}, "learning_rate": 0.01, "epochs": 100, "weight_decay": 0.001}
PLACE = run_place(network="spy")


class SlurmTree(Tree):
    """A copy of the project whose calls of Snakemake submit to Slurm."""

    submitter: Path  # the Python with the executor

    def spied(self) -> Path:
        """The receipt of the spy's run with the first seed, which is what Snakemake is asked for."""
        return Path(self.receipt(PLACE, 0))

    def log_of(self, receipt: Path) -> Path:
        """The log of the run that ``receipt`` is of."""
        run = receipt.parent.relative_to("results/small")
        return self.results / "logs" / f"{run}.log"

    def call(self, *arguments) -> list[str]:
        # The first look at a job after a second: 40 is for real clusters.
        profile = ["--profile", "profiles/slurm", "--slurm-init-seconds-before-status-checks", "1"]
        return [
            str(self.submitter), "-m", "snakemake", *arguments, "--configfile", "config/small.yaml", *profile,
        ]  # fmt: skip

    def submit(self, *arguments, check=True, environment=None):
        """Call Snakemake and wait for it."""
        done = subprocess.run(
            self.call(*arguments),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
            env=environment,
        )
        assert done.returncode == 0 or not check, done.stdout
        return done

    def jobs(self, *options) -> list[str]:
        """The numbers of its jobs that Slurm has, those of one state with ``-t STATE``."""
        told = subprocess.run(["squeue", "-h", "-o", "%A %Z", *options], capture_output=True, text=True)
        numbers = (line.partition(" ") for line in told.stdout.splitlines())
        return [number for number, _, folder in numbers if folder == str(self.folder)]

    def running(self, seconds: float = 120) -> str:
        """The number of its one job that runs, once there is one."""
        deadline = time.time() + seconds
        while not (numbers := self.jobs("-t", "RUNNING")):
            assert time.time() < deadline, "no job is running"
            time.sleep(0.2)
        (number,) = numbers
        return number

    def cancel(self) -> None:
        """End its jobs."""
        if numbers := self.jobs():
            subprocess.run(["scancel", *numbers], timeout=60)

    def start(self, *arguments) -> subprocess.Popen:
        """Call Snakemake and go on."""
        return subprocess.Popen(
            self.call(*arguments),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def with_spy(folder: Path, config: dict, submitter: Path) -> SlurmTree:
    """A copy of the project with one network more, which says where it runs."""
    config["plugins"] = ["plugins"]
    config["networks"]["spy"] = NETWORK
    config["figures"]["fig1c"]["networks"] = ["spy"]
    copy_project(folder, yaml.safe_dump(config, sort_keys=False))
    (folder / "plugins").mkdir()
    (folder / "plugins/spy.py").write_text(SPY)
    tree = SlurmTree(folder)
    tree.submitter = submitter
    return tree


def one_by_one(folder: Path, submitter: Path) -> SlurmTree:
    """A copy of the project with one job for each run, and a GPU for each job."""
    config = yaml.safe_load(SMALL)
    config["execution"]["gpu"] = 1
    return with_spy(folder, config, submitter)


def wait_for(text: str, file: Path, seconds: float = 120) -> None:
    """Until a log says something."""
    deadline = time.time() + seconds
    while not (file.exists() and text in file.read_text()):
        assert time.time() < deadline, f"{file} never says {text!r}"
        time.sleep(0.1)
