"""A function of tensors as a CUDA graph, so that a step costs one launch and not hundreds."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import torch
from torch import Tensor

EAGER_CALLS = 3  # of each shape, before it is captured: libraries choose their kernels in these


class Graphed:
    """Calls ``function(*tensors)``, which works in place and returns nothing, as CUDA graphs.

    The first calls with inputs of a shape run as they are, on a side stream, and count like any other:
    nothing is computed that would have to be undone. In these calls cuDNN tries its algorithms and keeps
    the fastest. Then the function is captured once for that shape and replayed, so the last and smaller
    batch of an epoch has a graph of its own. Everything but ``tensors`` that the function reads must stay
    where it is in memory, and what it does must not depend on values that the device would have to tell.

    Raises ``RuntimeError`` for a function that cannot be captured.
    """

    def __init__(self, function: Callable[..., None]):
        self.function = function
        self.calls: dict[tuple, int] = {}
        self.captured: dict[tuple, tuple[list[Tensor], torch.cuda.CUDAGraph]] = {}
        self.stream = _side_stream(torch.cuda.current_device())

    def __call__(self, *tensors: Tensor) -> None:
        shapes = tuple(tensor.shape for tensor in tensors)
        if shapes not in self.captured:
            self.calls[shapes] = self.calls.get(shapes, 0) + 1
            if self.calls[shapes] <= EAGER_CALLS:
                self._aside(*tensors)
                return
            self._capture(shapes, tensors)
        inputs, graph = self.captured[shapes]
        for place, tensor in zip(inputs, tensors, strict=True):
            place.copy_(tensor)
        graph.replay()

    def _aside(self, *tensors: Tensor) -> None:
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream), _algorithms_tried():
            self.function(*tensors)
        torch.cuda.current_stream().wait_stream(self.stream)

    def _capture(self, shapes: tuple, tensors: tuple[Tensor, ...]) -> None:
        inputs = [tensor.clone() for tensor in tensors]
        graph = torch.cuda.CUDAGraph()
        try:
            with _collector_paused(), torch.cuda.graph(graph, stream=self.stream):
                self.function(*inputs)
        except RuntimeError as error:
            cause = error.__context__ or error  # to end a capture that has failed raises once more
            if isinstance(cause, torch.OutOfMemoryError):
                raise cause from None
            reason = str(cause).partition("\n")[0]
            raise RuntimeError(
                f"a step cannot become a CUDA graph ({reason}); expected operations that are the same each "
                "time and wait for nothing: no .item(), no index of bools, no printed tensor"
            ) from error
        self.captured[shapes] = inputs, graph


@cache
def _side_stream(device: int) -> torch.cuda.Stream:
    """The stream of all graphs on a device: cuBLAS keeps memory for each stream that it has worked on."""
    return torch.cuda.Stream(device)


@contextmanager
def _algorithms_tried() -> Iterator[None]:
    """Let cuDNN time its algorithms for each convolution that it has not seen, and remember the fastest."""
    cudnn = torch.backends.cudnn
    before = cudnn.benchmark
    cudnn.benchmark = True
    try:
        yield
    finally:
        cudnn.benchmark = before


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Collect garbage now and not in the block: freeing an old graph while one is captured breaks it."""
    gc.collect()
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
