"""To measure coherence leaves a network as it was, and refuses what has none."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from rethinking.coherence.measure import measure
from rethinking.networks.inception import inception
from single_examples import frozen, prepared, sample


@pytest.fixture(autouse=True)
def same_weights_in_every_test():
    torch.manual_seed(0)


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
    assert set(modes) == {True, False}
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
