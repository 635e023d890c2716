"""Coherence by its definition, and on the smallest example that has a printed value."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from rethinking.coherence.definition import coherence_of
from rethinking.coherence.measure import measure
from rethinking.coherence.real_and_random import descend, examples, gradients


@pytest.fixture(autouse=True)
def same_weights_in_every_test():
    torch.manual_seed(0)


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
