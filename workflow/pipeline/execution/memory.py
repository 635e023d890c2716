"""Guarantee: a job that runs out of memory says which setting to lower."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.storage.writing import ArtefactError


@contextmanager
def named_memory_errors(place: str) -> Iterator[None]:
    """Turn an error for want of memory in ``place`` into one that names the remedy.

    CuPy's and PyTorch's errors for a GPU, and NumPy's.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # PyTorch's is a RuntimeError, and is known by its name without importing PyTorch.
        if not isinstance(error, MemoryError) and type(error).__name__ != "OutOfMemoryError":
            raise
        raise ArtefactError(
            f"the {place} ran out of memory, which was free when the job began: {error}. Run fewer jobs at a "
            f"time (lower execution.runs_per_gpu, --resources gpu or --cores), or none on a GPU "
            f"(--resources gpu=0), and the same again: a solve goes on from the panels that are finished"
        ) from error
