"""Inner products of random convolutional features of images, summed over blocks of filters."""

import torch

from pipeline.execution.devices import device_for
from pipeline.execution.job import logged
from pipeline.storage import artefacts
from pipeline.storage.jobs import unfinished
from rethinking.features.random_patches import RandomPatches, draw_filters, feature_blocks
from rethinking.kernels.accumulated import accumulate, products_bytes
from rethinking.kernels.memory import available_memory
from rethinking.seeds import numpy_generator

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec = job["spec"]
        execution = snakemake.config["execution"]
        settings = RandomPatches(**spec["settings"])
        torch.set_num_threads(snakemake.threads)
        device = device_for(snakemake.resources.get("gpu", 0), execution["runs_per_gpu"], tell)
        images = artefacts.load(job["inputs"]["images"])
        train, test = images["train"], images["test"]
        try:
            count = settings.count(*train.shape[1:3])
            filters = draw_filters(train, settings, numpy_generator(job["seed"], "filters"))
        except ValueError as error:
            raise artefacts.ArtefactError(
                f"features {spec['features']} of {spec['dataset']}: {error}"
            ) from error
        n, m = len(train), len(test)
        size = products_bytes(n, m)
        block = 256
        needed = size + 4 * (n + m) * count * min(block, len(filters)) // len(filters)
        if device.type == "cuda" and needed > 0.9 * torch.cuda.mem_get_info(device)[0]:
            tell(f"{needed / 1e9:.1f} GB do not fit into the GPU's free memory: computing on the CPU")
            device = torch.device("cpu")
        if device.type == "cpu" and needed > 0.95 * available_memory():
            raise artefacts.ArtefactError(
                f"inner products of {n} training and {m} test images take {size / 1e9:.1f} GB of memory, and a "
                f"block of features {(needed - size) / 1e9:.1f} GB more; {available_memory() / 1e9:.1f} GB are "
                f"free. Take fewer images, or a machine with more"
            )
        print(f"{count} features of {n} training and {m} test images on {device}: {needed / 1e9:.2f} GB")
        with tell.progress("filters") as report:
            blocks = feature_blocks([train, test], filters, settings, device, block, report)
            products = accumulate(blocks, n, m, device)
        arrays = [*products._asdict().items(), ("filters", filters)]
        artefacts.save_arrays(job, arrays)
