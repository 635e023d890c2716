"""Training on a GPU: steps as CUDA graphs beside compiled ones, runs side by side, the paper's CIFAR-10 half.

    .venv/bin/python benchmarks/gpu.py            # steps of Inception, and several runs on one device
    .venv/bin/python benchmarks/gpu.py --half     # figure 1 and table 1, one seed, start-ups included

*Steps* are of Inception at batch 128 in the precision that "auto" chooses: eager, as a CUDA graph (which runs
use) and compiled, each with what it takes before its first step, and what a run of 80 epochs would take.
*Runs* are processes on one device that train at the same time, as with ``execution.runs_per_gpu``.
*Half* is the workflow on made-up images of CIFAR-10's size, so that nothing is downloaded. Without a GPU this
says so and measures nothing.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.multiprocessing as processes
import yaml
from throughput import BATCH, NETWORKS, step_of

from rethinking.graphs import EAGER_CALLS, Graphed
from rethinking.precision import choose
from rethinking.training import Recipe, Split, train

PROJECT = Path(__file__).resolve().parent.parent
STEPS_A_RUN = 80 * 391
TIMED = 200  # steps
EPOCHS, IMAGES = 4, 50_000  # of each of the runs side by side
TARGETS = ("fig1a", "fig1b", "fig1c", "table1")


def report_step(name: str, step, first_calls: int) -> None:
    """Print what a step takes once it is there, and what it takes until then."""
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(first_calls):
        step()
    torch.cuda.synchronize()
    start_up = time.perf_counter() - started
    started = time.perf_counter()
    for _ in range(TIMED):
        step()
    torch.cuda.synchronize()
    each = (time.perf_counter() - started) / TIMED
    whole = start_up + each * STEPS_A_RUN
    print(f"{name:10} {BATCH / each:10,.0f} images/s, {start_up:6.1f} s before, {whole:6.1f} s for 80 epochs")


def steps(device: torch.device) -> None:
    """Eager, graphed and compiled steps of Inception, one after the other."""
    dtype, why = choose("auto", device)
    print(f"{torch.cuda.get_device_name(device)}, {str(dtype).removeprefix('torch.')}: {why}")
    for name in ("eager", "graph", "compiled"):
        network = NETWORKS["inception"]().to(device)
        if name == "compiled":
            network.compile()
        step = step_of(network, device, dtype, torch.channels_last)
        report_step(name, Graphed(step) if name == "graph" else step, EAGER_CALLS + 1)


def one_run(number: int, images: np.ndarray, barrier, times) -> None:
    """A process that trains when all are ready and says when it began and ended."""
    device = torch.device("cuda", 0)
    split = Split(torch.from_numpy(images), torch.arange(len(images)) % 10)
    few = Split(split.images[:BATCH], split.labels[:BATCH])
    dtype, _ = choose("auto", device)
    recipe = Recipe(epochs=EPOCHS, learning_rate=0.01, crop=28, batch_size=BATCH)
    train(NETWORKS["inception"]().to(device), few, few, recipe, seed=number, dtype=dtype)
    barrier.wait()
    started = time.time()
    train(NETWORKS["inception"]().to(device), split, few, recipe, seed=number, dtype=dtype)
    torch.cuda.synchronize()
    times.put((started, time.time()))


def side_by_side(counts: list[int]) -> None:
    """Images a second of one run and in total of several, each run's evaluation of its images included."""
    images = np.random.default_rng(0).integers(0, 256, (IMAGES, 3, 32, 32), dtype=np.uint8)
    context = processes.get_context("spawn")
    for count in counts:
        barrier, times = context.Barrier(count), context.Queue()
        runs = [context.Process(target=one_run, args=(n, images, barrier, times)) for n in range(count)]
        for run in runs:
            run.start()
        spans = [times.get() for _ in runs]
        for run in runs:
            run.join()
        seconds = max(end for _, end in spans) - min(start for start, _ in spans)
        print(
            f"{count} runs at a time: {count * EPOCHS * IMAGES / seconds:,.0f} images/s in total", flush=True
        )


def half(runs_at_a_time: int, dry: bool) -> None:
    """Time figure 1 and table 1 with one seed, from an empty results folder."""
    with tempfile.TemporaryDirectory() as folder:
        generator = np.random.default_rng(0)
        arrays = {}
        for part, count in (("train", IMAGES), ("test", 10_000)):
            arrays[f"x_{part}"] = generator.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
            arrays[f"y_{part}"] = np.arange(count) % 10
        np.savez(f"{folder}/made_up.npz", **arrays)
        overlay = {
            "results": f"{folder}/results",
            "seeds": [0],
            "dataset": "made_up",
            "datasets": {"made_up": {"source": "npz", "file": f"{folder}/made_up.npz", "crop": 28}},
            "execution": {"runs_per_gpu": runs_at_a_time},
        }
        Path(folder, "half.yaml").write_text(yaml.safe_dump(overlay))
        command = ["snakemake", *TARGETS, "--cores", str(os.cpu_count())]
        command += ["--resources", f"gpu={runs_at_a_time}", "--configfile", f"{folder}/half.yaml"]
        command += ["--dry-run", "--quiet"] if dry else ["--quiet"]
        started = time.perf_counter()
        subprocess.run(command, cwd=PROJECT, check=True)
        minutes = (time.perf_counter() - started) / 60
        print(f"{', '.join(TARGETS)}, one seed, {runs_at_a_time} runs at a time: {minutes:.1f} minutes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--half", action="store_true", help="the CIFAR-10 half of the paper, one seed")
    parser.add_argument("--runs", type=int, default=4, help="runs on the device at a time")
    parser.add_argument("--dry-run", action="store_true", help="with --half, only plan it; needs no GPU")
    given = parser.parse_args()
    if not torch.cuda.is_available() and not given.dry_run:
        sys.exit("PyTorch sees no CUDA device here: nothing is measured")
    if given.half or given.dry_run:
        half(given.runs, given.dry_run)
    else:
        steps(torch.device("cuda", 0))
        side_by_side(sorted({1, 2, given.runs}))
