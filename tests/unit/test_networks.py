"""The networks are the paper's: parameter counts, shapes at any size, padding and normalisation."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from rethinking.networks.alexnet import alexnet
from rethinking.networks.inception import inception
from rethinking.networks.initialisation import count_parameters, initialise
from rethinking.networks.layers import (
    LocalResponseNorm,
    SameConv2d,
    SameMaxPool2d,
    ShiftBatchNorm2d,
    same_padding,
)
from rethinking.networks.mlp import mlp

FACTORIES = {
    "inception": lambda *args: inception(*args, batch_norm=True),
    "inception_no_bn": lambda *args: inception(*args, batch_norm=False),
    "alexnet": alexnet,
    "mlp_1x512": lambda *args: mlp(*args, hidden_layers=1),
    "mlp_3x512": lambda *args: mlp(*args, hidden_layers=3),
}
# Table 1 of the paper.
PARAMETERS = {
    "inception": 1_649_402,
    "inception_no_bn": 1_649_402,
    "alexnet": 1_387_786,
    "mlp_1x512": 1_209_866,
    "mlp_3x512": 1_735_178,
}


@pytest.mark.parametrize("name", FACTORIES)
def test_parameter_counts_are_those_of_table_1(name):
    assert count_parameters(FACTORIES[name]((3, 28, 28), 10, 1.0)) == PARAMETERS[name]


@pytest.mark.parametrize("name", FACTORIES)
@pytest.mark.parametrize("shape", [(1, 7, 7), (3, 28, 28), (3, 33, 31)])
def test_any_input_size_width_and_number_of_classes(name, shape):
    network = FACTORIES[name](shape, 7, 0.125)
    assert network(torch.randn(2, *shape)).shape == (2, 7)


def test_inception_goes_from_28_to_14_to_7():
    sizes = []
    network = inception((3, 28, 28), 10, 0.1)
    for layer in network:
        layer.register_forward_hook(lambda _, __, output: sizes.append(output.shape[-1]))
    network(torch.randn(2, 3, 28, 28))
    assert sizes[:-2] == [28, 28, 28, 14, 14, 14, 14, 14, 7, 7, 7]


def tensorflow_same(x: np.ndarray, kernel: int, stride: int, reduce, fill: float) -> np.ndarray:
    """SAME windows by the definition in TensorFlow's documentation, one output at a time."""
    size = x.shape[-1]
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + kernel - size, 0)
    padded = np.pad(x, ((0, 0), (total // 2, total - total // 2), (total // 2, total - total // 2)),
                    constant_values=fill)  # fmt: skip
    rows = []
    for i in range(outputs):
        rows.append(
            [
                reduce(padded[:, i * stride : i * stride + kernel, j * stride : j * stride + kernel])
                for j in range(outputs)
            ]
        )
    return np.array(rows)


@pytest.mark.parametrize("size", [7, 8, 14, 28])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [3, 5])
def test_same_padding_against_a_loop(size, stride, kernel):
    torch.manual_seed(size)
    x = torch.randn(2, size, size, dtype=torch.float64)
    convolution = SameConv2d(2, 1, kernel, stride).double()
    weight = convolution.weight.detach().numpy()[0]
    expected = tensorflow_same(x.numpy(), kernel, stride, lambda window: (window * weight).sum(), 0.0)
    found = convolution(x[None])[0, 0].detach().numpy() - convolution.bias.item()
    np.testing.assert_allclose(found, expected, atol=1e-12)
    pooled = SameMaxPool2d(kernel, stride)(x[None, :1] - 10)[0, 0].numpy()
    expected = tensorflow_same(x[:1].numpy() - 10, kernel, stride, np.max, -np.inf)
    np.testing.assert_allclose(pooled, expected)


def test_batch_norm_shifts_and_does_not_scale():
    layer = ShiftBatchNorm2d(4)
    assert count_parameters(layer) == 4
    x = 3 * torch.randn(64, 4, 5, 5) + 2
    with torch.no_grad():
        layer.bias.copy_(torch.arange(4.0))
        y = layer.train()(x)
    torch.testing.assert_close(y.mean((0, 2, 3)), torch.arange(4.0), atol=1e-4, rtol=0)
    torch.testing.assert_close(y.std((0, 2, 3)), torch.ones(4), atol=1e-2, rtol=0)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_constant_scale_of_batch_norm_changes_no_bit_and_is_no_state(training, dtype):
    layer = ShiftBatchNorm2d(4).train(training)
    assert set(layer.state_dict()) == {"bias", "running_mean", "running_var"}
    torch.manual_seed(0)
    with torch.no_grad():
        layer.bias.normal_()
        layer.running_mean.normal_()
        layer.running_var.uniform_(0.5, 2)
    x = torch.randn(16, 4, 5, 5).to(dtype).contiguous(memory_format=torch.channels_last).requires_grad_()
    z, bias = x.detach().clone().requires_grad_(), layer.bias.detach().clone().requires_grad_()
    averages = layer.running_mean.clone(), layer.running_var.clone()
    ours = layer(x)
    plain = F.batch_norm(z, *averages, None, bias, training, layer.momentum, layer.epsilon)
    direction = torch.randn_like(ours)
    ours.backward(direction)
    plain.backward(direction)
    for a, b in ((ours, plain), (x.grad, z.grad), (layer.bias.grad, bias.grad)):
        assert torch.equal(a, b)
    assert torch.equal(layer.running_mean, averages[0])
    assert torch.equal(layer.running_var, averages[1])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [3, 5])
def test_pooling_is_that_of_a_padded_copy_to_the_bit(kernel, stride, dtype):
    """Values and gradients, with ties, for every size from 1×1 to 9×9."""
    generator = torch.Generator().manual_seed(0)
    for height in range(1, 10):
        for width in range(1, 10):
            x = torch.randint(-3, 3, (2, 3, height, width), generator=generator).to(dtype)
            x = x.contiguous(memory_format=torch.channels_last).requires_grad_()
            copy = x.detach().clone().requires_grad_()
            ours = SameMaxPool2d(kernel, stride)(x)
            padding = same_padding(height, width, kernel, stride)
            padded = F.max_pool2d(F.pad(copy, padding, value=-torch.inf), kernel, stride)
            direction = torch.randn(ours.shape, generator=generator).to(dtype)
            ours.backward(direction)
            padded.backward(direction)
            assert torch.equal(ours, padded)
            assert torch.equal(x.grad, copy.grad)


def test_an_even_window_of_pooling_is_refused():
    with pytest.raises(ValueError, match="kernel is 2; expected an odd number"):
        SameMaxPool2d(2, 2)


@pytest.mark.parametrize("name", FACTORIES)
def test_a_width_that_leaves_a_layer_without_units_is_refused(name):
    with pytest.raises(ValueError, match=r"width is 0\.0005, which leaves .* expected more than"):
        FACTORIES[name]((3, 28, 28), 10, 0.0005)


@pytest.mark.parametrize("layers", [0, -1])
def test_an_mlp_without_hidden_layers_is_refused(layers):
    with pytest.raises(ValueError, match=f"hidden_layers is {layers}; expected a whole number of 1 or more"):
        mlp((3, 28, 28), 10, hidden_layers=layers)


def test_local_response_normalisation_has_tensorflows_constants():
    layer = next(m for m in alexnet((3, 28, 28), 10).modules() if isinstance(m, LocalResponseNorm))
    x = torch.randn(1, 64, 2, 2, dtype=torch.float64)
    squares = x.square()
    expected = torch.stack(
        [x[:, c] / (1 + 0.001 / 9 * squares[:, max(0, c - 4) : c + 5].sum(1)) ** 0.75 for c in range(64)],
        dim=1,
    )
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("channels", "size"), [(64, 9), (5, 4), (3, 9)])
def test_local_response_normalisation_is_pytorchs(channels, size, memory):
    constants = {"size": size, "alpha": 0.3, "beta": 0.75, "k": 1.5}
    x = torch.randn(2, channels, 5, 4, dtype=torch.float64).to(memory_format=memory)
    upstream = torch.randn_like(x)
    results = []
    for layer in (LocalResponseNorm(channels, **constants), torch.nn.LocalResponseNorm(**constants)):
        inputs = x.clone().requires_grad_()
        outputs = layer(inputs)
        outputs.backward(upstream)
        results.append((outputs.detach(), inputs.grad))
    torch.testing.assert_close(*results, rtol=1e-12, atol=1e-12)


def test_local_response_normalisation_adds_up_in_float32_where_products_are_bfloat16():
    layer = LocalResponseNorm(16, size=9, alpha=0.3, beta=0.75, k=1.0)
    x = torch.randn(4, 16, 3, 3).bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = layer(x)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), layer(x.double()), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("scheme", "variance"), [("he_normal", 2 / 900), ("glorot_uniform", 2 / 1620)])
def test_initialisation_has_the_stated_variance_and_is_fixed_by_its_seed(scheme, variance):
    def layer():
        convolution = torch.nn.Conv2d(100, 80, 3)  # fan in 900, fan out 720
        initialise(convolution, scheme, torch.Generator().manual_seed(5))
        return convolution

    first, second = layer(), layer()
    assert torch.equal(first.weight, second.weight)
    assert not first.bias.any()
    assert first.weight.var().item() == pytest.approx(variance, rel=0.03)


def test_unknown_initialisation_is_refused():
    with pytest.raises(ValueError, match="he_normal"):
        initialise(torch.nn.Linear(2, 2), "xavier", torch.Generator())
