"""Seeds split by purpose, so that changing one kind of randomness leaves the others as they were."""

import hashlib

import numpy as np


def seed_sequence(seed: int, purpose: str) -> np.random.SeedSequence:
    """The seed sequence of one purpose within the replicate ``seed`` (a non-negative integer).

    A purpose is named by the thing that is drawn, such as "batch_order". Its name alone enters the sequence,
    so a new purpose changes no other. Raises ``ValueError`` for an empty name.
    """
    if not purpose:
        raise ValueError("the purpose of a seed has no name; expected one such as 'batch_order'")
    digest = np.frombuffer(hashlib.sha256(purpose.encode()).digest(), dtype="<u4")
    return np.random.SeedSequence(entropy=seed, spawn_key=tuple(int(word) for word in digest[:4]))


def numpy_generator(seed: int, purpose: str) -> np.random.Generator:
    """NumPy's generator (PCG64) for one purpose within the replicate ``seed``."""
    return np.random.Generator(np.random.PCG64(seed_sequence(seed, purpose)))


def torch_seed(seed: int, purpose: str) -> int:
    """A 63-bit integer for ``torch.Generator.manual_seed``, for one purpose within ``seed``."""
    return int(seed_sequence(seed, purpose).generate_state(1, np.uint64)[0] >> np.uint64(1))
