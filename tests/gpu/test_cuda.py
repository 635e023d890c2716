"""Training on a GPU: the run is that of the CPU, its steps are replayed graphs, it goes on after a stop.

Skipped where there is no GPU.
"""

import gc

import pytest
import torch

from rethinking.graphs import EAGER_CALLS
from rethinking.networks.alexnet import alexnet
from rethinking.networks.inception import inception
from rethinking.networks.initialisation import initialise
from rethinking.networks.mlp import mlp
from rethinking.precision import ieee_float32
from rethinking.training import Recipe, Split, train
from stopping import Stopped, StopsAfter
from training_job import run

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

NETWORKS = {
    "inception": inception,
    "inception_no_bn": lambda *args: inception(*args, batch_norm=False),
    "alexnet": alexnet,
    "mlp": mlp,
    "dropout": lambda *args: torch.nn.Sequential(torch.nn.Dropout(0.2), mlp(*args)),
}
PREPARATIONS = {
    "centre": {},
    "random_crop": {"random_crop": True},
    "augmentation": {"random_crop": True, "augmentation": True},
}
WAITING = """
from torch import nn
from rethinking.networks.mlp import mlp


class Scaled(nn.Module):
    def forward(self, x):
        return x / x.abs().max().item()


def network(image_shape, classes, width):
    return nn.Sequential(Scaled(), mlp(image_shape, classes, width))
"""
EPOCHS = 6
BATCHES = 3  # of 128, 128 and 44 images: two graphs
STEPS = EPOCHS * BATCHES


def data(count=300):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (count, 3, 32, 32), generator=generator, dtype=torch.uint8)
    return Split(images, torch.randint(0, 10, (count,), generator=generator))


def recipe(**changed):
    return Recipe(**{"epochs": EPOCHS, "learning_rate": 0.001, "crop": 28, "batch_size": 128} | changed)


def network(name, device="cuda"):
    made = NETWORKS[name]((3, 28, 28), 10, 0.25)
    initialise(made, "he_normal", torch.Generator().manual_seed(1))
    return made.to(device)


def compare(one, other, rel):
    """The same steps, and the same losses to rounding."""
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        assert a.step == b.step
        assert a.online_loss == pytest.approx(b.online_loss, rel=rel)
        assert a.train_loss == pytest.approx(b.train_loss, rel=rel)
        assert a.test_loss == pytest.approx(b.test_loss, rel=rel)


@pytest.fixture
def replays(monkeypatch):
    """How often each graph was replayed."""
    counts = {}
    replay = torch.cuda.CUDAGraph.replay

    def counted(graph):
        counts[id(graph)] = counts.get(id(graph), 0) + 1
        replay(graph)

    monkeypatch.setattr(torch.cuda.CUDAGraph, "replay", counted)
    return counts


@pytest.mark.parametrize("preparation", PREPARATIONS)
@pytest.mark.parametrize("name", ["inception", "inception_no_bn", "alexnet", "mlp"])
def test_a_run_on_the_gpu_is_that_on_the_cpu_to_rounding(name, preparation):
    settings = recipe(**PREPARATIONS[preparation])
    cpu, gpu = (train(network(name, d), data(), data(), settings, seed=0).history for d in ("cpu", "cuda"))
    compare(gpu, cpu, rel=1e-3)


@pytest.mark.skipif(
    torch.cuda.is_available() and torch.cuda.get_device_capability() < (8, 0), reason="no TF32 to switch off"
)
def test_float32_convolutions_are_not_rounded_to_tf32():
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(64, 64, 3, device="cuda")
    x = torch.randn(8, 64, 32, 32, device="cuda")
    with torch.no_grad():
        rounded = layer(x)
        with ieee_float32():
            ours = layer(x)
        exact = layer.double()(x.double())
    scale = exact.abs().max()
    assert (ours - exact).abs().max() / scale < 1e-5 < (rounded - exact).abs().max() / scale


@pytest.mark.parametrize(
    "settings",
    [
        {"momentum": 0.0},
        {"weight_decay": 0.1},
        {"weight_decay": 0.1, "decayed": "rethinking.decayed.all"},
        # From 0.00001 to 0.03: a graph that kept the rate of its capture would hardly train.
        {"learning_rate": 1e-5, "decay": 5.0},
    ],
)
def test_every_form_of_the_update_is_that_of_the_cpu(settings):
    settings = recipe(**{"learning_rate": 0.01} | settings)
    cpu, gpu = (train(network("mlp", d), data(), data(), settings, seed=0).history for d in ("cpu", "cuda"))
    compare(gpu, cpu, rel=1e-3)


@pytest.mark.parametrize("preparation", PREPARATIONS)
@pytest.mark.parametrize("name", ["inception", "inception_no_bn", "alexnet", "mlp"])
def test_bfloat16_under_graphs_is_float32_to_its_rounding(name, preparation):
    settings = recipe(**PREPARATIONS[preparation])
    exact, rounded = (
        train(network(name), data(), data(), settings, seed=0, dtype=dtype).history
        for dtype in (torch.float32, torch.bfloat16)
    )
    assert exact != rounded
    compare(rounded, exact, rel=0.05)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("name", NETWORKS)
def test_steps_are_replayed_graphs(name, dtype, replays):
    train(network(name), data(), data(), recipe(), seed=0, dtype=dtype)
    full, last = 2 * EPOCHS - EAGER_CALLS, EPOCHS - EAGER_CALLS
    assert sorted(replays.values()) == [last, full]


@pytest.mark.parametrize("preparation", ["centre", "augmentation"])
@pytest.mark.parametrize("name", ["inception", "mlp", "dropout"])
def test_a_run_that_was_stopped_on_the_gpu_goes_on_there(name, preparation):
    settings = recipe(**PREPARATIONS[preparation])
    whole = train(network(name), data(), data(), settings, 0).history
    # Within the steps before the graphs, and long after.
    for batches in (2, 3 * STEPS // 4):
        stopped = StopsAfter(batches)
        with pytest.raises(Stopped):
            train(network(name), data(), data(), settings, 0, checkpoint=stopped)
        went_on = train(
            network(name), data(), data(), settings, 0, checkpoint=StopsAfter(10**6, stopped.state)
        )
        compare(went_on.history, whole, rel=1e-3)


def test_two_trainings_in_one_process_do_not_touch_each_other():
    first, second = (train(network("inception"), data(), data(), recipe(), seed).history for seed in (0, 1))
    again = train(network("inception"), data(), data(), recipe(), 0).history
    compare(again, first, rel=1e-3)
    assert second != first


def test_memory_is_free_after_a_run_without_the_garbage_collector():
    train(network("inception"), data(), data(), recipe(), 0)  # cuBLAS and cuDNN keep some for themselves
    gc.collect()
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    gc.disable()
    try:
        made = network("inception")
        weights = torch.cuda.memory_allocated() - before
        train(made, data(), data(), recipe(), 0)
        torch.cuda.synchronize()
        assert torch.cuda.memory_allocated() - before <= 2 * weights
    finally:
        gc.enable()


def test_a_network_that_waits_for_the_device_is_refused_with_the_reason(tmp_path):
    tmp_path.joinpath("waiting.py").write_text(WAITING)
    ended = run(tmp_path, "waiting:network", gpu=1, modules=tmp_path, epochs=EPOCHS)
    assert ended.status == 1
    assert "a step cannot become a CUDA graph" in ended.terminal


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="one device")
def test_a_network_on_another_device_than_the_current_one_trains_there():
    here, there = (train(network("mlp", f"cuda:{n}"), data(), data(), recipe(), 0).history for n in (0, 1))
    compare(here, there, rel=1e-3)


@pytest.mark.parametrize("precision", ["auto", "float32"])
@pytest.mark.parametrize("factory", ["inception:inception", "mlp:mlp"])
def test_the_training_job_runs_on_the_gpu(tmp_path, factory, precision):
    ended = run(
        tmp_path,
        f"rethinking.networks.{factory}",
        gpu=1,
        execution={"precision": precision},
        epochs=EPOCHS,
        random_crop=True,
    )
    assert ended.status == 0, ended.terminal
    assert ended.result["device"] == torch.cuda.get_device_name(0)
    assert ended.result["verdict"] == "finished"
    assert ended.result["float32_products"] == "ieee"
    if precision == "float32":
        assert ended.result["precision"] == "float32"
