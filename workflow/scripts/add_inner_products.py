"""Inner products of features that are drawn at random, summed over blocks of features."""

import importlib

import torch

from pipeline.execution.devices import device_for
from pipeline.execution.job import logged
from pipeline.execution.memory import named_memory_errors
from pipeline.storage.artefacts import load, save_arrays
from pipeline.storage.jobs import unfinished
from pipeline.storage.writing import ArtefactError
from rethinking.kernels.accumulated import accumulate, products_bytes
from rethinking.kernels.memory import available_memory
from rethinking.seeds import numpy_generator


def place_for(products: int, blocks: dict[str, int]) -> torch.device:
    """Where inner products of so many bytes are summed, with a block of features by the type of device.

    Raises ``ArtefactError`` where neither the GPU that was asked for nor the memory has room for them.
    """
    device = device_for(snakemake.resources.get("gpu", 0), execution["runs_per_gpu"], tell)
    if device.type == "cuda" and products + blocks["cuda"] > 0.9 * torch.cuda.mem_get_info(device)[0]:
        size = products + blocks["cuda"]
        tell(f"{size / 1e9:.1f} GB do not fit into the GPU's free memory: computing on the CPU")
        device = torch.device("cpu")
    # Sums that a GPU has computed come here as a whole.
    block = blocks["cpu"] if device.type == "cpu" else 0
    if products + block > 0.95 * available_memory():
        raise ArtefactError(
            f"inner products of {len(train)} training and {len(test)} test images take "
            f"{products / 1e9:.1f} GB of memory, and a block of features {block / 1e9:.1f} GB more; "
            f"{available_memory() / 1e9:.1f} GB are free. Take fewer images, or a machine with more"
        )
    return device


with logged(snakemake.log[0]) as tell:
    execution = snakemake.config["execution"]
    torch.set_num_threads(snakemake.threads)
    for job in unfinished(snakemake.params.jobs, tell):
        spec, settings = job["spec"], job["spec"]["settings"]
        features = importlib.import_module(spec["module"])
        images = load(job["inputs"]["images"])
        train, test = images["train"], images["test"]
        try:
            blocks = {
                kind: features.held_bytes([train, test], torch.device(kind), **settings)
                for kind in ("cpu", "cuda")
            }
            drawn = features.draw(train, numpy_generator(job["seed"], spec["transform"]), **settings)
        except ValueError as error:
            raise ArtefactError(f"features {spec['features']} of {spec['dataset']}: {error}") from error
        products = products_bytes(len(train), len(test))
        device = place_for(products, blocks)
        size = products + blocks[device.type]
        print(f"{len(train)} training and {len(test)} test images on {device}: {size / 1e9:.2f} GB")
        place = "GPU" if device.type == "cuda" else "CPU"
        with named_memory_errors(place), tell.progress(features.ABOUT.get("counts", "features")) as report:
            parts = features.blocks([train, test], drawn, device, report, **settings)
            summed = accumulate(parts, len(train), len(test), device)
        save_arrays(job, [*summed._asdict().items(), *drawn.items()])
