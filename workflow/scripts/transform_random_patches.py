"""Inner products of random convolutional features of images, summed over blocks of filters."""

import torch

from pipeline import artefacts
from pipeline.devices import device_for
from pipeline.job import logged
from pipeline.kernel_points import named_memory_errors
from rethinking.features.random_patches import (
    RandomPatches,
    draw_filters,
    feature_blocks,
    features_bytes,
)
from rethinking.kernels.accumulated import accumulate, products_bytes
from rethinking.kernels.memory import available_memory
from rethinking.seeds import numpy_generator

with logged(snakemake.log[0]) as tell:
    job = snakemake.params.job
    spec = job["spec"]
    execution = snakemake.config["execution"]
    settings = RandomPatches(**spec["settings"])
    torch.set_num_threads(snakemake.threads)
    device = device_for(snakemake.resources.get("gpu", 0), execution["runs_per_gpu"], tell)
    images = artefacts.load(snakemake.input.images, spec["images"])
    train, test = images["train"], images["test"]
    try:
        count = settings.count(*train.shape[1:3])
        filters = draw_filters(train, settings, numpy_generator(spec["seed"], "filters"))
    except ValueError as error:
        raise artefacts.ArtefactError(f"features {spec['features']} of {spec['dataset']}: {error}") from error
    n, m = len(train), len(test)
    size = products_bytes(n, m)

    def needed(device: torch.device) -> int:
        return size + features_bytes([n, m], count, len(filters), device)

    if device.type == "cuda" and needed(device) > 0.9 * torch.cuda.mem_get_info(device)[0]:
        tell(f"{needed(device) / 1e9:.1f} GB do not fit into the GPU's free memory: computing on the CPU")
        device = torch.device("cpu")
    # What a GPU has computed comes here as a whole.
    held = needed(device) if device.type == "cpu" else size
    if held > 0.95 * available_memory():
        raise artefacts.ArtefactError(
            f"inner products of {n} training and {m} test images take {size / 1e9:.1f} GB of memory, and a "
            f"block of features {(held - size) / 1e9:.1f} GB more; {available_memory() / 1e9:.1f} GB are "
            f"free. Take fewer images, or a machine with more"
        )
    print(f"{count} features of {n} training and {m} test images on {device}: {needed(device) / 1e9:.2f} GB")
    place = "GPU" if device.type == "cuda" else "CPU"
    with named_memory_errors(place), tell.progress("filters") as report:
        blocks = feature_blocks([train, test], filters, settings, device, report=report)
        products = accumulate(blocks, n, m, device)
    arrays = [*products._asdict().items(), ("filters", filters)]
    artefacts.save(snakemake.output.points, arrays, **job)
