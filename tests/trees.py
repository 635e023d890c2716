"""Copies of the project with a small configuration, Snakemake run in them, and where their results lie."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import yaml

from rethinking.datasets.digits import read as load_digits
from small import MORE_SYSTEMS, ROWS, SMALL, SMALL_KERNELS

HERE = Path(__file__).parents[1]
TRACKED = ["Snakefile", "config.yaml", "config", "envs", "paper", "profiles", "src", "workflow"]
LARGE = 4000
# The name of a folder of results is a hash.
STAMP = "[0-9a-f]" * 16
# Every result of a configuration: its place, its seed and its receipt.
RECEIPTS = """
import sys
from pipeline.commands.configured import plan_of
for made, seed in plan_of(sys.argv[1:]).asked_for(everything=True):
    print(made.place, seed, made.receipt(seed))
"""
# What is about kernel systems; the rest of `all`, contact sheets, is that of networks.
KERNEL_TARGETS = ("fig_ridge", "fig_minimum_norm", "table3", "interpolants", "scorecard")


def npz_files(folder: Path) -> dict[str, Path]:
    """The data of MORE_SYSTEMS: digits with copies, digits with other test labels, many random images."""
    digits = load_digits()
    names = ("x_train", "y_train", "x_test", "y_test")
    parts = dict(zip(names, digits[:4], strict=True))
    few = {name: array[:300] for name, array in parts.items()}
    twice = {name: np.concatenate([few[name], few[name][:20]]) for name in names[:2]}
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (LARGE + 20, 8, 8), dtype=np.uint8)
    labels = np.arange(LARGE + 20) % 2
    np.savez(folder / "copies.npz", **{**few, **twice})
    np.savez(folder / "relabelled.npz", **{**parts, "y_test": generator.permutation(parts["y_test"])})
    halves = (images[:LARGE], labels[:LARGE], images[LARGE:], labels[LARGE:])
    np.savez(folder / "scattered.npz", **dict(zip(names, halves, strict=True)))
    return {name: folder / f"{name}.npz" for name in ("copies", "relabelled", "scattered")}


def run_place(images="true", noise="0", network="mlp_1x512", regularisers="none") -> str:
    """The place of a run below the results, without its stamp."""
    return f"runs/digits/{images}/noise-{noise}/{network}/{regularisers}"


def labels_place(noise="1") -> str:
    """The place of corrupted labels below the results."""
    return f"data/digits/labels/noise-{noise}"


def system_place(name: str, ridge: str) -> str:
    """The place of a solved kernel system below the results."""
    return f"systems/{name}/ridge-{ridge}"


class Planned(NamedTuple):
    """What a dry run plans."""

    jobs: Counter  # of each rule; `all` is left out
    runs: set[tuple[str, int]]  # the place and the seed of those that would be trained


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

    def python(self, *arguments) -> subprocess.CompletedProcess:
        """Python with the code of this tree."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(["src", "workflow"])},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )

    def command(self, name: str, *arguments) -> subprocess.CompletedProcess:
        """A command of ``pipeline.commands``, such as ``check``; without arguments, on config/small.yaml."""
        module = f"pipeline.commands.{name}"
        return self.python("-m", module, *(arguments or ["config/small.yaml"]))

    def check(self, *files):
        """What `make check` says of the results; its exit status is ``returncode``."""
        return self.command("check", *files)

    def stamped(self, place: str, seed: int | None = None) -> list[Path]:
        """The folders of the results of a place, one for each stamp; what was written last comes last."""
        below = "" if seed is None else f"/seed-{seed}"
        return sorted(self.results.glob(f"{place}/{STAMP}{below}"), key=lambda path: path.stat().st_mtime_ns)

    def result(self, place: str, seed: int | None = None) -> Path:
        """The folder of the result of a place that was written last."""
        found = self.stamped(place, seed)
        assert found, f"no result at {place}, seed {seed}"
        return found[-1]

    def log(self, place: str, seed: int | str = "") -> Path:
        """The log that was written last for a place; ``seed`` is "all" where one job makes all of them."""
        below = {"": "", "all": "/seeds"}.get(seed, f"/seed-{seed}")
        found = self.results.glob(f"logs/{place}/{STAMP}{below}*.log")
        return max(found, key=lambda path: path.stat().st_mtime_ns)

    def receipts(self, *wanted: tuple[str, int | None]) -> list[str]:
        """What Snakemake is asked for to make results of now, each given by its place and its seed."""
        done = self.python("-c", RECEIPTS, "config/small.yaml")
        assert done.returncode == 0, done.stdout
        rows = (line.split() for line in done.stdout.splitlines())
        found = {(place, seed): receipt for place, seed, receipt in rows}
        return [found[f"results/small/{place}", str(seed)] for place, seed in wanted]

    def receipt(self, place: str, seed: int | None = None) -> str:
        """Likewise, of one result."""
        return self.receipts((place, seed))[0]

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

    def plan(self, *arguments) -> Planned:
        """What a dry run plans."""
        output = self.snakemake("--dry-run", *arguments).stdout
        if "Nothing to be done" in output:
            return Planned(Counter(), set())
        table = output.split("Job stats:")[-1].split("Reasons:")[0]
        jobs = Counter({name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.M)})
        assert jobs.pop("total") >= 1
        del jobs["all"]
        message = (
            r"Training (\S+) on (\S+) images, \S+ with probability (\S+), regularisers (\S+), seed (\d+)"
        )
        runs = {
            (run_place(images, f"{float(noise):g}", network, regularisers), int(seed))
            for network, images, noise, regularisers, seed in re.findall(message, output)
        }
        return Planned(jobs, runs)

    def planned(self, *arguments) -> Counter:
        """How many jobs of each rule a dry run plans; `all` is left out."""
        return self.plan(*arguments).jobs

    def edit(self, path: str, old: str, new: str):
        file = self.folder / path
        text = file.read_text()
        assert old in text, f"{old!r} is no longer in {path}"
        file.write_text(text.replace(old, new, 1))

    def configure(self, old: str, new: str):
        self.edit("config/small.yaml", old, new)

    def put(self, *keys, value):
        """Set one value of the configuration, a mapping in mappings."""
        file = self.folder / "config/small.yaml"
        config = yaml.safe_load(file.read_text())
        *parents, last = keys
        place = config
        for key in parents:
            place = place.setdefault(key, {})
        place[last] = value
        file.write_text(yaml.safe_dump(config, sort_keys=False))

    def show_only(self, *names):
        """Configure no figures and tables but these."""
        file = self.folder / "config/small.yaml"
        config = yaml.safe_load(file.read_text())
        for part in ("figures", "tables"):
            config[part] = {name: entry if name in names else None for name, entry in config[part].items()}
        file.write_text(yaml.safe_dump(config, sort_keys=False))

    def copied(self, folder: Path) -> Self:
        """A copy with its modification times, to be changed at will."""
        shutil.copytree(self.folder, folder)
        return type(self)(folder)

    @property
    def results(self) -> Path:
        return self.folder / "results" / "small"


def copy_project(folder: Path, configuration: str = SMALL) -> Tree:
    """The project as it is tracked, without results, and a configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in TRACKED:
        source = HERE / name
        if source.is_dir():
            # Compiled code stays valid, because its source keeps its time.
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("*.egg-info"))
        else:
            shutil.copy2(source, folder / name)
    (folder / "config" / "small.yaml").write_text(configuration)
    return Tree(folder)


def copy_kernels(folder: Path) -> Tree:
    """The project with SMALL_KERNELS and MORE_SYSTEMS, and their data beside it."""
    tree = copy_project(folder, SMALL_KERNELS)
    # By absolute paths, so that a copy of the tree reads them, too.
    for name, file in npz_files(folder).items():
        tree.put("datasets", name, value={"source": "npz", "file": str(file), "crop": 8})
    for name, entry in MORE_SYSTEMS.items():
        tree.put("systems", name, value=entry)
    tree.put("figures", "fig_ridge", "systems", value=["pixels", "copies"])
    tree.put("tables", "table3", "rows", value=ROWS)
    # Every panel is written when it is done.
    tree.put("execution", "checkpoint_minutes", value=1e-6)
    return tree


def make(folder: Path, *arguments) -> subprocess.CompletedProcess:
    """Run make with the environment of these tests, and no other one made."""
    return subprocess.run(
        ["make", "--assume-old", ".venv/.complete", *arguments],
        cwd=folder,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )


def make_report(tree: Tree) -> subprocess.CompletedProcess:
    """What `make report` does."""
    shutil.copy2(HERE / "Makefile", tree.folder)
    return make(tree.folder, "report", "CONFIG=config/small.yaml")
