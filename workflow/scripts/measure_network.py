"""Measure a trained network on the data of its run, and write the rows that the measurement gives."""

import importlib
import math

import torch

from pipeline.execution.devices import on_device
from pipeline.execution.job import logged, provenance
from pipeline.storage import artefacts
from pipeline.storage.jobs import unfinished
from pipeline.storage.weights import trained_network
from pipeline.storage.writing import ArtefactError
from rethinking.precision import ieee_float32
from rethinking.recipe import Split
from rethinking.seeds import torch_seed


def checked(rows, measurement: str) -> list[dict]:
    """Rows as JSON can hold them; numbers that are not finite become null.

    Raises ``ArtefactError`` for anything but a list of mappings from names to numbers and texts.
    """
    values = str | int | float | bool | None
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and all(isinstance(key, str) and isinstance(row[key], values) for key in row)
        for row in rows
    ):
        raise ArtefactError(
            f"the measurement {measurement} gave {str(rows)[:200]}; expected a list of mappings from "
            "names to plain numbers and texts"
        )
    return [
        {key: None if isinstance(v, float) and not math.isfinite(v) else v for key, v in row.items()}
        for row in rows
    ]


@ieee_float32()
def make(job: dict, device: torch.device) -> None:
    """Measure one trained network."""
    spec, inputs = job["spec"], job["inputs"]
    images, labels = artefacts.load(inputs["images"]), artefacts.load(inputs["labels"])
    run, kept = artefacts.read_result(inputs["run"]), artefacts.read_result(inputs["weights"])
    crop = run["spec"]["recipe"]["crop"]
    train, test = (
        Split(*(part.to(device) for part in Split.from_stored(images[name], labels[name]).as_seen(crop)))
        for name in ("train", "test")
    )
    network = trained_network(inputs["run"], inputs["weights"]).to(device)
    torch.manual_seed(torch_seed(job["seed"], spec["measurement"]))
    rows = importlib.import_module(spec["module"]).measure(network, train, test, **spec["options"])
    if not kept["same_as_run"]:
        tell(f"{inputs['run']['folder']}: measured on weights that are not exactly those of the finished run")
    content = {"rows": checked(rows, spec["measurement"]), "same_as_run": kept["same_as_run"]}
    artefacts.write_result(job, {**content, "threads": torch.get_num_threads(), **provenance()})
    print(f"{spec['measurement']}: {len(rows)} rows")


with logged(snakemake.log[0]) as tell:
    for job, device in on_device(unfinished(snakemake.params.jobs, tell), snakemake, tell):
        make(job, device)
