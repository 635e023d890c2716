"""A function of tensors as a CUDA graph, so that a step costs one launch and not hundreds."""

from collections.abc import Callable

import torch
from torch import Tensor

EAGER_CALLS = 3  # of each shape, before it is captured: libraries choose their kernels in these


class Graphed:
    """Calls ``function(*tensors)``, which works in place and returns nothing, as CUDA graphs.

    The first calls with inputs of a shape run as they are, on a side stream, and count like any other:
    nothing is computed that would have to be undone. Then the function is captured once for that shape
    and replayed, so the last and smaller batch of an epoch has a graph of its own. Everything but
    ``tensors`` that the function reads must stay where it is in memory.
    """

    def __init__(self, function: Callable[..., None]):
        self.function = function
        self.calls: dict[tuple, int] = {}
        self.captured: dict[tuple, tuple[list[Tensor], torch.cuda.CUDAGraph]] = {}
        self.stream = torch.cuda.Stream()

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
        with torch.cuda.stream(self.stream):
            self.function(*tensors)
        torch.cuda.current_stream().wait_stream(self.stream)

    def _capture(self, shapes: tuple, tensors: tuple[Tensor, ...]) -> None:
        inputs = [tensor.clone() for tensor in tensors]
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.function(*inputs)
        self.captured[shapes] = inputs, graph
