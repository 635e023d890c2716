"""Coherence of gradients: its definition, and every fast path beside a loop over single examples."""

import copy
import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from rethinking.coherence.definition import Coherence, coherence_of
from rethinking.coherence.measure import cross_entropy, measure
from rethinking.coherence.norms import LAYERS
from rethinking.coherence.real_and_random import descend, examples, gradients
from rethinking.networks.alexnet import alexnet
from rethinking.networks.inception import inception
from rethinking.networks.layers import SameConv2d, ShiftBatchNorm2d
from rethinking.networks.mlp import mlp


@pytest.fixture(autouse=True)
def same_weights_in_every_test():
    torch.manual_seed(0)


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


# The definition.


def test_the_limits_of_coherence():
    orthogonal = coherence_of(np.diag([1.0, 5.0, 0.1, 2.0]))
    assert (orthogonal.m_coherence, orthogonal.alpha) == (1, 0.25)
    assert orthogonal.alpha_between_examples == 0
    equal = coherence_of(np.ones((4, 3)))
    assert (equal.m_coherence, equal.alpha, equal.alpha_between_examples) == (4, 1, 1)
    opposed = coherence_of([[1.0, 2.0], [-1.0, -2.0]])
    assert (opposed.m_coherence, opposed.alpha, opposed.alpha_between_examples) == (0, 0, -1)
    assert np.isnan(coherence_of(np.zeros((2, 2))).alpha)
    assert np.isnan(coherence_of(np.ones((1, 2))).alpha_between_examples)


@pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros((0, 3))])
def test_gradients_that_are_no_sample_are_refused(wrong):
    with pytest.raises(ValueError, match="expected gradients"):
        coherence_of(wrong)


@pytest.mark.parametrize("seed", range(20))
def test_alpha_is_the_mean_product_over_the_mean_square_and_has_no_scale(seed):
    generator = np.random.default_rng(seed)
    m, parameters, scale = generator.integers(2, 7), generator.integers(1, 5), 10 ** generator.uniform(-3, 3)
    drawn = generator.standard_normal((m, parameters)) + 0.3
    found = coherence_of(scale * drawn)
    products, of_itself = drawn @ drawn.T, np.square(drawn).sum(axis=1).mean()
    assert found.alpha == pytest.approx(products.mean() / of_itself, rel=1e-9, abs=1e-12)
    different = (products.sum() - np.trace(products)) / (m * (m - 1))
    assert found.alpha_between_examples == pytest.approx(different / of_itself, rel=1e-9, abs=1e-9)
    assert 0 <= found.alpha <= 1 + 1e-12


def test_mini_batches_inflate_alpha_by_the_documented_formula():
    drawn, k = np.random.default_rng(0).standard_normal((4, 6)) + 0.2, 3
    alpha = coherence_of(drawn).alpha
    batches = np.stack([drawn[list(chosen)].mean(axis=0) for chosen in itertools.product(range(4), repeat=k)])
    inflated = coherence_of(batches).alpha
    assert inflated == pytest.approx(k * alpha / (1 + (k - 1) * alpha))
    assert alpha == pytest.approx(inflated / (k - (k - 1) * inflated))
    assert inflated > 1.3 * alpha


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


def frozen(network, *names):
    for name in names:
        network.get_parameter(name).requires_grad_(False)
    return network


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


# The network is left as it was.


def test_mode_gradients_and_buffers_are_left_as_they_were():
    network = inception((3, 5, 5), 3, 0.04)
    network[1].eval()
    for parameter in network.parameters():
        parameter.grad = torch.full_like(parameter, 7.0)
    modes = [module.training for module in network.modules()]
    before = {name: each.clone() for name, each in network.state_dict().items()}
    measure(network, torch.randn(4, 3, 5, 5), torch.tensor([0, 1, 2, 0]))
    assert [module.training for module in network.modules()] == modes
    assert True in modes
    assert False in modes
    for name, each in network.state_dict().items():
        assert torch.equal(each, before[name]), name
    assert all((parameter.grad == 7).all() for parameter in network.parameters())


def test_gradients_are_those_of_evaluation_mode_whatever_the_mode():
    network = prepared(nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Dropout(), nn.Linear(5, 3)))
    images, labels = sample((4,))
    right = measure(network, images, labels)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        assert measure(network.train(), images, labels) == right


def test_the_network_is_left_as_it_was_after_an_error():
    class Counted(nn.Linear):
        def __init__(self):
            super().__init__(4, 3)
            self.register_buffer("calls", torch.zeros(()))
            self.register_buffer("last", torch.zeros(()))

        def forward(self, x):
            self.calls += 1
            self.last = x.sum()
            raise RuntimeError("no forward pass")

    network = Counted()
    with pytest.raises(RuntimeError, match="no forward pass"):
        measure(network, torch.randn(2, 4), torch.tensor([0, 1]))
    assert network.training
    assert (network.calls, network.last) == (0, 0)


# What has no coherence is refused.


def test_statistics_of_the_batch_are_refused():
    network = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5, track_running_stats=False), nn.Linear(5, 3))
    with pytest.raises(ValueError, match="track_running_stats"):
        measure(network, torch.randn(4, 4), torch.tensor([0, 1, 2, 0]))


class Centred(nn.Module):
    def forward(self, x):
        return x - x.mean(dim=0)


class Noisy(nn.Module):
    def forward(self, x):
        return x + torch.rand_like(x)


@pytest.mark.parametrize("layer", [Centred(), Noisy()])
@pytest.mark.parametrize("other", [nn.Linear(4, 4), nn.LayerNorm(4)])  # with and without torch.func
def test_a_network_that_mixes_examples_is_refused(layer, other):
    images, labels = sample((4,), examples=6)
    for layers in ([layer, other], [other, layer]):
        with pytest.raises(ValueError, match="expected a network that treats each example by itself"):
            measure(prepared(nn.Sequential(*layers, nn.Linear(4, 3))), images, labels)


def test_a_network_that_torch_func_cannot_differentiate_is_refused_with_its_parameters():
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.gain, self.output = nn.Parameter(torch.ones(4)), nn.Linear(4, 3)

        def forward(self, x):
            return self.output(x * self.gain if x.sum() > 0 else -x * self.gain)

    with pytest.raises(ValueError, match=r"single examples, as the parameters gain need"):
        measure(Branching(), torch.randn(2, 4), torch.tensor([0, 1]))


LINEAR = nn.Linear(4, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(images=torch.ones(0, 4), labels=torch.ones(0)), "0 images and 0 labels"),
        (dict(labels=torch.zeros(3, dtype=torch.int64)), "2 images and 3 labels"),
        (dict(batch=0), "batch is 0"),
        (dict(memory=0), "memory 0"),
        (dict(loss=F.cross_entropy), "reduction='none'"),
        (dict(loss=lambda outputs, labels: (outputs - outputs).log().sum(dim=1)), "not finite, such as -inf"),
        (dict(network=frozen(nn.Linear(4, 3), "weight", "bias")), "no parameters"),
        (dict(network=nn.Sequential(LINEAR, Centred()), loss=lambda outputs, _: outputs.detach()[:, 0]),
         "does not depend"),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_refused(arguments, message):
    usual = dict(network=LINEAR, images=torch.ones(2, 4), labels=torch.tensor([0, 1]))
    with pytest.raises(ValueError, match=message):
        measure(**{**usual, **arguments})


# The smallest example: real and random data.


def test_real_and_random_data_have_the_printed_coherence_and_losses():
    real, random = descend("real"), descend("random")
    # The two products that a pair of examples has: half of a squared norm, and none.
    assert (real.alpha[0], real.m_coherence[0]) == (0.625, 2.5)
    assert (random.alpha[0], random.m_coherence[0]) == (0.25, 1.0)
    # Walker's notebook prints losses before the step; its 50th is the loss after 49 steps.
    assert real.train_loss[[49, 99]].round(3).tolist() == [0.084, 0.007]
    assert random.train_loss[[49, 99, 499]].round(3).tolist() == [0.612, 0.371, 0.007]
    assert real.test_loss[500].round(3) == 0.040
    assert (random.test_loss == 1).all()
    # The residuals stay equal over examples, so the coherence does not change either.
    np.testing.assert_allclose(real.alpha, 0.625)
    np.testing.assert_allclose(random.alpha, 0.25)


def test_the_example_ends_at_the_solution_of_the_smallest_norm():
    data = examples("real")
    smallest = np.linalg.pinv(data.features) @ data.labels
    np.testing.assert_allclose(smallest, [0.2, 0.2, 0.2, 0.2, 0, 0.8])
    end = descend("real", steps=2000).iloc[-1]
    assert end.test_loss == pytest.approx(0.04, rel=1e-9)
    assert end.train_loss < 1e-20
    random = descend("random", steps=8000).iloc[-1]
    assert (random.train_loss < 1e-20, random.test_loss) == (True, 1)


@pytest.mark.parametrize(("kind", "alpha", "m_coherence"), [("real", 0.625, 2.5), ("random", 0.25, 1.0)])
def test_a_linear_network_has_the_coherence_of_the_example(kind, alpha, m_coherence):
    data = examples(kind)
    network = nn.Linear(6, 1, bias=False).double()
    nn.init.zeros_(network.weight)
    features, labels = torch.from_numpy(data.features), torch.from_numpy(data.labels)
    found = measure(network, features, labels, lambda outputs, labels: (outputs[:, 0] - labels).square())
    assert (found.network.alpha, found.network.m_coherence) == pytest.approx((alpha, m_coherence), rel=1e-12)
    right = coherence_of(gradients(np.zeros(6), data.features, data.labels))
    assert found.network == pytest.approx(right, rel=1e-12)


def test_other_data_than_real_and_random_are_refused():
    with pytest.raises(ValueError, match="'noisy'; expected one of real, random"):
        examples("noisy")
