"""Seeds split by purpose, so that changing one kind of randomness leaves the others as they were."""

import numpy as np

# The position in this tuple enters the seed: append new purposes, never reorder.
PURPOSES = (
    "data_split",
    "label_corruption",
    "shuffled_pixels",
    "random_pixels",
    "gaussian",
    "initialisation",
    "batch_order",
    "augmentation",
    "network_noise",
    "validation_split",
    "filters",
    "examples",
    "descent_start",
    "interpolants",
    "factory",
)


def seed_sequence(seed: int, purpose: str) -> np.random.SeedSequence:
    """The seed sequence of one purpose within the replicate ``seed`` (a non-negative integer).

    Raises ``ValueError`` for a purpose that is not in ``PURPOSES``.
    """
    if purpose not in PURPOSES:
        raise ValueError(f"unknown purpose of a seed {purpose!r}; known: {', '.join(PURPOSES)}")
    return np.random.SeedSequence(entropy=seed, spawn_key=(PURPOSES.index(purpose),))


def numpy_generator(seed: int, purpose: str) -> np.random.Generator:
    """NumPy's generator (PCG64) for one purpose within the replicate ``seed``."""
    return np.random.Generator(np.random.PCG64(seed_sequence(seed, purpose)))


def torch_seed(seed: int, purpose: str) -> int:
    """A 63-bit integer for ``torch.Generator.manual_seed``, for one purpose within ``seed``."""
    return int(seed_sequence(seed, purpose).generate_state(1, np.uint64)[0] >> np.uint64(1))
