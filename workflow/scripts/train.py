"""Train one network on one data set, with one seed or with several; write each run's history and result."""

import csv
import hashlib
import math
from pathlib import Path

import numpy as np
import torch

from pipeline.execution.checkpoints import RunCheckpoint
from pipeline.execution.devices import device_for
from pipeline.execution.job import EpochLog, logged, peak_memory, provenance
from pipeline.storage import artefacts
from pipeline.storage.jobs import unfinished
from rethinking.networks.initialisation import count_parameters
from rethinking.networks.start import network_at_start
from rethinking.precision import FLOAT32_PRODUCTS, choose
from rethinking.training import Epoch, Recipe, Split, train


def split(images: np.ndarray, labels: np.ndarray) -> Split:
    """Stored N×H×W×C arrays as the N×C×H×W tensors that training takes."""
    return Split(torch.from_numpy(np.array(images)).permute(0, 3, 1, 2), torch.from_numpy(np.array(labels)))


def weights_sha256(network: torch.nn.Module) -> str:
    """A hash of all parameters and running averages, in their order."""
    digest = hashlib.sha256()
    for tensor in network.state_dict().values():
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def make(job: dict) -> None:
    """Train, from the last checkpoint if there is one, and write history and result."""
    spec = job["spec"]
    dtype, why = choose(execution["precision"], device)
    precision = str(dtype).removeprefix("torch.")
    images, labels = artefacts.load(job["inputs"]["images"]), artefacts.load(job["inputs"]["labels"])
    classes = len(labels["classes"])

    recipe = Recipe(**spec["recipe"])
    shape = (images["train"].shape[3], recipe.crop, recipe.crop)
    try:
        network = network_at_start(spec, shape, classes, job["seed"])
    except TypeError as error:
        raise artefacts.ArtefactError(f"networks.{spec['network']}.factory: {error}") from error
    parameters = count_parameters(network)
    print(f"{spec['network']}: {parameters} parameters, {device}, {torch.get_num_threads()} threads")
    print(f"precision {precision}: {why}")

    folder = Path(job["folder"])
    key = f"{job['stamp']} seed {job['seed']} {precision}"
    checkpoint = RunCheckpoint(folder / "checkpoint.pt", key, 60 * execution["checkpoint_minutes"], tell)
    count = len(labels["train"])
    if recipe.batch_size > count:
        tell(
            f"a batch of {recipe.batch_size} is more than the {count} training images: a step is all of them"
        )
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    events = folder / "tensorboard" if execution["tensorboard"] else None
    try:
        with checkpoint.heeding_signals(), EpochLog(tell, recipe.epochs, count, events) as log:
            training = train(
                network.to(device),
                split(images["train"], labels["train"]),
                split(images["test"], labels["test"]),
                recipe,
                job["seed"],
                report=log,
                dtype=dtype,
                checkpoint=checkpoint,
            )
    except torch.OutOfMemoryError as error:
        raise artefacts.ArtefactError(
            f"{device} is out of memory ({str(error).splitlines()[0]}). Lower execution.runs_per_gpu (now "
            f"{execution['runs_per_gpu']}), or halve the batch_size of {spec['network']} (now "
            f"{recipe.batch_size})"
        ) from error
    print(training.verdict)

    history = training.history
    with artefacts.written_whole(folder / "history.csv") as temporary:
        with open(temporary, "w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([Epoch._fields, *history])
    # JSON has no NaN: a diverged run's loss is null.
    final = history[-1]._asdict()
    final = {name: value if math.isfinite(value) else None for name, value in final.items()}
    artefacts.write_result(
        job,
        {
            "verdict": training.verdict,
            "parameters": parameters,
            "classes": classes,
            "final": final,
            "first_epoch_with_train_accuracy": {
                str(level): next((row.epoch for row in history if row.train_accuracy >= level), None)
                for level in (0.9, 0.95, 0.99, 0.999, 1.0)
            },
            "weights_sha256": weights_sha256(network),
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
            "precision": precision,
            "float32_products": FLOAT32_PRODUCTS,
            "threads": torch.get_num_threads(),
            "measured": {
                "seconds": round(log.seconds, 3),
                "epochs": log.epochs,  # fewer than the history has where the run went on from a checkpoint
                "images_per_second": round(log.images_per_second),
                "peak_memory_bytes": peak_memory(device),
            },
            **provenance(),
        },
        ["history.csv"],
    )
    checkpoint.remove()


with logged(snakemake.log[0]) as tell:
    execution = snakemake.config["execution"]
    device = None
    for job in unfinished(snakemake.params.jobs, tell):
        if device is None:
            torch.set_num_threads(snakemake.threads)
            device = device_for(snakemake.resources.get("gpu", 0), execution["runs_per_gpu"], tell)
        make(job)
