"""The slow reference of coherence: a loop over single examples, in float64."""

import numpy as np
import pytest
import torch

from rethinking.coherence.definition import Coherence, coherence_of
from rethinking.coherence.measure import cross_entropy, measure


def one_by_one(network, images, labels, loss=cross_entropy):
    """The slow reference: a backward pass for each example, by layer its gradients (examples, parameters)."""
    parameters = {name: each for name, each in network.named_parameters() if each.requires_grad}
    rows: dict[str, list] = {}
    for image, label in zip(images, labels, strict=True):
        total = loss(network(image[None]), label[None]).sum()
        found = torch.autograd.grad(total, list(parameters.values()), materialize_grads=True)
        for name, gradient in zip(parameters, found, strict=True):
            rows.setdefault(name, []).append(gradient.flatten().numpy())
    layers: dict[str, list] = {}
    for name, gradients_of_name in rows.items():
        layers.setdefault(name.rpartition(".")[0], []).append(np.stack(gradients_of_name))
    return {layer: np.concatenate(parts, axis=1) for layer, parts in layers.items()}


def prepared(network, seed=0):
    """The network in float64 and evaluation mode, no parameter or running average of which is 0 or 1."""
    generator = torch.Generator().manual_seed(seed)
    network = network.double().eval()
    with torch.no_grad():
        for each in network.parameters():
            each += 0.1 * torch.randn(each.shape, generator=generator, dtype=torch.float64)
        for name, each in network.named_buffers():
            if name.endswith(("running_mean", "running_var")):
                each += torch.rand(each.shape, generator=generator, dtype=torch.float64)
    return network


def sample(shape, examples=5, classes=3, seed=1):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(examples, *shape, generator=generator, dtype=torch.float64)
    return images, torch.randint(0, classes, (examples,), generator=generator)


def close(found: Coherence, right: np.ndarray):
    expected = coherence_of(right)
    assert found.examples == expected.examples
    assert found.squared_norm_of_sum == pytest.approx(expected.squared_norm_of_sum, rel=1e-10)
    assert found.sum_of_squared_norms == pytest.approx(expected.sum_of_squared_norms, rel=1e-10)


def assert_exact(network, shape, by_torch_func=(), **options):
    """Hold ``measure`` to the loop, in batches of which the last is smaller."""
    images, labels = sample(shape)
    right = one_by_one(network, images, labels)
    found = measure(network, images, labels, **{"batch": 3, **options})
    assert list(found.layers) == list(right)
    for layer, gradients_of_layer in right.items():
        close(found.layers[layer], gradients_of_layer)
    close(found.network, np.concatenate(list(right.values()), axis=1))
    assert found.by_torch_func == tuple(by_torch_func)


def frozen(network, *names):
    for name in names:
        network.get_parameter(name).requires_grad_(False)
    return network
