"""The same run on a GPU and on the CPU. Skipped where there is no GPU."""

import pytest
import torch

from rethinking.networks.alexnet import alexnet
from rethinking.networks.inception import inception
from rethinking.networks.initialisation import initialise
from rethinking.networks.mlp import mlp
from rethinking.training import Recipe, Split, train
from stopping import Stopped, StopsAfter

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


@pytest.mark.parametrize("factory", [inception, alexnet, mlp])
@pytest.mark.parametrize("random_crop", [False, True])
def test_a_run_on_the_gpu_is_that_on_the_cpu_to_rounding(factory, random_crop):
    generator = torch.Generator().manual_seed(0)
    split = Split(
        torch.randint(0, 256, (300, 3, 32, 32), generator=generator, dtype=torch.uint8),
        torch.randint(0, 10, (300,), generator=generator),
    )
    # Five epochs of batches of 128, 128 and 44: both sizes have become graphs by then.
    recipe = Recipe(epochs=5, learning_rate=0.001, crop=28, batch_size=128, random_crop=random_crop)
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    histories = []
    for device in ("cpu", "cuda"):
        network = factory((3, 28, 28), 10, 0.25)
        initialise(network, "he_normal", torch.Generator().manual_seed(1))
        histories.append(train(network.to(device), split, split, recipe, seed=0).history)
    for cpu, gpu in zip(*histories, strict=True):
        assert gpu.step == cpu.step
        assert gpu.online_loss == pytest.approx(cpu.online_loss, rel=1e-3)
        assert gpu.train_loss == pytest.approx(cpu.train_loss, rel=1e-3)


def test_a_run_that_was_stopped_on_the_gpu_goes_on_there():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (300, 3, 32, 32), generator=generator, dtype=torch.uint8)
    split = Split(images, torch.randint(0, 10, (300,), generator=generator))
    recipe = Recipe(epochs=6, learning_rate=0.01, crop=28, batch_size=128)

    def network():
        made = mlp((3, 28, 28), 10, 0.25)
        initialise(made, "he_normal", torch.Generator().manual_seed(1))
        return made.cuda()

    whole = train(network(), split, split, recipe, 0).history
    stopped = StopsAfter(20)
    with pytest.raises(Stopped):
        train(network(), split, split, recipe, 0, checkpoint=stopped)
    went_on = train(network(), split, split, recipe, 0, checkpoint=StopsAfter(10**6, stopped.state)).history
    for a, b in zip(whole, went_on, strict=True):
        assert a.step == b.step
        assert a.train_loss == pytest.approx(b.train_loss, rel=1e-3)
