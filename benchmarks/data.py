"""Reading, loading and corrupting a data set of CIFAR-10's size, beside torchvision's way of doing it.

    .venv/bin/python benchmarks/data.py [--folder data/cifar10-jpeg]

The folder has train/<class>/* and test/<class>/*; without one, 60,000 JPEG files of CIFAR-10's size are made
up in a temporary folder. Torchvision's way is what most reproductions do: an ``ImageFolder`` behind a
``DataLoader`` with as many workers as there are cores, image by image in every epoch, corrupted when it is
read. Both sides read the same files, one after the other in one process. The ratio is what to look at;
peak memory is that of a fresh process which does nothing else.
"""

import argparse
import importlib
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parents[1]
sys.path.insert(0, str(HERE / "workflow"))

from pipeline.storage.artefacts import load, save_arrays  # noqa: E402
from rethinking.corruptions.shuffled_pixels import pixel_permutation  # noqa: E402
from rethinking.datasets import image_folder  # noqa: E402
from rethinking.seeds import numpy_generator  # noqa: E402

SIDE = 32


def make_up(folder: Path) -> None:
    """60,000 JPEG files of ten classes, smooth as photographs are."""
    generator = np.random.default_rng(0)
    for part, count in (("train", 5000), ("test", 1000)):
        for label in range(10):
            (folder / part / str(label)).mkdir(parents=True)
            for index in range(count):
                coarse = Image.fromarray(generator.integers(0, 256, (8, 8, 3), dtype=np.uint8))
                smooth = coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
                smooth.save(folder / part / str(label) / f"{index:04}.jpg", quality=75)


def through_torchvision(folder: Path, workers: int, corrupt=None) -> int:
    """One epoch of training images, and one of test images, the usual way; how many there were."""
    from torch.utils.data import DataLoader
    from torchvision.datasets import ImageFolder
    from torchvision.transforms.v2 import Compose, Lambda, PILToTensor

    transform = Compose([PILToTensor(), Lambda(corrupt)]) if corrupt else PILToTensor()
    count = 0
    for part in ("train", "test"):
        dataset = ImageFolder(str(folder / part), transform)
        context = "fork" if workers else None
        for images, _ in DataLoader(
            dataset, batch_size=128, num_workers=workers, multiprocessing_context=context
        ):
            count += len(images)
    return count


def timed(work) -> float:
    """Seconds that ``work()`` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def prepared(folder: Path) -> dict:
    """What a job knows of a prepared data set that it makes, as a result of its own in ``folder``."""
    entry = {"folder": str(folder), "file": "manifest.json", "stamp": "0" * 16, "seed": None}
    made_by = {"spec": {"benchmark": "data"}, "code": {"digest": "none", "files": {}}}
    return {**entry, **made_by, "receipt": str(folder / "receipt.json")}


def corrupt(name: str, folder: Path) -> None:
    """One corruption of all training images, as its job draws it."""
    images = {"train": load(prepared(folder))["train"]}
    corruption = importlib.import_module(f"rethinking.corruptions.{name}")
    for _ in corruption.corrupt(images, numpy_generator(0, name)):
        pass


def peak_memory() -> int:
    """The most memory in bytes that this process has held, mapped files included."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, ru_maxrss of a new process starts with that of its parent
        found = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(found.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def corrupt_apart(name: str, folder: Path, answer) -> None:
    """Load, corrupt and report (seconds, peak bytes), in a process of its own."""
    seconds = timed(lambda: corrupt(name, folder))
    answer.put((seconds, peak_memory()))


def line(what: str, ours: float, theirs: float, images: int) -> None:
    """One comparison."""
    print(f"{what:34} {ours:8.2f} s {images / ours:12,.0f} {theirs:9.2f} s {theirs / ours:7.1f}", flush=True)


def measure(folder: Path, scratch: Path) -> None:
    """Print all comparisons."""
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    warm = image_folder.read(folder, SIDE, workers=cores)
    images = len(warm.train_images) + len(warm.test_images)
    print(f"{images:,} images, {cores} cores")
    print(f"{'':34} {'ours':>10} {'images/s':>12} {'torchvision':>11} {'ratio':>7}")
    ours = timed(lambda: image_folder.read(folder, SIDE, workers=cores))
    theirs = timed(lambda: through_torchvision(folder, cores))
    line("decode every file once", ours, theirs, images)

    job = prepared(scratch / "prepared")
    save_arrays(job, warm.image_arrays().items())

    def tensors() -> None:
        for array in load(job).values():
            torch.from_numpy(np.array(array))

    mapped = timed(lambda: load(job))
    line("a prepared set, as tensors", timed(tensors), theirs, images)
    print(f"{'  of that: verified and mapped':34} {mapped:8.2f} s")

    permutation = torch.from_numpy(pixel_permutation((SIDE, SIDE, 1), numpy_generator(0, "shuffled_pixels")))
    by_item = {
        "shuffled_pixels": lambda image: image.flatten(1)[:, permutation].view_as(image),
        "random_pixels": lambda image: image.flatten(1)[:, torch.randperm(SIDE * SIDE)].view_as(image),
        "gaussian": lambda image: torch.randn(image.shape),
    }
    context = multiprocessing.get_context("spawn")
    size = warm.train_images.nbytes
    for name, item in by_item.items():
        answer = context.Queue()
        process = context.Process(target=corrupt_apart, args=(name, Path(job["folder"]), answer))
        process.start()
        seconds, peak = answer.get()
        process.join()
        theirs = timed(lambda item=item: through_torchvision(folder, cores, item))
        line(f"{name}, training images", seconds, theirs, len(warm.train_images))
        print(f"{'  peak memory':34} {peak / 2**20:8.0f} MiB, {peak / size:.1f} times the array")


def main() -> None:
    """Measure on a folder, or on files made up."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--folder", type=Path, help="images of 32×32 pixels in train/<class> and test/<class>"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder
        if folder is None:
            folder = Path(scratch, "images")
            make_up(folder)
        measure(folder, Path(scratch))


if __name__ == "__main__":
    main()
