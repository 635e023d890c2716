"""The weights of a network as bytes that hold nothing but numbers (safetensors), and back."""

import hashlib

import safetensors.torch
from torch import nn


def weights_sha256(network: nn.Module) -> str:
    """A hash of all parameters and running averages, in their order, in hexadecimal."""
    digest = hashlib.sha256()
    for tensor in network.state_dict().values():
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def weights_as_bytes(network: nn.Module) -> bytes:
    """All parameters and running averages of ``network`` in the format of safetensors."""
    # A tensor that two layers share is stored twice: safetensors refuses tensors that share memory.
    tensors = {
        name: tensor.detach().cpu().contiguous().clone() for name, tensor in network.state_dict().items()
    }
    return safetensors.torch.save(tensors)


def load_weights(network: nn.Module, content: bytes) -> nn.Module:
    """Put weights from ``weights_as_bytes`` into ``network``, and the network into evaluation mode.

    Raises ``RuntimeError`` for the weights of another network, and ``SafetensorError`` for other bytes.
    """
    network.load_state_dict(safetensors.torch.load(content), strict=True)
    return network.eval()
