"""Train one network on one data set, with one seed or with several; write each run's history and result."""

import csv
import hashlib
import importlib
import math
import os
from pathlib import Path

import numpy as np
import torch

from pipeline import artefacts
from pipeline.checkpoints import RunCheckpoint
from pipeline.devices import device_for
from pipeline.job import EpochLog, logged, peak_memory, provenance
from pipeline.stamps import stamp
from rethinking.networks.initialisation import count_parameters, initialise
from rethinking.precision import FLOAT32_PRODUCTS, choose
from rethinking.seeds import torch_seed
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


def made_network(spec: dict, image_shape: tuple[int, int, int], classes: int) -> torch.nn.Module:
    """The network that a specification names, at step 0."""
    module, function = spec["factory"].split(":")
    factory = getattr(importlib.import_module(module), function)
    # For parameters of its own, which a factory may draw and ``initialise`` does not know.
    torch.manual_seed(torch_seed(spec["seed"], "factory"))
    network = factory(image_shape=image_shape, classes=classes, width=spec["width"], **spec["arguments"])
    if not isinstance(network, torch.nn.Module):
        raise artefacts.ArtefactError(
            f"networks.{spec['network']}.factory: {spec['factory']} returned a {type(network).__name__}; "
            "expected a torch.nn.Module"
        )
    generator = torch.Generator().manual_seed(torch_seed(spec["seed"], "initialisation"))
    initialise(network, spec["initialisation"], generator)
    return network


def is_made(job: dict, data: dict, result_path: str, history_path: str) -> bool:
    """Whether a run is there that these settings, this code and these data made; forced, none is."""
    for path in (result_path, history_path):
        artefacts.take_back(path)
    if "RETHINKING_FORCE" in os.environ or not artefacts.is_made(
        result_path, history_path, stamp(**job), data=data
    ):
        return False
    # Asked for again though nothing that makes it has changed: after a job that failed, or where its
    # data were made again and came out the same.
    for path in (history_path, result_path):
        os.utime(path)
    tell(f"{result_path} is there and was made by these settings, this code and these data: kept")
    return True


def make(job: dict, data: dict, inputs: dict, result_path: str, history_path: str) -> None:
    """Train, from the last checkpoint if there is one, and write the two files."""
    spec = job["spec"]
    dtype, why = choose(execution["precision"], device)
    precision = str(dtype).removeprefix("torch.")
    images = artefacts.load(inputs["images"], spec["images_stamp"])
    labels = artefacts.load(inputs["labels"], spec["labels_stamp"])
    classes = len(labels["classes"])

    recipe = Recipe(**spec["recipe"])
    network = made_network(spec, (images["train"].shape[3], recipe.crop, recipe.crop), classes)
    parameters = count_parameters(network)
    print(f"{spec['network']}: {parameters} parameters, {device}, {torch.get_num_threads()} threads")
    print(f"precision {precision}: {why}")

    key = f"{stamp(**job)} {precision} {data}"
    checkpoint_path = Path(result_path).with_name("checkpoint.pt")
    checkpoint = RunCheckpoint(checkpoint_path, key, 60 * execution["checkpoint_minutes"], tell)
    if "RETHINKING_FORCE" in os.environ:
        checkpoint.remove()
    count = len(labels["train"])
    if recipe.batch_size > count:
        tell(
            f"a batch of {recipe.batch_size} is more than the {count} training images: a step is all of them"
        )
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    events = Path(result_path).with_name("tensorboard") if execution["tensorboard"] else None
    try:
        with checkpoint.heeding_signals(), EpochLog(tell, recipe.epochs, count, events) as log:
            training = train(
                network.to(device),
                split(images["train"], labels["train"]),
                split(images["test"], labels["test"]),
                recipe,
                spec["seed"],
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
            "first_epoch_with_train_accuracy": {
                str(level): next((row.epoch for row in history if row.train_accuracy >= level), None)
                for level in (0.9, 0.95, 0.99, 0.999, 1.0)
            },
            # Of a user's own data the specification says where they were read, the hashes what they were.
            "data": data,
            "attached_sha256": digest,
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
        **job,
    )
    checkpoint.remove()


with logged(snakemake.log[0]) as tell:
    execution = snakemake.config["execution"]
    device, paths = None, list(zip(snakemake.output.results, snakemake.output.histories, strict=True))
    for number, (job, of) in enumerate(zip(snakemake.params.jobs, paths, strict=True)):
        inputs = {name: files[number] for name, files in snakemake.input.items()}
        data = {name: artefacts.sha256_of_file(path) for name, path in inputs.items()}
        if not is_made(job, data, *of):
            if device is None:
                torch.set_num_threads(snakemake.threads)
                device = device_for(snakemake.resources.get("gpu", 0), execution["runs_per_gpu"], tell)
            make(job, data, inputs, *of)
        for path in of:
            artefacts.set_aside(path)
