"""Guarantee: kept weights are those of the planned run, and loading them runs no code (safetensors)."""

from pathlib import Path

from torch import nn

from pipeline.storage.artefacts import read_file, read_result, write_result
from pipeline.storage.writing import written_whole
from rethinking.networks.start import network_at_start
from rethinking.networks.weights import load_weights, weights_as_bytes

WEIGHTS = "weights.safetensors"


def write_weights(job: dict, network: nn.Module, content: dict) -> None:
    """Write the weights of a trained network; ``content`` has ``image_shape`` (C, H, W) and ``classes``."""
    with written_whole(Path(job["folder"], WEIGHTS)) as temporary:
        temporary.write_bytes(weights_as_bytes(network))
    write_result(job, content, [WEIGHTS])


def trained_network(run: dict, weights: dict) -> nn.Module:
    """The network of a finished run as it was when its training ended, on the CPU, in evaluation mode.

    ``run`` and ``weights`` are entries. Raises ``ArtefactError`` where one of them is missing or altered.
    """
    spec, kept = read_result(run)["spec"], read_result(weights)
    network = network_at_start(spec, tuple(kept["image_shape"]), kept["classes"], run["seed"])
    return load_weights(network, read_file(weights, kept, WEIGHTS))
