"""A probe sees what it is meant to see, when it is meant to, and the run does not notice."""

import numpy as np
import pytest
import torch
from torch import nn

from rethinking.networks.inception import inception
from rethinking.networks.initialisation import initialise
from rethinking.networks.mlp import mlp
from rethinking.preprocessing import centre_crop, standardise
from rethinking.probes import example_correctness
from rethinking.probing import Probe, Trace, draw_examples, left_as_it_was
from rethinking.recipe import Recipe, Split
from rethinking.training import train
from stopping import Stopped, StopsAfter

RECIPE = Recipe(epochs=3, learning_rate=0.05, crop=7, batch_size=32, random_crop=True, augmentation=True)
STEPS = 3 * 3  # of 70 examples in batches of 32
SAMPLE = np.array([3, 5, 11, 60])


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def data(count=70, seed=0):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, 1, 8, 8), generator=generator, dtype=torch.uint8)
    return Split(images, torch.randint(0, 10, (count,), generator=generator))


def network(factory=inception):
    """With BatchNorm, whose averages training moves, and dropout, which draws."""
    made = factory((1, 7, 7), 10, 0.125)
    initialise(made, "he_normal", torch.Generator().manual_seed(1))
    return nn.Sequential(made, nn.Dropout(0.1))


def run(made, probes=(), **changed):
    return train(made, data(), data(40, 9), RECIPE, 3, probes=probes, **changed)


def rude(network, images, labels):
    """Disturbs all that a probe can disturb."""
    network.train()
    loss = nn.functional.cross_entropy(network(images).float(), labels)
    loss.backward()
    for parameter in network.parameters():
        parameter.data.mul_(0.5)
    for buffer in network.buffers():
        buffer.zero_()
    torch.manual_seed(0)
    return {"loss": loss.item(), "drawn": torch.rand(3).numpy()}


def disturb(made):
    """Disturb a network where it is to be left as it was, and stop in the middle of it."""
    with left_as_it_was(made):
        assert not any(module.training for module in made.modules())
        assert all(parameter.grad is None for parameter in made.parameters())
        rude(made, torch.randn(4, 1, 7, 7), torch.zeros(4, dtype=torch.int64))
        raise ZeroDivisionError


def same_state(ours, theirs):
    return all(
        torch.equal(a, b)
        for a, b in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True)
    )


@pytest.mark.parametrize("factory", [mlp, inception])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_run_is_the_same_to_the_byte_with_and_without_probes(factory, dtype):
    alone, probed = network(factory), network(factory)
    expected = run(alone, dtype=dtype)
    probes = [
        Probe("correct", example_correctness.probe, SAMPLE, None, {0, 1, 4, 9}),
        Probe("rude", rude, SAMPLE, None, set(range(STEPS + 1))),
    ]
    found = run(probed, probes, dtype=dtype)
    assert found.history == expected.history
    assert found.verdict == expected.verdict
    assert same_state(probed, alone)
    assert len(found.traces["rude"]["loss"]) == STEPS + 1


def test_the_network_is_left_as_it_was_and_seen_in_evaluation_mode():
    made = network()
    made.train()
    made[1].eval()
    made(torch.randn(4, 1, 7, 7)).sum().backward()
    before = {name: tensor.clone() for name, tensor in made.state_dict().items()}
    gradients = [parameter.grad for parameter in made.parameters()]
    copies = [gradient.clone() for gradient in gradients]
    places = [tensor.data_ptr() for tensor in (*made.parameters(), *made.buffers())]
    modes = [module.training for module in made.modules()]
    noise = torch.get_rng_state()
    with pytest.raises(ZeroDivisionError):
        disturb(made)
    assert torch.equal(torch.get_rng_state(), noise)
    assert [module.training for module in made.modules()] == modes
    assert [tensor.data_ptr() for tensor in (*made.parameters(), *made.buffers())] == places
    for name, tensor in made.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    for parameter, gradient, copy in zip(made.parameters(), gradients, copies, strict=True):
        assert parameter.grad is gradient
        assert torch.equal(gradient, copy)


def test_a_probe_measures_at_its_moments_and_once_a_step():
    trace = run(network(mlp), [Probe("rude", rude, SAMPLE, {1, 3}, {0, 2, 9})]).traces["rude"]
    # Step 9 is the end of epoch 3.
    assert trace["step"].tolist() == [0, 2, 3, 9]
    assert trace["epoch"].tolist() == [0, 1, 1, 3]
    assert trace["drawn"].shape == (4, 3)
    every = run(network(mlp), [Probe("rude", rude, SAMPLE)]).traces["rude"]
    assert every["step"].tolist() == [3, 6, 9]


def test_a_probe_sees_the_whitened_centre_crops_of_its_examples_and_their_labels():
    seen = []

    def keep(network, images, labels):
        seen.append((images.clone(), labels.clone()))
        return {"seen": len(images)}

    run(network(mlp), [Probe("keep", keep, SAMPLE, {2}, {0})])
    split = data()
    for images, labels in seen:
        assert torch.equal(images, standardise(centre_crop(split.images, 7))[SAMPLE])
        assert torch.equal(labels, split.labels[SAMPLE])
    assert len(seen) == 2


def test_correctness_of_every_example_is_the_accuracy_of_the_epoch():
    everything = np.arange(70)
    found = run(network(mlp), [Probe("correct", example_correctness.probe, everything)])
    correct = found.traces["correct"]["correct"]
    assert correct.dtype == bool
    assert correct.shape == (3, 70)
    assert correct.mean(axis=1).tolist() == [row.train_accuracy for row in found.history]


def test_a_run_that_was_stopped_has_the_whole_trace_to_the_byte():
    probes = [
        Probe("correct", example_correctness.probe, SAMPLE, None, {0, 1, 3, 8}),
        Probe("rude", rude, SAMPLE, {2}, {4}),
    ]
    whole = network()
    expected = run(whole, probes)
    for batches in range(1, STEPS + 3 * 2 + 1):
        stopped = StopsAfter(batches)
        with pytest.raises(Stopped):
            run(network(), probes, checkpoint=stopped)
        again = network()
        found = run(again, probes, checkpoint=StopsAfter(10**6, stopped.state))
        assert found.history == expected.history
        assert same_state(again, whole)
        for name, arrays in expected.traces.items():
            for key, array in arrays.items():
                theirs = found.traces[name][key]
                assert (theirs.dtype, theirs.tobytes()) == (array.dtype, array.tobytes()), (
                    batches,
                    name,
                    key,
                )


def test_a_sample_is_fixed_by_its_seed_and_a_larger_one_holds_it():
    small, same, other = (draw_examples(1000, 50, seed) for seed in (1, 1, 2))
    assert small.tolist() == same.tolist() != other.tolist()
    assert len(set(small)) == 50
    assert sorted(small) == small.tolist()
    assert set(small) < set(draw_examples(1000, 60, 1))
    assert draw_examples(7, 50, 1).tolist() == list(range(7))


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        ({}, None, "gave nothing; expected numbers or arrays of numbers"),
        ({"step": 1.0}, None, "gave step; expected numbers"),
        ({"two words": 1.0}, None, "gave two words; expected numbers"),
        ({"a": "text"}, None, "gave a; expected numbers"),
        ({"a": 1.0}, {"b": 1.0}, r"gave {'b': .*} after step 1; expected {'a'"),
        ({"a": np.zeros(3)}, {"a": np.zeros(4)}, r"gave .*\(4,\).* after step 1; expected .*\(3,\)"),
        ({"a": 1.0}, {"a": 1}, r"gave .*int64.* after step 1; expected .*float64"),
    ],
)
def test_what_no_trace_can_hold_is_refused_with_the_name_of_the_probe(first, second, problem):
    trace = Trace("mine")
    if second is not None:
        trace.add(0, 0, first)
    with pytest.raises(ValueError, match=f"the probe mine {problem}"):
        trace.add(1, 1, first if second is None else second)


def test_a_probe_without_a_moment_in_the_run_has_an_empty_trace():
    trace = run(network(mlp), [Probe("late", rude, SAMPLE, (), {1000})]).traces["late"]
    assert trace["step"].shape == (0,)
    assert set(trace) == {"epoch", "step"}
