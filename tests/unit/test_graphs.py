"""Which calls run as they are and which are replayed, with a stand-in for CUDA that has no device."""

import contextlib
import gc
import weakref

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
        def __init__(self, device=0):
            """A stream of the one device."""

        def wait_stream(self, other):
            """Nothing runs beside anything else here."""

    def current_device(self):
        return 0

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
    def graph(self, graph, stream):
        self.capturing = graph
        try:
            yield
        finally:
            self.capturing = None


@pytest.fixture
def cuda(monkeypatch):
    stand_in = StandIn()
    monkeypatch.setattr(graphs.torch, "cuda", stand_in)
    graphs._side_stream.cache_clear()
    yield stand_in
    graphs._side_stream.cache_clear()


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


class Tensors:
    """Something with a method to be graphed, as a run of training is."""

    def __init__(self):
        self.total = torch.zeros(())
        self.collected, self.benchmarks = [], []

    def step(self, x):
        self.collected.append(gc.isenabled())
        self.benchmarks.append(torch.backends.cudnn.benchmark)
        self.total += x.sum()


@pytest.fixture
def replaying(cuda, monkeypatch):
    """A capture whose replay does nothing."""
    monkeypatch.setattr(cuda, "CUDAGraph", lambda: Graph(cuda))


class Graph:
    def __init__(self, cuda):
        self.cuda = cuda

    def replay(self):
        self.cuda.replays += 1


@pytest.mark.usefixtures("replaying")
def test_a_capture_is_not_disturbed_by_the_collector_and_algorithms_are_tried_before(monkeypatch):
    collections = []
    monkeypatch.setattr(graphs.gc, "collect", lambda: collections.append(gc.isenabled()))
    tensors = Tensors()
    graphed = Graphed(tensors.step)
    for _ in range(EAGER_CALLS + 2):
        graphed(torch.ones(3))
    assert tensors.collected == [True] * EAGER_CALLS + [False]
    assert collections == [True], "once, before the capture"
    assert gc.isenabled()
    assert tensors.benchmarks == [True] * EAGER_CALLS + [False]
    assert not torch.backends.cudnn.benchmark


@pytest.mark.usefixtures("replaying")
def test_what_is_graphed_is_freed_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        tensors = Tensors()
        graphed = Graphed(tensors.step)
        for _ in range(EAGER_CALLS + 2):
            graphed(torch.ones(3))
        freed = weakref.ref(tensors), weakref.ref(graphed)
        del tensors, graphed
        assert [each() for each in freed] == [None, None]
    finally:
        gc.enable()


@pytest.mark.parametrize("ends_badly", [False, True])
def test_a_step_that_cannot_be_captured_says_why(cuda, monkeypatch, ends_badly):
    """Ending a capture that has failed may raise once more; the first reason is the one to read."""

    @contextlib.contextmanager
    def graph(graph, stream):
        try:
            yield
        finally:
            if ends_badly:
                raise RuntimeError("capture was invalidated")

    monkeypatch.setattr(cuda, "graph", graph)

    def fails(error):
        calls = []

        def step(x):
            calls.append(x)
            if len(calls) > EAGER_CALLS:
                raise error

        return step

    for error, expected, text in (
        (RuntimeError("not permitted\nmore"), RuntimeError, r"CUDA graph \(not permitted\).*no \.item\(\)"),
        (torch.OutOfMemoryError("no 2 GiB"), torch.OutOfMemoryError, "no 2 GiB"),
    ):
        graphed = Graphed(fails(error))
        for _ in range(EAGER_CALLS):
            graphed(torch.ones(3))
        with pytest.raises(expected, match=text):
            graphed(torch.ones(3))
        assert gc.isenabled()
