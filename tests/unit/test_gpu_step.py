"""What a step of training would do on a GPU, seen without one: its operators, devices and strides."""

import contextlib
import dataclasses

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.func import functional_call
from torch.utils._python_dispatch import TorchDispatchMode

from rethinking import training
from rethinking.networks.alexnet import alexnet
from rethinking.networks.inception import inception
from rethinking.networks.initialisation import initialise
from rethinking.networks.mlp import mlp
from rethinking.training import Recipe, Split, train

NETWORKS = {
    "inception": inception,
    "inception_no_bn": lambda *args: inception(*args, batch_norm=False),
    "alexnet": alexnet,
    "mlp": mlp,
}
PREPARATIONS = {
    "centre": {},
    "random_crop": {"random_crop": True},
    "augmentation": {"augmentation": True},
    "both": {"random_crop": True, "augmentation": True},
}
RECIPE = Recipe(epochs=1, learning_rate=0.01, crop=8, batch_size=16, weight_decay=0.01)
# What would wait for the device, or copy to it from memory that a graph does not know.
WAITING = {
    "_local_scalar_dense",
    "equal",
    "is_nonzero",
    "item",
    "lift_fresh",
    "masked_select",
    "nonzero",
    "unique_consecutive",
    "_unique2",
}


def data(channels=3):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (40, channels, 10, 10), generator=generator, dtype=torch.uint8)
    return Split(images, torch.randint(0, 10, (40,), generator=generator))


def tensors(values):
    """The tensors among the arguments of an operator."""
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors(value)


class Trace(TorchDispatchMode):
    """Notes the operators of a block, and what a CUDA graph or a CUDA kernel would not take of them."""

    def __init__(self):
        super().__init__()
        self.operators, self.problems = set(), set()

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = operator._schema.name.removeprefix("aten::")
        self.operators.add(f"{name}.{operator._overloadname}")
        if name in WAITING:
            self.problems.add(f"{name} waits for the device")
        if name.startswith("index") and any(t.dtype == torch.bool for t in tensors(args[1:2])):
            self.problems.add(f"{name} with a mask waits for the device")
        if "batch_norm" in name:
            given = dict(zip((a.name for a in operator._schema.arguments), args, strict=False)) | kwargs
            if given.get("weight") is None:
                self.problems.add(f"{name} without weight")
        return operator(*args, **kwargs)


def trace(monkeypatch, network, recipe, dtype):
    """Train for an epoch as on a GPU, the learning rate a tensor; the trace of all its steps."""
    found = Trace()

    class Run(training._Run):
        def __init__(self, *given):
            super().__init__(*given)
            self.learning_rate = torch.zeros(())

        def step(self, batch):
            with found:
                super().step(batch)
            for parameter in self.optimiser.parameters:
                strides = zip(parameter.stride(), parameter.grad.stride(), parameter.shape, strict=True)
                if any(a != b for a, b, size in strides if size > 1):
                    found.problems.add(f"a gradient of other strides than its parameter, {parameter.shape}")

    monkeypatch.setattr(training, "_Run", Run)
    channels = 1 if recipe.random_crop else 3
    found.history = train(network(channels), data(channels), data(channels), recipe, 0, dtype=dtype).history
    return found


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("preparation", PREPARATIONS)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_step_is_one_that_a_gpu_can_take(monkeypatch, name, preparation, dtype):
    recipe = dataclasses.replace(RECIPE, **PREPARATIONS[preparation])

    def network(channels):
        made = NETWORKS[name]((channels, 8, 8), 10, 0.125)
        initialise(made, "he_normal", torch.Generator().manual_seed(1))
        return made

    found = trace(monkeypatch, network, recipe, dtype)
    assert not found.problems
    assert "_fused_sgd_.tensor_lr" in found.operators
    monkeypatch.undo()
    channels = 1 if recipe.random_crop else 3
    plain = train(network(channels), data(channels), data(channels), recipe, 0, dtype=dtype).history
    assert found.history == plain, "the rate as a tensor is the rate as a number"


class Shifted(nn.Module):
    """Batch normalisation with a shift and no scale, as a CUDA kernel does not take it."""

    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x):
        return F.batch_norm(x, None, None, None, self.bias, training=True)


class Waiting(nn.Module):
    def forward(self, x):
        return x / x.abs().max().item()


class Masked(nn.Module):
    def forward(self, x):
        return torch.where(x > 0, x, x[x <= 0].mean())


class Literal(nn.Module):
    def forward(self, x):
        return x * torch.tensor(2.0)


@pytest.mark.parametrize(
    ("layer", "problem"),
    [
        (Shifted, "batch_norm without weight"),
        (Waiting, "_local_scalar_dense waits"),
        (Masked, "with a mask waits"),
        (Literal, "lift_fresh waits"),
    ],
)
def test_the_trace_sees_what_a_gpu_would_refuse(monkeypatch, layer, problem):
    def network(channels):
        return nn.Sequential(layer(), mlp((channels, 8, 8), 10, 0.125))

    found = trace(monkeypatch, network, RECIPE, torch.float32)
    assert any(problem in each for each in found.problems), found.problems


class OnGpu(TorchDispatchMode):
    """Refuses an operator that mixes in a tensor from the CPU, which PyTorch would copy to the GPU."""

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        for tensor in tensors(args):
            assert tensor.device.type == "cuda", f"{operator} takes a tensor of the CPU"
        return operator(*args, **(kwargs or {}))


@contextlib.contextmanager
def autocast_without_gpu(dtype):
    """As ``torch.autocast("cuda", dtype)``, which switches itself off where there is no GPU."""
    torch.set_autocast_dtype("cuda", dtype)
    torch.set_autocast_enabled("cuda", dtype != torch.float32)
    try:
        yield
    finally:
        torch.set_autocast_enabled("cuda", False)


def forward_on_fake_gpu(network, recipe, dtype, channels=3):
    """Shapes, types and strides of a step's forward pass as PyTorch knows them of CUDA kernels."""
    run = training._Run(network, data(channels), data(channels), recipe, 0, dtype)
    fake = FakeTensorMode()

    def moved(tensor):
        return fake.from_tensor(tensor).to("cuda")

    state = dict(network.named_parameters()) | dict(network.named_buffers())
    with fake:
        state = {name: moved(tensor) for name, tensor in state.items()}
        run.drawn = {name: moved(tensor) for name, tensor in run.drawn.items()}
        run.seen = moved(run.seen)
        run.stored = None if run.stored is None else moved(run.stored)
        batch = run.drawn["order"].split(16)[0]
        with OnGpu():
            seen = run.look(batch)
            with autocast_without_gpu(dtype):
                logits = functional_call(network.train(), state, seen)
        return seen, logits


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("preparation", PREPARATIONS)
@pytest.mark.parametrize("name", NETWORKS)
def test_the_forward_pass_fits_cudas_kernels(name, preparation, dtype):
    recipe = dataclasses.replace(RECIPE, **PREPARATIONS[preparation])
    seen, logits = forward_on_fake_gpu(NETWORKS[name]((3, 8, 8), 10, 0.125), recipe, dtype)
    assert (seen.device.type, seen.dtype) == ("cuda", dtype)
    assert seen.is_contiguous(memory_format=torch.channels_last)
    assert (logits.device.type, logits.shape, logits.dtype) == ("cuda", (16, 10), dtype)


def test_a_tensor_left_on_the_cpu_is_seen():
    class Stray(nn.Module):
        def forward(self, x):
            return x[torch.arange(len(x))]

    with pytest.raises(AssertionError, match="takes a tensor of the CPU"):
        forward_on_fake_gpu(nn.Sequential(Stray(), mlp((3, 8, 8), 10, 0.125)), RECIPE, torch.float32)
