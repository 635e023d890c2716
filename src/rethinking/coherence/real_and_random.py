"""The smallest example of coherence: a linear model on "real" and on "random" data (section 3).

Five examples have six features and a label of 1 or -1. The first four are the training set. Feature i is
the label in example i and 0 in all others, so each example has a feature of its own. The sixth feature is
common: it is the label in every example of "real" data, and 0 in "random" data. A linear model without bias
that starts at w = 0 fits both training sets exactly. Only the common feature helps with the fifth example.

At w = 0, α is 0.625 and m-coherence 2.5 on real data, because the product of two gradients is half of their
squared norm. On random data gradients are orthogonal: α is 0.25 and m-coherence 1. Gradient descent ends at
test losses of 0.04 on real data and 1 on random data.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from rethinking.coherence.definition import coherence_of

LABELS = (1.0, -1.0, -1.0, 1.0, -1.0)
KINDS = ("real", "random")


class Examples(NamedTuple):
    """Four training examples and one test example."""

    features: np.ndarray  # float64 (4, 6)
    labels: np.ndarray  # float64 (4,)
    test_features: np.ndarray  # float64 (1, 6)
    test_labels: np.ndarray  # float64 (1,)


def examples(kind: str) -> Examples:
    """The five examples, "real" or "random". Raises ``ValueError`` for another kind."""
    if kind not in KINDS:
        raise ValueError(f"the kind of data is {kind!r}; expected one of {', '.join(KINDS)}")
    labels = np.array(LABELS)
    common = labels if kind == "real" else np.zeros(len(labels))
    features = np.column_stack([np.diag(labels), common])
    return Examples(features[:-1], labels[:-1], features[-1:], labels[-1:])


def gradients(weights: np.ndarray, features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The gradient of (w·x - y)² for each example, float64 (examples, features)."""
    return 2 * (features @ weights - labels)[:, None] * features


def descend(kind: str, learning_rate: float = 0.01, steps: int = 500) -> pd.DataFrame:
    """Gradient descent on the mean of (w·x - y)² over the training set, from w = 0.

    A row for each step from 0 to ``steps`` with the columns step, train_loss, test_loss (both the mean of
    (w·x - y)²), alpha and m_coherence, of the weights after so many steps. By default with the step size of
    Walker's notebook, as the paper does not print its own. Raises ``ValueError`` as ``examples`` does.
    """
    data = examples(kind)
    weights, rows = np.zeros(data.features.shape[1]), []
    for step in range(steps + 1):
        found = gradients(weights, data.features, data.labels)
        coherence = coherence_of(found)
        train = np.square(data.features @ weights - data.labels).mean()
        test = np.square(data.test_features @ weights - data.test_labels).mean()
        rows.append((step, train, test, coherence.alpha, coherence.m_coherence))
        weights = weights - learning_rate * found.mean(axis=0)
    return pd.DataFrame(rows, columns=["step", "train_loss", "test_loss", "alpha", "m_coherence"])
