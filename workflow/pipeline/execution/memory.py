"""An error that says what to do where memory runs out."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.storage.artefacts import ArtefactError


@contextmanager
def named_memory_errors(place: str) -> Iterator[None]:
    """Turn what is raised where the memory of ``place`` runs out into an error that says what to do.

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
