"""Random Fourier features, and least squares of minimum norm on N of them, through the peak at N = n.

N features approximate a Gaussian kernel, so they lead from a model that is too small for n labels, over the
smallest one that fits them all (N = n), to the kernel's own interpolant (infinitely many features). Belkin,
Hsu, Ma and Mandal ("Reconciling modern machine-learning practice and the classical bias-variance trade-off",
PNAS 2019) found the test error to fall, to peak at N = n and to fall again: double descent.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy.linalg import get_lapack_funcs

from rethinking.classification import classification_error, one_hot
from rethinking.kernels.kernels import Gaussian, Points
from rethinking.kernels.systems import predict

TILE = 1000  # points whose features are held at a time for predictions


class FourierFeatures(NamedTuple):
    """The features φ_k(x) = √(2/N)·cos(⟨v_k, x⟩ + b_k), k = 1..N, of points x.

    With v_k ~ N(0, 2γ·1) and b_k uniform on [0, 2π), the mean of Σ_k φ_k(x)φ_k(z) is exp(-γ‖x - z‖²)
    (Rahimi and Recht, "Random features for large-scale kernel machines", 2007). This is the real form with a
    phase: each feature is one real number, so N counts real features and, for each class, real parameters.
    Belkin et al. have the complex form exp(i⟨v_k, x⟩) without the factor √(2/N). With the factor, the norm of
    the weights is comparable over N, and tends to the norm in the kernel's Hilbert space.
    """

    frequencies: np.ndarray  # float64 (N, d)
    phases: np.ndarray  # float64 (N,), radians

    def first(self, count: int) -> "FourierFeatures":
        """The first ``count`` features, with a factor of their own. Raises ``ValueError`` for too many."""
        if not 1 <= count <= len(self.phases):
            raise ValueError(f"{count} features asked for; expected 1 to {len(self.phases)}")
        return FourierFeatures(self.frequencies[:count], self.phases[:count])

    def at(self, points: np.ndarray) -> np.ndarray:
        """The features of ``points`` (n, d), float64 (n, N), a column in one piece (Fortran's order)."""
        values = self.frequencies @ np.asarray(points, dtype=np.float64).T
        values += self.phases[:, None]
        np.cos(values, out=values)
        values *= (2 / len(values)) ** 0.5
        return values.T

    def predict(self, points: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Σ_k weights_k·φ_k at ``points`` (n, d), float64 (n, columns of ``weights``), computed in tiles."""
        starts = range(0, len(points), TILE)
        return np.concatenate([self.at(points[start : start + TILE]) @ weights for start in starts])


def draw(count: int, dimension: int, gamma: float, generator: np.random.Generator) -> FourierFeatures:
    """``count`` features of points of ``dimension`` numbers, for exp(-``gamma``·‖x - z‖²).

    Features are nested: with a generator of the same seed, the first features are the same whatever the
    count, so a curve over N is one draw. Raises ``ValueError`` for a count, dimension or gamma not above 0.
    """
    if count < 1 or dimension < 1 or not 0 < gamma < np.inf:
        raise ValueError(
            f"{count} features of {dimension} numbers with gamma {gamma:g}; expected all of them above 0"
        )
    # A stream each: of one stream, the phases would begin at a place that depends on the count.
    of_frequencies, of_phases = generator.spawn(2)
    frequencies = of_frequencies.standard_normal((count, dimension))
    frequencies *= (2 * gamma) ** 0.5
    return FourierFeatures(frequencies, of_phases.uniform(0, 2 * np.pi, count))


class LeastSquares(NamedTuple):
    """The solution of minimum norm of a least-squares problem."""

    weights: np.ndarray  # float64 (N, k)
    rank: int  # singular values above the cutoff
    condition: float  # the largest singular value by the smallest one above the cutoff


def least_squares(
    design: np.ndarray, targets: np.ndarray, cutoff: float | None = None, overwrite: bool = False
) -> LeastSquares:
    """Of all W that minimise ‖ΦW - Y‖, the one of minimum norm, for Φ (n, N) and Y (n, k), both float64.

    By LAPACK's gelsd, for N below, at and above n alike: the longer side is reduced by a QR factorisation,
    and the singular values of Φ itself are computed. Singular values up to ``cutoff`` times the largest
    count as 0; by default this is max(n, N) times the rounding of float64, as in NumPy. Φ's Gram matrix is
    not formed: the condition number, which is largest at N = n, would be squared. With ``overwrite`` a design
    in Fortran's order is not copied, and its values are lost (``scipy.linalg.lstsq`` copies it always).
    Raises ``ValueError`` for other shapes and values that are not finite, ``LinAlgError`` where LAPACK's
    iteration does not converge.
    """
    design, targets = np.asarray(design, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    if design.ndim != 2 or not design.size or targets.ndim != 2 or len(design) != len(targets):
        raise ValueError(
            f"expected a design (n, N) and targets (n, k), found {design.shape} and {targets.shape}"
        )
    if not (np.isfinite(design).all() and np.isfinite(targets).all()):
        raise ValueError("the design or the targets hold values that are not finite; expected finite ones")
    cutoff = np.finfo(np.float64).eps * max(design.shape) if cutoff is None else cutoff
    # LAPACK writes the weights over the targets, so there must be room for N rows.
    right = np.zeros((max(design.shape), targets.shape[1]), order="F")
    right[: len(targets)] = targets
    gelsd, workspace = get_lapack_funcs(("gelsd", "gelsd_lwork"), (design, right))
    work, integers, _ = workspace(*design.shape, right.shape[1], cutoff)
    count = design.shape[1]
    found, scales, rank, info = gelsd(
        design, right, int(work), int(integers), cutoff, overwrite_a=overwrite, overwrite_b=True
    )
    if info:
        raise np.linalg.LinAlgError(f"the singular values did not converge (LAPACK's gelsd: {info})")
    condition = float(scales[0] / scales[rank - 1]) if rank else 1.0
    return LeastSquares(found[:count], int(rank), condition)


class Outcome(NamedTuple):
    """How well a solution fits its labels and predicts those of other points.

    Errors are shares of examples whose largest value is not that of their label. Squared errors are means
    over examples of ‖f(x) - y‖², with y the label as 0/1 targets. The norm is that of the weights of all
    classes together; of a kernel's interpolant, that in its Hilbert space. The condition number is that of
    the features. A kernel's matrix is their Gram matrix, so the square root of its condition number is taken.
    """

    train_error: float
    test_error: float
    train_squared_error: float
    test_squared_error: float
    norm: float
    rank: int
    condition: float


class Problem(NamedTuple):
    """Points with several labellings, and test points; float64 rows (n, d) and (m, d), labels ints.

    The labellings (n,), such as those of several levels of label noise, are solved at once.
    """

    points: np.ndarray
    labellings: Sequence[np.ndarray]
    test_points: np.ndarray
    test_labels: np.ndarray
    classes: int

    def targets(self) -> np.ndarray:
        """All labellings as 0/1 targets beside each other, float64 (n, labellings × classes)."""
        return np.concatenate([one_hot(labels, self.classes) for labels in self.labellings], axis=1)

    def outcomes(
        self, solution: LeastSquares, fitted: np.ndarray, predicted: np.ndarray, dual: np.ndarray
    ) -> Iterator[Outcome]:
        """The outcome for each labelling, from the values at all points and at all test points.

        Of the squared norm, column by column, ``dual`` is the factor beside the weights: these themselves, or
        for a kernel the values at the points.
        """
        for index, labels in enumerate(self.labellings):
            columns = slice(index * self.classes, (index + 1) * self.classes)
            parts = ((fitted[:, columns], labels), (predicted[:, columns], self.test_labels))
            errors = [classification_error(scores, of) for scores, of in parts]
            squared = [self._squared_error(scores, of) for scores, of in parts]
            norm = float(np.sqrt(max(np.sum(solution.weights[:, columns] * dual[:, columns]), 0.0)))
            yield Outcome(
                train_error=errors[0],
                test_error=errors[1],
                train_squared_error=squared[0],
                test_squared_error=squared[1],
                norm=norm,
                rank=solution.rank,
                condition=solution.condition,
            )

    def _squared_error(self, scores: np.ndarray, labels: np.ndarray) -> float:
        return float(np.square(scores - one_hot(labels, self.classes)).sum(axis=1).mean())


def fit_features(features: FourierFeatures, problem: Problem) -> list[Outcome]:
    """Least squares of minimum norm on ``features``, an outcome for each labelling of ``problem``.

    With N features the features of n points take 8nN bytes, and for N > n gelsd takes 8n² more: 3.2 GB for
    n = 10,000 and N = 30,000. Raises ``ValueError`` as ``least_squares`` and ``one_hot`` do.
    """
    solution = least_squares(features.at(problem.points), problem.targets(), overwrite=True)
    fitted, predicted = (
        features.predict(points, solution.weights) for points in (problem.points, problem.test_points)
    )
    return list(problem.outcomes(solution, fitted, predicted, solution.weights))


def fit_kernel(gamma: float, problem: Problem) -> list[Outcome]:
    """The limit of infinitely many features: the least squares of minimum norm of the Gaussian kernel.

    Where the kernel matrix K is regular to the precision of float64 this is the interpolant of minimum norm
    (the paper's equation 3), else the labels are fitted as well as K allows; eigenvalues of K up to n times
    the rounding of float64 times the largest count as 0. Raises ``ValueError`` as ``Points`` and ``one_hot``
    do.
    """
    gram = Points(np.asarray(problem.points, dtype=np.float64), Gaussian(gamma))
    everything = slice(0, len(gram))
    matrix = np.empty((len(gram), len(gram)))
    gram.block(everything, everything, matrix)
    # K is symmetric, so its transpose is K in Fortran's order.
    solution = least_squares(matrix.T, problem.targets(), overwrite=True)
    others = gram.at(np.asarray(problem.test_points, dtype=np.float64))
    fitted, predicted = (predict(gram, points, solution.weights) for points in (gram, others))
    solution = solution._replace(condition=solution.condition**0.5)
    return list(problem.outcomes(solution, fitted, predicted, fitted))
