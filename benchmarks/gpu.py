"""Training on a GPU: steps as CUDA graphs beside compiled ones, runs side by side, the paper's CIFAR-10 half.

    .venv/bin/python benchmarks/gpu.py            # steps of Inception, and several runs on one device
    .venv/bin/python benchmarks/gpu.py --half     # figure 1 and table 1, one seed, start-ups included

*Steps* are of Inception at batch 128 in the precision that "auto" chooses: eager, as a CUDA graph (which runs
use), as one without trying cuDNN's algorithms before, and compiled, each with what it takes before its first
step, and what a run of 80 epochs would take. Beside each stands the share that it reaches of a limit: what a
step moves and multiplies, at the rates at which this device copies memory and multiplies large matrices.
*Runs* are processes on one device that train at the same time, as with ``execution.runs_per_gpu``.
*Half* is the workflow on made-up images of CIFAR-10's size, so that nothing is downloaded. Without a GPU this
says so and measures nothing. A part that fails is reported, and the others are measured.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.multiprocessing as processes
import yaml
from throughput import BATCH, NETWORKS, step_of

from rethinking.graphs import EAGER_CALLS, Graphed
from rethinking.precision import choose
from rethinking.recipe import Recipe, Split
from rethinking.training import train

PROJECT = Path(__file__).resolve().parent.parent
STEPS_A_RUN = 80 * 391
TIMED = 200  # steps
EPOCHS, IMAGES = 4, 50_000  # of each of the runs side by side
TARGETS = ("fig1a", "fig1b", "fig1c", "table1")
FORMS = ("eager", "graph", "graph, untried", "compiled")
# What a step of Inception on 128 images takes in bfloat16: bytes that its operators read and write, one after
# the other and without a cache, and operations of its convolutions and products.
TRAFFIC, OPERATIONS = 2.4e9, 157e9
SPAWN = processes.get_context("spawn")
failed: list[str] = []


def measured(part: str, work: Callable[..., None], *arguments) -> None:
    """Measure a part; note that it failed and go on, so that one mistake does not cost the other figures."""
    try:
        work(*arguments)
    except Exception as error:
        print(f"{part} failed: {type(error).__name__}: {error}", flush=True)
        failed.append(part)


def together(work: Callable[..., None], arguments: list[tuple]) -> None:
    """Call ``work`` with each of ``arguments`` in processes of their own, which an error of CUDA's ends."""
    started = [SPAWN.Process(target=work, args=each) for each in arguments]
    for process in started:
        process.start()
    for process in started:
        process.join()
    statuses = [process.exitcode for process in started]
    if any(statuses):
        raise RuntimeError(f"processes ended with {statuses}, expected 0")


def rate(amount: float, work: Callable[[], object], repeats: int = 20) -> float:
    """``amount`` a second, where ``work`` does that much."""
    work()
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(repeats):
        work()
    torch.cuda.synchronize()
    return repeats * amount / (time.perf_counter() - started)


def limit(device: torch.device, dtype: torch.dtype) -> float:
    """Print and return the seconds of a step in which memory or multipliers are busy all the time.

    What the cache of the device holds is moved faster, so that memory is no strict limit.
    """
    source = torch.empty(2**28, device=device)
    target = torch.empty_like(source)
    bandwidth = rate(2 * source.nbytes, lambda: target.copy_(source))
    matrix = torch.randn(8192, 8192, device=device, dtype=dtype)
    product = torch.empty_like(matrix)
    speed = rate(2 * 8192**3, lambda: torch.mm(matrix, matrix, out=product))
    seconds = max(TRAFFIC / bandwidth, OPERATIONS / speed)
    print(
        f"limit {BATCH / seconds:,.0f} images/s: "
        f"{TRAFFIC / 1e9} GB at {bandwidth / 1e12:.2f} TB/s are {1000 * TRAFFIC / bandwidth:.2f} ms, "
        f"{OPERATIONS / 1e9:.0f} GFLOP at {speed / 1e12:.0f} TFLOP/s are {1000 * OPERATIONS / speed:.2f} ms"
    )
    return seconds


def one_step(form: str) -> None:
    """A step of Inception in one form: what it takes once it is there, and what it takes until then."""
    device = torch.device("cuda", 0)
    dtype, why = choose("auto", device)
    print(f"{form}: {torch.cuda.get_device_name(device)}, {str(dtype).removeprefix('torch.')}, {why}")
    least = limit(device, dtype)
    network = NETWORKS["inception"]().to(device)
    if form == "compiled":
        network.compile()
    step = step_of(network, device, dtype, torch.channels_last)
    if form == "graph, untried":
        torch.backends.cudnn.benchmark_limit = 1  # algorithms, the first being cuDNN's guess
    if form.startswith("graph"):
        step = Graphed(step)
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(EAGER_CALLS + 1):
        step()
    torch.cuda.synchronize()
    start_up = time.perf_counter() - started
    each = 1 / rate(TIMED, lambda: [step() for _ in range(TIMED)], repeats=1)
    print(
        f"{form}: {BATCH / each:,.0f} images/s, {least / each:.0%} of the limit, {start_up:.1f} s before, "
        f"{start_up + each * STEPS_A_RUN:.1f} s for 80 epochs",
        flush=True,
    )


def one_run(number: int, images: np.ndarray, barrier, times) -> None:
    """A process that trains when all are ready and says when it began and ended."""
    device = torch.device("cuda", 0)
    split = Split(torch.from_numpy(images), torch.arange(len(images)) % 10)
    few = Split(split.images[:BATCH], split.labels[:BATCH])
    dtype, _ = choose("auto", device)
    recipe = Recipe(epochs=EPOCHS, learning_rate=0.01, crop=28, batch_size=BATCH)
    try:
        train(NETWORKS["inception"]().to(device), few, few, recipe, seed=number, dtype=dtype)
    except Exception:
        barrier.abort()  # or the others would wait for ever
        raise
    barrier.wait()
    started = time.time()
    train(NETWORKS["inception"]().to(device), split, few, recipe, seed=number, dtype=dtype)
    torch.cuda.synchronize()
    times.put((started, time.time()))


def side_by_side(count: int) -> None:
    """Images a second of ``count`` runs in total, each run's evaluation of its images included."""
    images = np.random.default_rng(0).integers(0, 256, (IMAGES, 3, 32, 32), dtype=np.uint8)
    barrier, times = SPAWN.Barrier(count), SPAWN.Queue()
    together(one_run, [(number, images, barrier, times) for number in range(count)])
    spans = [times.get() for _ in range(count)]
    seconds = max(end for _, end in spans) - min(start for start, _ in spans)
    print(f"{count} runs at a time: {count * EPOCHS * IMAGES / seconds:,.0f} images/s in total", flush=True)


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
        for form in FORMS:
            measured(form, together, one_step, [(form,)])
        for count in sorted({1, 2, given.runs}):
            measured(f"{count} runs at a time", side_by_side, count)
    if failed:
        sys.exit(f"failed: {'; '.join(failed)}")
