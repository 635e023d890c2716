"""Train one network on one data set; write its history and its result."""

import csv
import importlib
import math
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from pipeline import artefacts
from pipeline.devices import lease, visible_devices
from pipeline.job import logged, provenance
from pipeline.stamps import stamp
from rethinking.networks.initialisation import count_parameters, initialise
from rethinking.seeds import torch_seed
from rethinking.training import Epoch, Recipe, Split, train


def split(images: np.ndarray, labels: np.ndarray) -> Split:
    """Stored N×H×W×C arrays as the N×C×H×W tensors that training takes."""
    return Split(torch.from_numpy(np.array(images)).permute(0, 3, 1, 2), torch.from_numpy(np.array(labels)))


started = time.perf_counter()


def line(epoch: Epoch) -> None:
    """One line of the log."""
    print(
        f"epoch {epoch.epoch:3d}  learning rate {epoch.learning_rate:.5f}  "
        f"train loss {epoch.train_loss:.4f}  train {epoch.train_accuracy:.4f}  "
        f"test {epoch.test_accuracy:.4f}  {time.perf_counter() - started:.1f} s"
    )


with logged(snakemake.log[0]) as tell:
    job = snakemake.params.job
    spec = job["spec"]
    history_path, result_path = snakemake.output.history, snakemake.output.result
    data = {name: artefacts.sha256_of_file(path) for name, path in snakemake.input.items()}
    made = artefacts.is_made(result_path, history_path, stamp(**job), data=data)
    if made and "RETHINKING_FORCE" not in os.environ:
        # Asked for again though nothing that makes it has changed: after a job that failed, or where
        # its data were made again and came out the same.
        for path in (history_path, result_path):
            os.utime(path)
        tell(f"{result_path} is there and was made by these settings, this code and these data: kept")
        sys.exit(0)
    torch.set_num_threads(snakemake.threads)
    device = torch.device("cpu")
    gpus_wanted = snakemake.resources.get("gpu", 0)
    if gpus_wanted and not torch.cuda.is_available():
        tell("a GPU was asked for and PyTorch sees none: training on the CPU (--resources gpu=0 says so)")
    elif gpus_wanted:
        devices = visible_devices(torch.cuda.device_count())
        held = lease(devices, Path(tempfile.gettempdir()) / f"rethinking-gpu-{os.getuid()}")
        device = torch.device("cuda", held.index)
        torch.cuda.set_device(device)
    images = artefacts.load(snakemake.input.images, spec["images_stamp"])
    labels = artefacts.load(snakemake.input.labels, spec["labels_stamp"])
    classes = len(labels["classes"])

    module, function = spec["factory"].split(":")
    factory = getattr(importlib.import_module(module), function)
    recipe = Recipe(**spec["recipe"])
    shape = (images["train"].shape[3], recipe.crop, recipe.crop)
    network = factory(image_shape=shape, classes=classes, width=spec["width"], **spec["arguments"])
    generator = torch.Generator().manual_seed(torch_seed(spec["seed"], "initialisation"))
    initialise(network, spec["initialisation"], generator)
    parameters = count_parameters(network)
    print(f"{spec['network']}: {parameters} parameters, {device}, {torch.get_num_threads()} threads")

    began = time.perf_counter()
    training = train(
        network.to(device),
        split(images["train"], labels["train"]),
        split(images["test"], labels["test"]),
        recipe,
        spec["seed"],
        report=line,
    )
    seconds = time.perf_counter() - began
    print(training.verdict)

    history = training.history
    with artefacts.written_whole(history_path) as temporary:
        with open(temporary, "w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([Epoch._fields, *history])
        digest = artefacts.sha256_of_file(temporary)
    # JSON has no NaN: a diverged run's loss is null.
    final = history[-1]._asdict()
    final = {name: value if math.isfinite(value) else None for name, value in final.items()}
    artefacts.write_result(
        result_path,
        {
            "verdict": training.verdict,
            "parameters": parameters,
            "classes": classes,
            "final": final,
            # Of a user's own data the specification says where they were read, the hashes what they were.
            "data": data,
            "attached_sha256": digest,
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
            "threads": torch.get_num_threads(),
            "seconds": round(seconds, 3),
            "images_per_second": round(len(labels["train"]) * len(history) / seconds),
            **provenance(),
        },
        **job,
    )
