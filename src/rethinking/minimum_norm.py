"""Section 5: the minimum-norm solution, how gradient descent finds it, and solutions that do not generalise.

For X (n, d) of rank n <= d and targets y (n, k), w* = Xᵀ(XXᵀ)⁻¹y (the paper's equation 3) is the solution of
Xw = y with the smallest norm. Every gradient of the square loss is a combination of rows of X, so descent
that starts in their span ends at w*, and the part of a start outside it stays for ever.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from rethinking.classification import classification_error, one_hot
from rethinking.kernels.cholesky import NotPositiveDefinite, factorise
from rethinking.kernels.kernels import Gaussian, Linear, Points
from rethinking.kernels.systems import LARGEST_RESIDUAL, fit, predict, solve

DIVERGED = 1e3  # times as far away as descent began, or as 0 is from w*


def _checked(features, targets) -> tuple[np.ndarray, np.ndarray]:
    features, targets = np.asarray(features, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    if features.ndim != 2 or targets.ndim != 2 or len(features) != len(targets):
        raise ValueError(f"expected features (n, d), targets (n, k), found {features.shape}, {targets.shape}")
    if features.shape[0] > features.shape[1]:
        raise ValueError(f"{features.shape[0]} examples of {features.shape[1]} features; expected n <= d")
    if not (np.isfinite(features).all() and np.isfinite(targets).all() and targets.any()):
        raise ValueError("expected finite features and targets, and targets that are not all 0")
    return features, targets


def minimum_norm(features: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """w* = Xᵀ(XXᵀ)⁻¹y, float64 (d, k), for features X (n, d) and targets y (n, k), both float64.

    Solved by Cholesky's factorisation of XXᵀ. Raises ``ValueError`` for other shapes, n > d, values that
    are not finite, targets that are all 0, and rows that are linearly dependent to the precision of XXᵀ.
    """
    features, targets = _checked(features, targets)
    try:
        weights, _ = fit(Points(features, Linear()), targets)
    except NotPositiveDefinite as error:
        raise ValueError(f"the rows of the features are linearly dependent: {error}") from error
    return features.T @ weights


def kernel_coordinates(points: np.ndarray, others: np.ndarray, gamma: float) -> np.ndarray:
    """Coordinates X (n, n + m), float64, of n points in the Hilbert space of a Gaussian kernel.

    The space is that of all functions Σ α_i k(·, x_i) over ``points`` (n, d) and ``others`` (m, d), floats,
    and its axes are orthonormal: XXᵀ is the kernel matrix of ``points``, and descent on X is descent on the
    function. Of each coordinate vector, the part outside the span of X's rows changes the function at
    ``others`` and not at ``points``. Raises ``NotPositiveDefinite`` for copies of points, too wide a kernel.
    """
    gram = Points(np.concatenate([points, others]), Gaussian(gamma))
    factor = factorise(gram)
    axes = np.zeros((len(gram), len(gram)))
    for start, panel in zip(factor.starts, factor.panels, strict=False):
        axes[start:, start : start + panel.shape[1]] = panel
    return np.tril(axes)[: len(points)]


class Start(NamedTuple):
    """Where descent begins."""

    name: str
    weights: np.ndarray  # float64 (d, k)


def starting_points(
    features: np.ndarray, minimum: np.ndarray, generator: np.random.Generator, norm: float = 1.0
) -> list[Start]:
    """0, a random combination of the rows of ``features`` (n, d), and a Gaussian vector in all d dimensions.

    The last two have ``norm`` times the norm of ``minimum`` (d, k). Of the last one's squared norm, 1 - n/d
    is outside the span of the rows in the mean.
    """
    inside = features.T @ generator.standard_normal((len(features), minimum.shape[1]))
    outside = generator.standard_normal(minimum.shape)
    length = norm * np.linalg.norm(minimum)
    return [
        Start("zero", np.zeros(minimum.shape)),
        Start("inside the span", inside * (length / np.linalg.norm(inside))),
        Start("outside the span", outside * (length / np.linalg.norm(outside))),
    ]


def outside_distance(start: Start, features: np.ndarray, minimum: np.ndarray) -> float:
    """‖P⊥w₀‖ / ‖w*‖, P⊥ the projection off the rows of ``features``: how near to w* descent from w₀ gets."""
    basis, _ = np.linalg.qr(features.T)
    outside = start.weights - basis @ (basis.T @ start.weights)
    return float(np.linalg.norm(outside) / np.linalg.norm(minimum))


def reported_steps(steps: int) -> list[int]:
    """1, 2, 3, 5, 7, 10, 20, ... up to ``steps``, and ``steps`` itself."""
    found = {factor * 10**power for power in range(len(str(steps))) for factor in (1, 2, 3, 5, 7)}
    return sorted({step for step in found if step < steps} | {steps})


def _sgd(weights, rows, targets, optimum, step_size, batch_size, generator, wanted):
    order = np.empty(0, dtype=int)
    for step in range(1, wanted[-1] + 1):
        if not len(order):
            order = generator.permutation(len(rows))
        chosen, order = order[:batch_size], order[batch_size:]
        batch = rows[chosen]
        weights = weights - step_size / len(chosen) * (batch.T @ (batch @ weights - targets[chosen]))
        if step in wanted:
            yield weights - optimum


def descend(
    features, targets, steps: int, batch_size: int | None, start: Start, generator, step_size=None
) -> pd.DataFrame:
    """Gradient descent on ‖Xw - y‖²/2n, or SGD on batches of it, and how far from w* it is (section 5).

    ``features`` X are (n, d) of rank n, ``targets`` y (n, k), both float64. With ``batch_size`` None a step
    is the mean over all examples, else over the next ``batch_size`` of a permutation that ``generator``
    (NumPy's) draws anew each epoch, the last batch being the rest.

    ``step_size`` is constant. By default it is 1/λ, with λ the largest eigenvalue of XᵀX/n for gradient
    descent, which converges below 2/λ; and with λ the largest ‖x_i‖² for SGD: no batch's XᵀX/b has an
    eigenvalue above the mean of its ‖x_i‖², so no step from any batch leads away from w*.

    Computed in the basis of X's right singular vectors; the part of ``start`` outside their span is added.
    SGD takes its steps there one by one. Gradient descent takes none: it is the closed form, in which t steps
    of size η multiply the error along each eigenvector of XᵀX/n, of eigenvalue λ, by (1 - ηλ)^t. Its distance
    therefore also falls below the 1e-16 or so at which rounding would hold a loop.

    The frame has the columns start, optimiser, step, epoch, distance (‖w - w*‖ / ‖w*‖) and residual
    (‖Xw - y‖ / ‖y‖), a row for each of ``reported_steps``. Raises ``ValueError`` for what ``minimum_norm``
    does, but for dependent rows by the precision of X; for impossible starts and steps; for divergence.
    """
    features, targets = _checked(features, targets)
    n, d = features.shape
    if start.weights.shape != (d, targets.shape[1]):
        raise ValueError(f"expected a start of {(d, targets.shape[1])}, found {start.weights.shape}")
    if steps < 1 or not (batch_size is None or 1 <= batch_size <= n):
        raise ValueError(f"{steps} steps of {batch_size} examples; expected 1 or more of 1 to {n}")
    left, scales, right = np.linalg.svd(features, full_matrices=False)
    if scales[-1] <= d * np.finfo(float).eps * scales[0]:
        raise ValueError(f"the {n} rows of the features are linearly dependent")
    optimum = left.T @ targets / scales[:, None]
    begin = right @ start.weights
    outside = np.linalg.norm(start.weights - right.T @ begin)
    wanted = reported_steps(steps)
    if batch_size is None:
        name, steps_an_epoch, eigenvalues = "gradient descent", 1, scales**2 / n
        step_size = step_size or 1 / eigenvalues[0]
        # Each step multiplies each coordinate by a number of its own: t steps are a power.
        factors = 1 - step_size * eigenvalues[:, None]
        errors = (factors**step * (begin - optimum) for step in wanted)
    else:
        name, steps_an_epoch, rows = f"SGD, batches of {batch_size}", -(-n // batch_size), left * scales
        step_size = step_size or 1 / np.square(features).sum(axis=1).max()
        errors = _sgd(begin, rows, targets, optimum, step_size, batch_size, generator, wanted)
    length, table = np.linalg.norm(optimum), []
    limit = DIVERGED * max(np.linalg.norm(begin - optimum), length)
    with np.errstate(over="ignore", invalid="ignore"):
        for step, error in zip(wanted, errors, strict=True):
            inside = np.linalg.norm(error)
            if not inside <= limit:
                raise ValueError(f"{name} from {start.name} diverged by step {step}, step size {step_size:g}")
            distance = np.hypot(inside, outside) / length
            residual = np.linalg.norm(scales[:, None] * error) / np.linalg.norm(targets)
            table.append((start.name, name, step, step / steps_an_epoch, distance, residual))
    return pd.DataFrame(table, columns=["start", "optimiser", "step", "epoch", "distance", "residual"])


class Interpolant(NamedTuple):
    """A function that fits all training labels, and how well it does elsewhere."""

    name: str
    train_error: float
    test_error: float
    norm: float  # in the kernel's Hilbert space, over all classes together
    residual: float  # of its system, relative to the targets: how exactly it interpolates


def interpolants(
    train_points, train_labels, test_points, test_labels, classes: int, gamma: float, generator
) -> list[Interpolant]:
    """Do all global minima generalise equally well (section 5)? Three functions of a Gaussian kernel's space.

    - "minimum norm": Σ α_i k(·, x_i) over the training points, Kα = y for their one-hot labels y;
    - "random labels on the test set": the smallest function that fits the training labels and, at the
      test points, uniformly random ones; its test error is 1 - 1/``classes`` in the mean;
    - "centres at random points": Σ α_i k(·, z_i) for n points z_i of independent Gaussian features with the
      training set's mean and deviation each, K(X, Z)α = y by LU. Worse in condition than K, but float64
      suffices for MNIST in 0..1 with n <= 3000 and gammas from 0.005 to 0.1.

    Points are floats (n, d) and (m, d), labels ints, ``generator`` NumPy's. Raises ``ValueError`` for integer
    points and a K(X, Z) that is singular or leaves more than ``systems.LARGEST_RESIDUAL`` of y;
    ``NotPositiveDefinite`` for copies of points or too wide a kernel.
    """
    if not all(np.issubdtype(points.dtype, np.floating) for points in (train_points, test_points)):
        raise ValueError("expected points as floats, of the scale that the gamma is for")
    kernel, targets = Gaussian(gamma), one_hot(train_labels, classes)
    drawn = one_hot(generator.integers(0, classes, len(test_labels)), classes)
    noise = generator.standard_normal(train_points.shape)
    alone, joined = Points(train_points, kernel), Points(np.concatenate([train_points, test_points]), kernel)
    centres = alone.at(train_points.mean(axis=0) + train_points.std(axis=0) * noise)
    smallest, random = solve(alone, targets), solve(joined, np.concatenate([targets, drawn]))
    matrix = np.empty((len(alone), len(alone)))
    centres.block(slice(0, len(alone)), slice(0, len(alone)), matrix, alone)
    weights = np.linalg.solve(matrix, targets)
    residual = float(np.linalg.norm(matrix @ weights - targets) / np.linalg.norm(targets))
    if not residual <= LARGEST_RESIDUAL:
        raise ValueError(f"random centres leave {residual:.1e} of the targets with gamma {gamma:g}")
    norm = float(np.sqrt(max(np.sum(weights * predict(centres, centres, weights)), 0.0)))
    found = [
        ("minimum norm", alone, smallest.weights, smallest.norm, smallest.residual),
        ("random labels on the test set", joined, random.weights, random.norm, random.residual),
        ("centres at random points", centres, weights, norm, residual),
    ]
    parts = ((train_points, train_labels), (test_points, test_labels))
    return [
        Interpolant(name, *(classification_error(predict(g, g.at(x), w), y) for x, y in parts), *rest)
        for name, g, w, *rest in found
    ]
