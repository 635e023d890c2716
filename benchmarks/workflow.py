"""How quick the workflow itself is: nothing to do, large sweeps, and what surrounds the work of each job.

    .venv/bin/python benchmarks/workflow.py [--beside FOLDER] [--demo FOLDER --cores 2]

*Nothing to do*: ``snakemake`` on the paper's configuration with every result there. The files are empty,
and ``snakemake --touch`` writes the records that jobs leave; Snakemake looks at names, times and records
only. *Sweeps*: dry runs of one figure with many seeds, beside a Snakefile that plans jobs of the same number,
inputs and outputs and has no configuration, no digest and no parameter. *Start of a job*: a process that
imports what a script imports. ``--beside`` measures another checkout too, in turn with this one; seconds are
the best of some rounds, of the clock and in brackets of the processor, on which other work has less effect.
``--demo`` says where the time of the cores went in a folder that ``make demo`` has run in.
"""

import argparse
import ast
import csv
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import yaml

HERE = Path(__file__).parents[1]
COPIED = ("Snakefile", "config.yaml", "config", "envs", "paper", "profiles", "src", "workflow")
# Scripts, each with what one of its jobs imports by name.
SCRIPTS = {
    "corrupt_labels": ("rethinking.corruptions.random_labels",),
    "train": (
        "rethinking.networks.inception",
        "rethinking.update_rules.sgd",
        "rethinking.schedules.exponential",
    ),
    "solve_system": (),
    "summarise": ("rethinking.exhibits.noise_sweep.summary",),
    "show": ("rethinking.exhibits.noise_sweep.drawing",),
    "write_scorecard": ("rethinking.exhibits.noise_sweep.claims",),
}
RUNS = (1000, 2000, 5000, 10000)
NETWORKS = ["inception", "inception_no_bn", "alexnet", "mlp_1x512", "mlp_3x512"]
NOISES = [level / 10 for level in range(10)]
ROUNDS = 3
# Jobs of the same number of inputs and outputs as those of the sweep below, log and benchmark included: what
# Snakemake sees of a result is one receipt.
PLAIN = """
SEEDS, NETWORKS, NOISES = range({seeds}), {networks}, {noises}

rule all:
    input: "plain/figure.pdf"

rule download:
    output: "plain/download.json"

rule prepare:
    input: "plain/download.json"
    output: "plain/images.json", "plain/labels/0.json"

rule corrupt:
    input: "plain/labels/0.json"
    output: "plain/labels/{{noise}}/seed-{{seed}}/receipt.json"
    log: "plain/logs/labels/{{noise}}/seed-{{seed}}.log"
    benchmark: "plain/benchmarks/labels/{{noise}}/seed-{{seed}}.tsv"
    script: "job.py"

def labels(wildcards):
    if wildcards.noise == "0.0":
        return "plain/labels/0.json"
    return f"plain/labels/{{wildcards.noise}}/seed-{{wildcards.seed}}/receipt.json"

rule train:
    input: images="plain/images.json", labels=labels
    output: "plain/runs/{{noise}}/{{network}}/seed-{{seed}}/receipt.json"
    log: "plain/logs/runs/{{noise}}/{{network}}/seed-{{seed}}.log"
    benchmark: "plain/benchmarks/runs/{{noise}}/{{network}}/seed-{{seed}}.tsv"
    script: "job.py"

rule summarise:
    input:
        expand(
            "plain/runs/{{noise}}/{{network}}/seed-{{seed}}/receipt.json",
            noise=NOISES, network=NETWORKS, seed=SEEDS
        ),
    output: "plain/summary.json"
    log: "plain/logs/summary.log"
    benchmark: "plain/benchmarks/summary.tsv"
    script: "job.py"

rule draw:
    input: "plain/summary.json"
    output:
        "plain/figure.pdf", "plain/figure.png", "plain/figure.csv", "plain/mark", "plain/receipt.json"
    log: "plain/logs/figure.log"
    benchmark: "plain/benchmarks/figure.tsv"
    script: "job.py"
"""


def copy(project: Path, folder: Path) -> Path:
    """What the workflow consists of, in a folder without results."""
    folder.mkdir(parents=True)
    ignored = shutil.ignore_patterns("*.egg-info")
    for name in COPIED:
        source = project / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy2(source, folder / name)
    return folder


class Seconds(NamedTuple):
    """What a process took, of the clock and of the processor."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock:6.2f} ({self.processor:5.2f}) s"


def python(*arguments: str, folder: Path = HERE, path: str = "") -> tuple[Seconds, str]:
    """What a Python process takes, and what it prints."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    clock, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"python {' '.join(arguments)} failed in {folder}:\n{done.stdout[-4000:]}")
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return Seconds(clock, user + system), done.stdout


def snakemake(folder: Path, *arguments: str) -> tuple[Seconds, str]:
    """What a call takes, and what it prints."""
    return python("-m", "snakemake", *arguments, folder=folder)


def best(calls: dict, rounds: int = ROUNDS) -> dict[str, Seconds]:
    """The best of each call, every round one after the other."""
    found: dict[str, list[Seconds]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            found[name].append(call())
    return {name: Seconds(*map(min, zip(*times, strict=True))) for name, times in found.items()}


def planned(output: str) -> dict[str, int]:
    """How many jobs of each rule a dry run plans."""
    table = output.split("Job stats:")[1].split("\n\n")[0]
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.M)}


def finish(folder: Path) -> int:
    """Make up every result of the paper's configuration, as Snakemake sees them; how many jobs there are."""
    _, output = snakemake(folder, "--summary")
    for line in output.split("output_file\t")[1].splitlines()[1:]:
        path = folder / line.split("\t")[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    _, output = snakemake(folder, "--touch", "--forceall", "--cores", "1")
    return planned(output)["total"]


def nothing_to_do(trees: dict[str, Path]) -> None:
    """Calls of ``snakemake`` where all is there."""

    def call(folder: Path) -> Seconds:
        seconds, output = snakemake(folder, "--cores", "2")
        if "Nothing to be done" not in output:
            raise SystemExit(f"there is something to do in {folder}:\n{output[-4000:]}")
        return seconds

    for folder in trees.values():
        jobs = finish(folder)
    calls = {name: lambda folder=folder: call(folder) for name, folder in trees.items()}
    calls["snakemake --version"] = lambda: snakemake(HERE, "--version")[0]
    print(f"nothing to do, the paper's configuration, {jobs} jobs")
    for name, seconds in best(calls).items():
        print(f"  {name:22} {seconds}", flush=True)


def write_sweep(path: Path, seeds: int) -> None:
    """An overlay that leaves one figure, which sweeps everything."""
    paper = yaml.safe_load((HERE / "config.yaml").read_text())
    overlay = {kind: dict.fromkeys(paper[kind]) for kind in ("figures", "tables")}
    overlay["figures"]["fig1c"] = {"networks": NETWORKS, "label_noise": NOISES}
    path.write_text(yaml.safe_dump(overlay | {"seeds": list(range(seeds))}))


def sweeps(trees: dict[str, Path], scratch: Path) -> None:
    """Dry runs of ever more runs, and of a Snakefile that is plain."""
    plain, overlay = scratch / "plain", scratch / "sweep.yaml"
    plain.mkdir()
    jobs = {}

    def call(name: str, folder: Path, *arguments: str) -> Seconds:
        seconds, output = snakemake(folder, "--dry-run", *arguments)
        jobs[name] = planned(output)
        return seconds

    target = ("results/figures/fig1c.pdf", "--configfile", str(overlay))
    calls = {name: lambda n=name, f=folder: call(n, f, *target) for name, folder in trees.items()}
    calls["plain"] = lambda: call("plain", plain)
    print(f"dry run of a sweep: {len(NETWORKS)} networks, {len(NOISES)} levels of noise, many seeds")
    print(f"  {'runs':>6} {'jobs':>6}", *(f"{name:>16}" for name in calls), "  ms a run  to plain")
    for runs in RUNS:
        seeds = runs // (len(NETWORKS) * len(NOISES))
        write_sweep(overlay, seeds)
        (plain / "job.py").write_text("")
        (plain / "Snakefile").write_text(PLAIN.format(seeds=seeds, networks=NETWORKS, noises=NOISES))
        seconds = best(calls, ROUNDS if runs <= 2000 else 1)
        found, ours, theirs = jobs["ours"], seconds["ours"].processor, seconds["plain"].processor
        row = (*seconds.values(), f"{1000 * ours / runs:8.2f} {ours / theirs:9.2f}")
        print(f"  {found['train']:6,} {found['total']:6,}", *row, flush=True)


def script_of(project: Path, script: str) -> Path:
    """The file of a script; another checkout may not have it."""
    return project / "workflow" / "scripts" / f"{script}.py"


def start(project: Path, script: str) -> Seconds:
    """A process that imports what Snakemake puts above a script and the script itself, and ends like it."""
    tree = ast.parse(script_of(project, script).read_text())
    imports = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    files = {module: project / "src" / f"{module.replace('.', '/')}.py" for module in SCRIPTS[script]}
    imports += [f"import {module}" for module, file in files.items() if file.exists()]
    above = ["from snakemake.logging import logger", "from snakemake.iocontainers import Snakemake"]
    work = ["with logged('/dev/null'):", "    pass"]
    roots = os.pathsep.join(str(project / name) for name in ("src", "workflow"))
    return python("-c", "\n".join([*above, *imports, *work]), path=roots)[0]


def starts(projects: dict[str, Path]) -> None:
    """What a job costs before its script does anything."""
    print("start and end of a job's process")
    print(f"  {'script':22}", *(f"{name:>16}" for name in projects))
    for script in SCRIPTS:
        calls = {
            name: lambda p=project, s=script: start(p, s)
            for name, project in projects.items()
            if script_of(project, script).exists()
        }
        found = best(calls, 2 * ROUNDS)
        print(f"  {script:22}", *(f"{found.get(name, 'none')!s:>16}" for name in projects), flush=True)


def account(project: Path, cores: int) -> None:
    """Where the time of the demo's cores went."""
    logs = {path: path.read_text() for path in (project / ".snakemake" / "log").glob("*.log")}
    log = max(logs, key=lambda path: int((re.findall(r"of (\d+) steps \(100%\)", logs[path]) or ["0"])[-1]))
    begun = datetime.strptime(log.name, "%Y-%m-%dT%H%M%S.%f.snakemake.log").timestamp()
    hours, minutes, seconds = map(float, re.search(r"Elapsed time: (.+)", logs[log])[1].split(":"))
    available = cores * (3600 * hours + 60 * minutes + seconds)
    results = project / "results" / "demo"
    kinds: dict[str, list] = {}
    first = time.time()
    for path in (results / "benchmarks").rglob("*.tsv"):
        of = path.relative_to(results / "benchmarks").with_suffix("")
        with open(path) as file:
            whole = float(list(csv.DictReader(file, delimiter="\t"))[-1]["s"])
        first = min(first, path.stat().st_mtime - whole)
        work = float(re.search(r"done in (.+) s", (results / "logs" / f"{of}.log").read_text())[1])
        kinds.setdefault(of.parts[0], []).append((whole, work))
    times = [job for jobs in kinds.values() for job in jobs]
    whole, work = sum(job[0] for job in times), sum(job[1] for job in times)
    print(f"the demo in {available / cores:.0f} s on {cores} cores: {available:.0f} s of cores")
    for what, part in (
        ("scripts at work", work),
        ("their processes' start and end", whole - work),
        ("no job yet: configuration, plan", cores * (first - begun)),
        ("no job for a core later", available - whole - cores * (first - begun)),
    ):
        print(f"  {what:32} {part:7.1f} s {part / available:6.1%}")
    print(f"  {'overhead over the jobs':32} {available / whole - 1:18.1%}")
    for kind, jobs in sorted(kinds.items()):
        around = sum(whole - work for whole, work in jobs) / len(jobs)
        print(f"  {kind:14} {len(jobs):4} jobs, {around:5.2f} s of start and end each")


def main() -> None:
    """Print each comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--beside", type=Path, help="another checkout, measured in turn with this one")
    parser.add_argument("--demo", type=Path, help="only account for the demo that has run in this folder")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="that the demo had")
    arguments = parser.parse_args()
    if arguments.demo:
        account(arguments.demo, arguments.cores)
        return
    projects = {"ours": HERE} | ({"beside": arguments.beside} if arguments.beside else {})
    with tempfile.TemporaryDirectory() as scratch:
        trees = {name: copy(project, Path(scratch, name)) for name, project in projects.items()}
        starts(projects)
        sweeps(trees, Path(scratch))
        nothing_to_do(trees)


if __name__ == "__main__":
    main()
