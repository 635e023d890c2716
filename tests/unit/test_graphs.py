"""Which calls run as they are and which are replayed, with a stand-in for CUDA that has no device."""

import contextlib

import pytest
import torch

from rethinking import graphs
from rethinking.graphs import EAGER_CALLS, Graphed


class StandIn:
    """Captures nothing and replays by calling again with the captured inputs."""

    def __init__(self):
        self.capturing = None
        self.replays = 0

    class Stream:
        def wait_stream(self, other):
            """Nothing runs beside anything else here."""

    def current_stream(self):
        return self.Stream()

    def stream(self, stream):
        return contextlib.nullcontext()

    def CUDAGraph(self):  # its name in PyTorch
        stand_in = self

        class Graph:
            def replay(self):
                stand_in.replays += 1
                self.program()

        return Graph()

    @contextlib.contextmanager
    def graph(self, graph):
        self.capturing = graph
        yield
        self.capturing = None


@pytest.fixture
def cuda(monkeypatch):
    stand_in = StandIn()
    monkeypatch.setattr(graphs.torch, "cuda", stand_in)
    return stand_in


def test_every_call_counts_once_whichever_way_it_runs(cuda):
    seen = []

    def step(x):
        if cuda.capturing is not None:
            cuda.capturing.program = lambda: seen.append(x.tolist())
        else:
            seen.append(x.tolist())

    graphed = Graphed(step)
    expected = []
    for call in range(10):
        for size in (4, 2):  # full batches and the last and smaller one
            batch = torch.full((size,), 10.0 * call + size)
            graphed(batch)
            expected.append(batch.tolist())
    assert seen == expected
    assert len(graphed.captured) == 2
    assert cuda.replays == 2 * (10 - EAGER_CALLS)
