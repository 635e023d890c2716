"""Coherence of gradients: how much the examples agree on the step to take (Chatterjee & Zielinski, 2022).

For the gradients g of single examples, α = E[g·g'] / E[g·g], where g and g' belong to two examples that are
drawn independently. α is the decrease of the loss by a small step along the mean gradient, divided by the
decrease if every example could take a step of its own.

Source: S. Chatterjee and P. Zielinski, "On the Generalization Mystery in Deep Learning", 2022.
"""

from typing import NamedTuple

import numpy as np


class Coherence(NamedTuple):
    """The two sums over a sample of gradients from which every measure of coherence follows."""

    examples: int  # m
    squared_norm_of_sum: float  # ‖Σ g_i‖²
    sum_of_squared_norms: float  # Σ ‖g_i‖²

    @property
    def m_coherence(self) -> float:
        """m·α_m = ‖Σ g_i‖² / Σ ‖g_i‖²: how many examples an example helps, itself included.

        1 if gradients are pairwise orthogonal, m if they are equal, below 1 if they oppose each other, at
        least 0. NaN if every gradient is 0: the measure is then not defined.
        """
        if self.sum_of_squared_norms == 0:
            return float("nan")
        return self.squared_norm_of_sum / self.sum_of_squared_norms

    @property
    def alpha(self) -> float:
        """α_m = ‖Σ g_i‖² / (m Σ ‖g_i‖²), from 0 to 1: α if the sample is the whole population.

        Pairwise orthogonal gradients have 1/m, equal gradients 1. NaN if every gradient is 0.
        """
        return self.m_coherence / self.examples

    @property
    def alpha_between_examples(self) -> float:
        """(m·α_m - 1) / (m - 1): an estimate of α for the population from which the sample was drawn.

        The mean of g_i·g_j over pairs of different examples, divided by the mean of ‖g_i‖². α_m counts each
        example with itself too, which adds about 1/m; this estimate does not. Pairwise orthogonal gradients
        have 0, equal gradients 1. NaN for a single example and if every gradient is 0.
        """
        if self.examples < 2:
            return float("nan")
        return (self.m_coherence - 1) / (self.examples - 1)


def coherence_of(gradients: np.ndarray) -> Coherence:
    """Compute the coherence of gradients that are at hand, one row an example: floats (m, parameters).

    Sums are float64. Raises ``ValueError`` for another shape and without an example.
    """
    gradients = np.asarray(gradients, dtype=np.float64)
    if gradients.ndim != 2 or len(gradients) == 0:
        raise ValueError(f"expected gradients (examples, parameters), found the shape {gradients.shape}")
    return Coherence(
        len(gradients), float(np.square(gradients.sum(axis=0)).sum()), float(np.square(gradients).sum())
    )
