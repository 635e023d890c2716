"""Train one network on one data set, with one seed or with several; write all that comes out of it."""

import csv
import importlib
import io
import math
from functools import partial
from pathlib import Path

import numpy as np
import torch

from pipeline.execution.checkpoints import RunCheckpoint
from pipeline.execution.devices import computed_on, on_device
from pipeline.execution.job import EpochLog, logged, peak_memory, provenance
from pipeline.storage import artefacts
from pipeline.storage.jobs import unfinished
from pipeline.storage.weights import write_weights
from pipeline.storage.writing import ArtefactError, written_whole
from rethinking.networks.initialisation import count_parameters
from rethinking.networks.start import network_at_start
from rethinking.networks.weights import weights_sha256
from rethinking.precision import choose
from rethinking.probing import Probe, draw_examples
from rethinking.recipe import Recipe, Split
from rethinking.training import Epoch, train


def probe_of(along: dict, count: int) -> Probe:
    """The probe whose trace is made along with a run, on ``count`` training examples."""
    spec = along["spec"]
    return Probe(
        spec["name"],
        partial(importlib.import_module(spec["module"]).probe, **spec["options"]),
        draw_examples(count, spec["examples"], along["seed"]),
        None if spec["epochs"] is None else set(spec["epochs"]),
        set(spec["steps"]),
    )


def history_text(history: list[Epoch]) -> str:
    """A history as it stands in history.csv."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([Epoch._fields, *history])
    return text.getvalue()


def is_same(job: dict, weights: str, history: str) -> bool:
    """Whether training again has led to the weights (their hash) and the history of a finished run."""
    finished = artefacts.read_result(job)
    kept = artefacts.read_file(job, finished, "history.csv")
    same = finished["weights_sha256"] == weights and kept == history.encode()
    if not same:
        tell(
            f"{job['folder']}: training again has not led to exactly the same weights. Another device, "
            "precision, number of threads or version may be why. The finished run is left as it is, and what "
            "was made along with it now says so"
        )
    return same


def make(job: dict, device: torch.device) -> None:
    """Train, from the last checkpoint if there is one; write history and result, weights and traces.

    A run that has finished is trained again for weights and traces that are missing, and left as it is.
    """
    spec = job["spec"]
    finished = artefacts.is_finished(job)
    # Weights and traces of a run that is trained anew are those of another training.
    missing = [along for along in job["along"] if not finished or not artefacts.is_finished(along)]
    traces = [along for along in missing if along["spec"]["along"] == "trace"]
    if finished:
        tell(f"{job['folder']}: training again for {' and '.join(along['folder'] for along in missing)}")
    dtype, why = choose(execution["precision"], device)
    precision = str(dtype).removeprefix("torch.")
    images, labels = artefacts.load(job["inputs"]["images"]), artefacts.load(job["inputs"]["labels"])
    classes = len(labels["classes"])

    recipe = Recipe(**spec["recipe"])
    shape = (images["train"].shape[3], recipe.crop, recipe.crop)
    try:
        network = network_at_start(spec, shape, classes, job["seed"])
    except TypeError as error:
        raise ArtefactError(f"networks.{spec['network']}.factory: {error}") from error
    parameters = count_parameters(network)
    print(f"{spec['network']}: {parameters} parameters, {device}, {torch.get_num_threads()} threads")
    print(f"precision {precision}: {why}")

    folder = Path(job["folder"])
    key = " ".join([job["stamp"], f"seed {job['seed']}", precision, *(along["stamp"] for along in missing)])
    checkpoint = RunCheckpoint(folder / "checkpoint.pt", key, 60 * execution["checkpoint_minutes"], tell)
    count = len(labels["train"])
    probes = [probe_of(along, count) for along in traces]
    if recipe.batch_size > count:
        tell(
            f"a batch of {recipe.batch_size} is more than the {count} training images: a step is all of them"
        )
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    events = folder / "tensorboard" if execution["tensorboard"] and not finished else None
    try:
        with checkpoint.heeding_signals(), EpochLog(tell, recipe.epochs, count, events) as log:
            training = train(
                network.to(device),
                Split.from_stored(images["train"], labels["train"]),
                Split.from_stored(images["test"], labels["test"]),
                recipe,
                job["seed"],
                report=log,
                dtype=dtype,
                checkpoint=checkpoint,
                probes=probes,
                corrupted_test_labels=torch.from_numpy(np.array(labels["corrupted_test"]))
                if "corrupted_test" in labels
                else None,
            )
    except ValueError as error:  # data, network and recipe that do not go together
        raise ArtefactError(f"{job['folder']}: {error}") from error
    except torch.OutOfMemoryError as error:
        raise ArtefactError(
            f"{device} is out of memory ({str(error).splitlines()[0]}). Lower execution.runs_per_gpu (now "
            f"{execution['runs_per_gpu']}), or halve the batch_size of {spec['network']} (now "
            f"{recipe.batch_size})"
        ) from error
    print(training.verdict)

    history, weights = training.history, weights_sha256(network)
    how = computed_on(device, dtype)
    # Weights and traces first: whoever sees the run finished finds all that was to be made along with it.
    same = not finished or is_same(job, weights, history_text(history))
    for along in missing:
        content = {"same_as_run": same, "weights_sha256": weights, **how, **provenance()}
        if along in traces:
            examples = draw_examples(count, along["spec"]["examples"], along["seed"])
            arrays = {**training.traces[along["spec"]["name"]], "examples": examples}
            artefacts.save_arrays(along, arrays.items(), content)
        else:
            write_weights(along, network, {"image_shape": shape, "classes": classes, **content})
    if finished:
        artefacts.write_receipt(job)
        checkpoint.remove()
        return
    with written_whole(folder / "history.csv") as temporary:
        temporary.write_text(history_text(history))
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
            "weights_sha256": weights,
            **how,
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
    for job, device in on_device(unfinished(snakemake.params.jobs, tell), snakemake, tell):
        make(job, device)
