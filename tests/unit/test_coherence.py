"""Coherence of gradients: every fast path beside a loop over single examples."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from rethinking.coherence.measure import measure
from rethinking.coherence.norms import LAYERS
from rethinking.networks.alexnet import alexnet
from rethinking.networks.inception import inception
from rethinking.networks.layers import SameConv2d, ShiftBatchNorm2d
from rethinking.networks.mlp import mlp
from single_examples import assert_exact, close, frozen, one_by_one, prepared, sample


@pytest.fixture(autouse=True)
def same_weights_in_every_test():
    torch.manual_seed(0)


# Every path beside the loop.


@pytest.mark.parametrize("hidden_layers", [1, 3])
def test_a_perceptron_is_exact(hidden_layers):
    assert_exact(prepared(mlp((1, 3, 3), 3, width=0.02, hidden_layers=hidden_layers)), (1, 3, 3))


@pytest.mark.parametrize(
    ("network", "width", "layers"),
    [(alexnet, 0.05, 5), (inception, 0.04, 39), (lambda *args: inception(*args, batch_norm=False), 0.04, 20)],
    ids=["alexnet", "inception", "inception without BatchNorm"],
)
def test_the_papers_networks_are_exact(network, width, layers):
    made = prepared(network((3, 9, 9), 3, width))
    assert_exact(made, (3, 9, 9))
    assert len({name.rpartition(".")[0] for name, _ in made.named_parameters()}) == layers


class Scores(nn.Module):
    """The mean over positions, and scores of three classes: what follows a layer that is tested."""

    def __init__(self, channels):
        super().__init__()
        self.output = nn.Linear(channels, 3)

    def forward(self, x):
        return self.output(torch.tanh(x).flatten(2).mean(dim=2))


CONVOLUTIONS = {
    "plain": dict(kernel_size=3),
    "one pixel": dict(kernel_size=1),
    "one pixel, strided and padded": dict(kernel_size=1, stride=2, padding=1),
    "strided": dict(kernel_size=3, stride=(2, 1)),
    "padded": dict(kernel_size=(3, 2), padding=(2, 1)),
    "dilated": dict(kernel_size=3, dilation=(2, 1), padding=2),
    "groups": dict(kernel_size=3, groups=2, stride=2),
    "each channel alone": dict(kernel_size=3, groups=4),
    "no bias": dict(kernel_size=3, bias=False),
    "same": dict(kernel_size=(4, 3), padding="same", dilation=(1, 2)),
    "valid": dict(kernel_size=3, padding="valid"),
    "reflected": dict(kernel_size=3, padding=1, padding_mode="reflect"),
}


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("name", CONVOLUTIONS)
@pytest.mark.parametrize("side", [5, 11])  # few positions, for the Gram form, and many
def test_convolutions_are_exact(name, side):
    network = nn.Sequential(nn.Conv2d(4, 8, **CONVOLUTIONS[name]), nn.ReLU(inplace=True), Scores(8))
    assert_exact(prepared(network), (4, side, side))


@pytest.mark.parametrize("stride", [1, 2])
def test_padding_that_a_module_adds_itself_is_seen(stride):
    assert_exact(prepared(nn.Sequential(SameConv2d(2, 4, 5, stride), Scores(4))), (2, 6, 7))


@pytest.mark.parametrize("norm", [nn.BatchNorm2d, ShiftBatchNorm2d])
def test_batch_normalisation_is_exact(norm):
    assert_exact(prepared(nn.Sequential(norm(4), nn.Conv2d(4, 4, 2), norm(4), Scores(4))), (4, 4, 4))


def test_batch_normalisation_of_features_is_exact():
    assert_exact(prepared(nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Linear(5, 3))), (4,))


@pytest.mark.parametrize("positions", [1, 2, 30])
def test_linear_layers_at_several_positions_are_exact(positions):
    network = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Flatten(1, -2), nn.Linear(5, 7), nn.Flatten())
    assert_exact(prepared(nn.Sequential(network, nn.Linear(7 * positions, 3))), (1, positions, 6))


class Tied(nn.Module):
    """Two modules that share their weight, and have a bias each."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.output = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 3)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.output(torch.tanh(self.second(torch.tanh(self.first(x)))))


class Repeated(nn.Module):
    """A module that is called twice."""

    def __init__(self, layer, output):
        super().__init__()
        self.layer, self.output = layer, output

    def forward(self, x):
        return self.output(torch.tanh(self.layer(torch.tanh(self.layer(x)))))


class Penalised(nn.Module):
    """A weight that is used by its layer and, unseen by layers, a second time."""

    def __init__(self):
        super().__init__()
        self.layer, self.gain = nn.Linear(4, 3), nn.Parameter(torch.ones(3))

    def forward(self, x):
        return self.gain * self.layer(x) + self.layer.weight.square().sum() * x[:, :3]


class Unused(nn.Module):
    """A layer on which no output depends, and one whose output is thrown away."""

    def __init__(self):
        super().__init__()
        self.never, self.dropped, self.output = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, x):
        self.dropped(x)
        return self.output(x)


class Folded(nn.Module):
    """Positions that are folded into the batch, so that a layer's first dimension is not the examples."""

    def __init__(self):
        super().__init__()
        self.layer, self.output = nn.Linear(2, 2), nn.Linear(4, 3)

    def forward(self, x):
        return self.output(torch.tanh(self.layer(x.reshape(-1, 2))).reshape(len(x), -1))


BY_TORCH_FUNC = {
    "shared": (Tied(), (4,), ["first.weight"]),
    "called twice": (Repeated(nn.Linear(4, 4), nn.Linear(4, 3)), (4,), ["layer.weight", "layer.bias"]),
    "convolution called twice": (
        Repeated(nn.Conv2d(2, 2, 3, padding=1, bias=False), nn.Sequential(nn.Flatten(), nn.Linear(18, 3))),
        (2, 3, 3),
        ["layer.weight"],
    ),
    "used outside its layer": (Penalised(), (4,), ["gain", "layer.weight"]),
    "folded": (Folded(), (4,), ["layer.weight", "layer.bias"]),
    "layer normalisation": (nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 3)), (4,), ["0.weight", "0.bias"]),
    "group normalisation": (
        nn.Sequential(nn.GroupNorm(2, 4), nn.PReLU(), Scores(4)),
        (4, 2, 2),
        ["0.weight", "0.bias", "1.weight"],
    ),
    "other convolutions": (
        nn.Sequential(nn.Conv1d(2, 4, 2, bias=False), nn.ConvTranspose1d(4, 4, 2, bias=False), Scores(4)),
        (2, 5),
        ["0.weight", "1.weight"],
    ),
    "reparametrised": (
        nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(4, 3))),
        (4,),
        ["0.parametrizations.weight.original0", "0.parametrizations.weight.original1"],
    ),
}


@pytest.mark.parametrize("name", BY_TORCH_FUNC)
@pytest.mark.parametrize("memory", [1, 2**27])  # an example at a time, and all at once
def test_what_layers_cannot_cover_is_exact_by_torch_func(name, memory):
    network, shape, expected = BY_TORCH_FUNC[name]
    assert_exact(prepared(copy.deepcopy(network)), shape, expected, memory=memory)


class SequenceFirst(nn.Module):
    """Positions before examples, of which there are as many."""

    def __init__(self):
        super().__init__()
        self.layer, self.output = nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.output(torch.tanh(self.layer(x.transpose(0, 1))).mean(dim=0))


@pytest.mark.parametrize("batch", [2, 3, 4, 5])  # of 5 examples, 2 is the rest with 3
@pytest.mark.parametrize("positions", [2, 3, 5])
def test_positions_before_examples_are_no_examples_even_if_there_are_as_many(batch, positions):
    assert_exact(prepared(SequenceFirst()), (positions, 4), ["layer.weight", "layer.bias"], batch=batch)


def test_attention_is_exact():
    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention, self.output = nn.MultiheadAttention(4, 2, batch_first=True), nn.Linear(4, 3)

        def forward(self, x):
            return self.output(self.attention(x, x, x)[0]).mean(dim=1)

    of_attention = ("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")
    assert_exact(prepared(Attention()), (3, 4), [f"attention.{name}" for name in of_attention])


def test_frozen_parameters_are_left_out():
    network = prepared(mlp((1, 3, 3), 3, width=0.02, hidden_layers=3))
    assert_exact(frozen(network, "1.weight", "1.bias", "3.weight", "5.bias"), (1, 3, 3))
    convolutional = nn.Sequential(nn.Conv2d(2, 4, 2), nn.BatchNorm2d(4), Scores(4))
    assert_exact(frozen(prepared(convolutional), "0.bias", "1.weight"), (2, 4, 4))


def test_layers_without_a_gradient_count_nothing():
    network = prepared(Unused())
    images, labels = sample((4,))
    found = measure(network, images, labels)
    close(found.layers["output"], one_by_one(network, images, labels)["output"])
    for layer in ("never", "dropped"):
        assert found.layers[layer][1:] == (0, 0)
    assert found.by_torch_func == ()


class Largest(TorchDispatchMode):
    """How many numbers the largest tensor has that PyTorch computes, at any depth."""

    def __init__(self):
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        output = function(*args, **(kwargs or {}))
        for each in output if isinstance(output, tuple) else (output,):
            self.numbers = max(self.numbers, each.numel() if isinstance(each, torch.Tensor) else 0)
        return output


@pytest.mark.parametrize(
    ("layer", "shape", "largest"),
    [
        (nn.Linear(40, 50), (1, 40), 4 * 50),  # never 40 × 50: the product of two norms
        (nn.Linear(40, 50), (3, 40), 4 * 3 * 50),
        (nn.Linear(8, 9), (30, 8), 4 * 30 * 9),  # not 30 × 30
        (nn.Conv2d(8, 30, 3), (8, 4, 4), 4 * 4 * 72),  # 4 positions of 72 numbers, not 30 × 72
        (nn.Conv2d(2, 3, 3), (2, 22, 22), 4 * 3 * 400),  # not 400 × 400, nor 400 positions of 18 numbers
    ],
)
def test_the_smaller_form_is_taken(layer, shape, largest):
    layer, images = layer.double(), sample(shape, examples=4)[0]
    function = F.linear if isinstance(layer, nn.Linear) else F.conv2d
    output = layer(images)
    for parameter, norms in LAYERS[function](2**27, images, layer.weight, layer.bias):
        delta = torch.randn_like(output)
        with Largest() as found:
            squared = norms(delta)
        assert found.numbers <= largest
        rows = [
            torch.autograd.grad(output, parameter, delta * chosen.view(-1, *[1] * (delta.ndim - 1)),
                                retain_graph=True)[0]
            for chosen in torch.eye(4).double()
        ]  # fmt: skip
        torch.testing.assert_close(
            squared, torch.stack(rows).flatten(1).square().sum(dim=1), rtol=1e-12, atol=0
        )


def test_a_small_memory_takes_the_same_layers_in_pieces():
    network = nn.Sequential(nn.Conv2d(4, 8, 3), nn.BatchNorm2d(8), nn.Tanh(), Scores(8))
    assert_exact(prepared(network), (4, 6, 6), memory=1)


def test_the_batch_does_not_matter():
    network, (images, labels) = prepared(alexnet((3, 6, 6), 3, 0.05)), sample((3, 6, 6), examples=7)
    results = [measure(network, images, labels, batch=batch) for batch in (1, 3, 100)]
    for each in results[1:]:
        assert each.network == pytest.approx(results[0].network, rel=1e-10)


def test_the_square_loss_is_exact():
    def loss(outputs, targets):
        return (outputs - targets).square().sum(dim=1)

    network, (images, labels) = prepared(nn.Linear(4, 3)), sample((4,))
    targets = F.one_hot(labels, 3).double()
    close(measure(network, images, targets, loss).network, one_by_one(network, images, targets, loss)[""])


# float32, and gradients that are as small as those of examples that are fitted.


def test_float32_suffices():
    network, (images, labels) = prepared(inception((3, 9, 9), 3, 0.04)), sample((3, 9, 9))
    right = measure(network, images, labels).network
    found = measure(network.float(), images.float(), labels).network
    assert found == pytest.approx(right, rel=1e-4)


@pytest.mark.parametrize("margin", [12, 20, 30, 60])  # losses of e^-margin; δ² underflows float32 at 60
def test_examples_that_are_fitted_have_exact_gradients_in_float32(margin):
    network = prepared(nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)))
    images, _ = sample((4,))
    with torch.no_grad():
        network[2].bias[:] = torch.tensor([margin, 0.0, 0.0])
    labels = torch.zeros(5, dtype=torch.int64)
    right = measure(network, images, labels).network
    found = measure(network.float(), images.float(), labels).network
    assert right.sum_of_squared_norms < 1e-6
    assert found == pytest.approx(right, rel=1e-4)
