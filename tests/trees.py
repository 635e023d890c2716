"""Copies of the project with a small configuration, and Snakemake run in them."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parents[1]
TRACKED = ["Snakefile", "config.yaml", "config", "envs", "paper", "profiles", "src", "workflow"]
# Everything that the paper's configuration has, as small as it can be.
SMALL = """
results: results/small
dataset: digits
seeds: [0, 1]
training: {batch_size: 100}
networks:
  inception: {width: 0.02, epochs: 1}
  mlp_1x512: {width: 0.1, epochs: 2}
execution: {gpu: 0, threads: 1, precision: float32, keep_weights: none}
figures:
  fig1a: {conditions: [true_labels, random_labels, shuffled_pixels, random_pixels, gaussian]}
  fig1b: {networks: [inception, mlp_1x512], label_noise: [0.0, 0.5, 1.0]}
  fig1c: {networks: [mlp_1x512], label_noise: [0.0, 1.0]}
  fig_ridge: null
  fig_minimum_norm: null
tables:
  table1:
    kind: accuracy_table
    rows:
      - {network: inception, condition: true_labels, random_crop: true, weight_decay: true}
      - {network: mlp_1x512, condition: true_labels, random_crop: false, weight_decay: false}
      - {network: mlp_1x512, condition: random_labels, random_crop: false, weight_decay: false}
  table3: null
  interpolants: null
"""
# Likewise, the kernel systems of section 5.
SMALL_KERNELS = """
results: results/small
dataset: digits
seeds: [0, 1]
execution: {gpu: 0, systems: {threads: 1, mem_mb: 1000}}
features:
  gabor: {window: 1.0, stride: 2}
  random_patches: {filters: 20, patch: 3, bias: 0.25, pool: 3, stride: 3}
systems:
  mnist_pixels: null
  mnist_gabor: null
  cifar10_pixels: null
  cifar10_random_patches: null
  cifar10_random_patches_linear: null
  pixels: &pixels
    {dataset: digits, features: pixels, kernel: gaussian, bandwidth: [0.1, 0.2], ridge: [0.01, 0.1]}
  gabor: {<<: *pixels, features: gabor, bandwidth: [0.04]}
  patches: {<<: *pixels, features: random_patches, bandwidth: [1.0]}
figures:
  fig1a: null
  fig1b: null
  fig1c: null
  fig_ridge: {systems: [pixels], ridge: [0.0, 0.1]}
  fig_minimum_norm: {dataset: digits, bandwidth: 0.2, examples: 20, steps: 1000, batch_size: 5}
tables:
  table1: null
  table3:
    rows:
      - {system: pixels, ridge: none}
      - {system: pixels, ridge: chosen}
      - {system: gabor, ridge: none}
      - {system: patches, ridge: none}
  interpolants: {dataset: digits, bandwidth: 0.2, examples: 50}
"""


def merged(base, overlay):
    """As Snakemake merges a --configfile into the configuration."""
    for key, value in overlay.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        base[key] = merged(base[key], value) if both else value
    return base


class Tree:
    """A copy of the project with a small configuration, and Snakemake run in it."""

    def __init__(self, folder: Path):
        self.folder = folder

    def snakemake(self, *arguments, check=True, small=True):
        command = [sys.executable, "-m", "snakemake"]
        command += ["--configfile", "config/small.yaml"] if small else []
        command += ["--cores", str(os.cpu_count()), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600
        )
        assert done.returncode == 0 or not check, done.stdout
        return done

    def check(self, *files):
        """What `make check` says of the results; its exit status is ``returncode``."""
        return subprocess.run(
            [sys.executable, "-m", "pipeline.check", *(files or ["config/small.yaml"])],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": "workflow"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def mend(self, output: str) -> str:
        """Give the command that an error names, as it stands there, and return what it prints."""
        command = next(line for line in output.splitlines() if line.strip().startswith("snakemake --conf"))
        done = subprocess.run(
            [sys.executable, "-m", *command.split()],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def planned(self, *arguments) -> Counter:
        """How many jobs of each rule a dry run plans; `all` is left out."""
        output = self.snakemake("--dry-run", *arguments).stdout
        if "Nothing to be done" in output:
            return Counter()
        table = output.split("Job stats:")[-1].split("Reasons:")[0]
        jobs = Counter({name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.M)})
        assert jobs.pop("total") >= 1
        del jobs["all"]
        return jobs

    def trained(self, *arguments) -> set[str]:
        """The runs that a dry run would train, as <images>/noise-<p>/<network>/<regularisers>/seed-<k>."""
        output = self.snakemake("--dry-run", *arguments).stdout
        message = r"Training (\S+) on (\S+) images, label noise (\S+), regularisers (\S+), seed (\d+)"
        found = re.findall(message, output)
        assert found, "no run would be trained"
        return {
            f"{images}/noise-{noise}/{network}/{regularisers}/seed-{seed}"
            for network, images, noise, regularisers, seed in found
        }

    def edit(self, path: str, old: str, new: str):
        file = self.folder / path
        text = file.read_text()
        assert old in text, f"{old!r} is no longer in {path}"
        file.write_text(text.replace(old, new, 1))

    def configure(self, old: str, new: str):
        self.edit("config/small.yaml", old, new)

    @property
    def results(self) -> Path:
        return self.folder / "results" / "small"


def copy_project(folder: Path, configuration: str = SMALL) -> Tree:
    folder.mkdir(parents=True, exist_ok=True)
    for name in TRACKED:
        source = HERE / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy2(source, folder / name)
    (folder / "config" / "small.yaml").write_text(configuration)
    return Tree(folder)
