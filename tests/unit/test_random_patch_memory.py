"""What random patches hold on a GPU, counted without one: tensors on "cuda" that have sizes and no values."""

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from rethinking.features.random_patches import RandomPatches, feature_blocks, features_bytes
from rethinking.kernels.accumulated import accumulate, products_bytes

CUDA = torch.device("cuda")


class Held(TorchDispatchMode):
    """The most bytes on the GPU at a time, and how often each operator was called on it."""

    def __init__(self):
        super().__init__()
        self.storages, self.most, self.calls = {}, 0, []

    def __torch_dispatch__(self, function, types, arguments=(), settings=None):
        results = function(*arguments, **(settings or {}))
        for tensor in tree_leaves(results):
            if isinstance(tensor, torch.Tensor) and tensor.device.type == "cuda":
                storage = tensor.untyped_storage()
                reference = StorageWeakRef(storage)
                self.storages[reference] = storage.nbytes()
        self.storages = {each: size for each, size in self.storages.items() if not each.expired()}
        self.most = max(self.most, sum(self.storages.values()))
        self.calls.append(function.overloadpacket.__name__)
        return results


@pytest.fixture
def held(monkeypatch):
    """What is held for the inner products of n and m images, with the first ``filters`` of the settings'."""
    # Tensors without values cannot become arrays.
    monkeypatch.setattr(torch.Tensor, "numpy", lambda tensor: np.empty(0))

    def measured(n, m, side, settings, filters):
        images = [np.broadcast_to(np.uint8(0), (count, side, side, 3)) for count in (n, m)]
        bank = np.zeros((filters, settings.patch**2 * 3), np.float32)
        with FakeTensorMode(allow_non_fake_inputs=True), Held() as counted:
            accumulate(feature_blocks(images, bank, settings, CUDA), n, m, CUDA)
        return counted

    return measured


@pytest.mark.parametrize(
    ("n", "m", "side", "settings", "filters"),
    [
        (50_000, 10_000, 32, RandomPatches(), 768),  # the paper's, of which these are three blocks
        (2000, 500, 32, RandomPatches(filters=300), 300),
        (500, 100, 12, RandomPatches(filters=70, patch=3, pool=4, stride=3), 70),
    ],
)
def test_no_more_of_a_gpu_is_taken_than_planned(held, n, m, side, settings, filters):
    counted = held(n, m, side, settings, filters)
    products, count = products_bytes(n, m), settings.size(side, side)
    planned = products + features_bytes([n, m], count, settings.filters, CUDA)
    block = 4 * (n + m) * count * min(256, settings.filters) // settings.filters
    assert products + block < counted.most <= planned
    if n == 50_000:
        assert planned < 9.5e9
        assert counted.most > 0.98 * planned


def test_patches_are_read_once_for_a_block_of_filters(held):
    counted = held(2000, 500, 32, RandomPatches(filters=300), 300)
    # 593 and 700 images at a time, for 256 and for 44 filters: a product each, for patches and responses.
    assert counted.calls.count("unfold") == 2 * counted.calls.count("mm") > 0
