"""Empirical Rademacher complexity (section 2.2): reached by training, and of the balls of kernel spaces.

For functions H and n examples x_1, ..., x_n, with signs σ_i that are uniformly ±1 (the paper's equation 1),

    R_n(H) = E_σ[ sup_{h in H} 1/n Σ_i σ_i h(x_i) ].

The expected gap between test and training loss of every h in H is at most 2·R_n of the losses. So it is

- at most R_n(H) for the 0/1 error of classifiers h: the error is (1 - y·h(x))/2, hence half of R_n(H);
- at most 2·R_n(H) for the ramp loss of real functions, whose slope is at most 1 (Talagrand's contraction).

Neither loss exceeds 1, so a bound of 1 or more is vacuous. With probability 1 - δ the same holds of one
training set, with 3·√(log(2/δ)/2n) more. Source: Bartlett and Mendelson, Rademacher and Gaussian
complexities: risk bounds and structural results, JMLR 3, 2002, whose complexities are twice these.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from rethinking.kernels.cholesky import apply
from rethinking.statistics import mean_interval


def random_signs(draws: int, count: int, generator: np.random.Generator) -> np.ndarray:
    """Draw signs σ: uniformly ±1, int64 (``draws``, ``count``). Raises ``ValueError`` for none of either."""
    if draws < 1 or count < 1:
        raise ValueError(f"expected at least 1 draw of at least 1 sign, found {draws} of {count}")
    return 2 * generator.integers(0, 2, (draws, count)) - 1


def reached(
    train: Callable[[np.ndarray], float], draws: int, count: int, generator: np.random.Generator
) -> np.ndarray:
    """The correlation 1/n Σ σ_i h(x_i) that training reaches with each draw of signs, float64 (``draws``,).

    ``train`` is given signs σ, int64 (``count``,), as the labels of the n = ``count`` examples, and returns
    the train accuracy of the classifier h that it finds, as a fraction: the correlation is 2·accuracy - 1.
    The supremum over all classifiers that training could find is at least that, so the mean over draws is a
    lower bound of R_n(H) up to the scatter of draws. No R_n of classifiers exceeds 1. An accuracy of NaN, of
    training that failed, gives NaN. Raises ``ValueError`` for other accuracies outside 0..1.

    Example, of a learner that answers the more frequent sign always::

        reached(lambda signs: max(np.mean(signs == 1), np.mean(signs == -1)), 100, 50, generator).mean()
    """
    values = []
    for signs in random_signs(draws, count, generator):
        accuracy = float(train(signs))
        if not (0 <= accuracy <= 1 or math.isnan(accuracy)):
            raise ValueError(f"expected a train accuracy from 0 to 1, found {accuracy:g}")
        values.append(2 * accuracy - 1)
    return np.array(values)


def ball_suprema(gram, radius: float, signs: np.ndarray) -> np.ndarray:
    """sup 1/n Σ σ_i f(x_i) over all f of a kernel's space with norm at most B, float64 (draws,).

    Σ σ_i f(x_i) is the inner product of f with Σ σ_i k(·, x_i), so the supremum is exactly B/n·√(σᵀKσ), for
    each row σ of ``signs`` (draws, n). ``gram`` has the kernel matrix K, as ``kernels.systems.solve`` takes
    it, and ``radius`` is B. Raises ``ValueError`` for other shapes and for a negative radius.
    """
    signs = np.asarray(signs, dtype=np.float64)
    if signs.ndim != 2 or signs.shape[1] != len(gram):
        raise ValueError(f"expected signs (draws, {len(gram)}), found {signs.shape}")
    if not 0 <= radius < np.inf:
        raise ValueError(f"expected a radius of at least 0, found {radius}")
    products, _ = apply(gram.in_float64(), signs.T)
    squares = np.einsum("dn,nd->d", signs, products)
    return radius / len(gram) * np.sqrt(np.maximum(squares, 0))  # rounding may leave a square below 0


def ball_bound(gram, radius: float) -> float:
    """B·√(trace K)/n, an upper bound of R_n of the ball of radius B in a kernel's space.

    By Jensen's inequality, because E[σᵀKσ] is the trace. The true value is at least 1/√2 of the bound
    (Khintchine and Kahane). Arguments and errors are those of ``ball_suprema``.
    """
    if not 0 <= radius < np.inf:
        raise ValueError(f"expected a radius of at least 0, found {radius}")
    n = len(gram)
    trace = float(gram.in_float64().diagonal(0, n).sum())
    return radius / n * math.sqrt(trace)


class Ball(NamedTuple):
    """R_n of the ball of some radius in a kernel's space: estimated, with an interval, and bounded."""

    estimate: float  # the mean over draws of signs of the exact supremum
    lower: float  # Student's t interval of that mean; NaN for one draw
    upper: float
    bound: float  # B·√(trace K)/n


def kernel_ball(
    gram, radius: float, draws: int, generator: np.random.Generator, confidence: float = 0.95
) -> Ball:
    """R_n of the functions with norm at most ``radius`` in the space of the kernel of ``gram``.

    The bound holds for a ball whose radius is fixed before the labels are seen. The norm of a solution is
    not; to take it as the radius costs a further term of the order √(log log(norm)/n), from a union over
    the radii 1, 2, 4, ....
    Example, with images (n, d) as floats and their labels as signs (n, 1)::

        gram = Points(images, Gaussian(0.02))
        kernel_ball(gram, solve(gram, signs).norm, 200, numpy_generator(0, "signs"))
    """
    suprema = ball_suprema(gram, radius, random_signs(draws, len(gram), generator))
    return Ball(*mean_interval(suprema, confidence), ball_bound(gram, radius))


def ramp_loss(margins: np.ndarray) -> np.ndarray:
    """min(1, max(0, 1 - m)) of margins m = y·f(x): 0 from 1 on, 1 from 0 down, of slope 1 between.

    It is at least the 0/1 error, and 0 for a function that interpolates labels of ±1.
    """
    return np.clip(1 - np.asarray(margins), 0.0, 1.0)
