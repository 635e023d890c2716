"""Train one network on one data set with the paper's recipe (appendix A), recorded epoch by epoch."""

import copy
import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import NamedTuple, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rethinking.evaluation import evaluate
from rethinking.graphs import Graphed
from rethinking.precision import autocast, ieee_float32
from rethinking.preprocessing import centre_crop, crop, draw_windows, flip, rotate, standardise
from rethinking.probing import Probe, Trace, left_as_it_was
from rethinking.recipe import Recipe, Split
from rethinking.seeds import torch_seed

LARGEST_ANGLE = 25.0  # degrees, appendix E


class Epoch(NamedTuple):
    """One row of a history: the state at the end of an epoch, accuracies as fractions.

    ``online_*`` are means over the epoch's mini-batches, in training mode and before each update;
    ``train_*`` and ``test_*`` are of the network as it stands at the end of the epoch, in evaluation
    mode and on centre crops. Losses are mean cross-entropies in nats. ``corrupted_test_accuracy`` is the
    accuracy against test labels that were corrupted as the training labels were; where these are true, it
    is the test accuracy.
    """

    epoch: int
    step: int
    learning_rate: float
    online_loss: float
    online_accuracy: float
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    corrupted_test_accuracy: float


class Training(NamedTuple):
    """The outcome of a run: its epochs, how it ended ("finished", "fitted" or "diverged at …"), and its
    traces.

    ``traces`` has the arrays of each probe by its name: ``epoch`` and ``step`` of each of T moments, int64
    (T,), and T × the shape of each quantity.
    """

    history: list[Epoch]
    verdict: str
    traces: dict[str, dict[str, np.ndarray]]


class Checkpoint(Protocol):
    """Where a run keeps its state, so that it can go on after it was stopped."""

    def load(self) -> dict | None:
        """The state to go on from, None to begin."""

    def refuse(self, problem: str) -> None:
        """Say that the state which was loaded is not one to go on from."""

    def due(self) -> bool:
        """Whether the state is to be saved now; asked after every batch."""

    def save(self, state: dict) -> None:
        """Keep ``state``: tensors, numbers and texts in dicts and lists. May end the process."""


class _Run:
    """A run in progress: the network, the images that it sees, and all that its continuation depends on."""

    def __init__(
        self,
        network: nn.Module,
        train_split: Split,
        test_split: Split,
        recipe: Recipe,
        seed: int,
        dtype: torch.dtype,
        probes: Sequence[Probe] = (),
        corrupted_test_labels: Tensor | None = None,
    ):
        self.network = network.to(memory_format=torch.channels_last)
        self.device = device = _device_of(network)
        self.recipe, self.dtype = recipe, dtype
        splits = {"training": train_split, "test": test_split}
        if corrupted_test_labels is not None:
            splits["corrupted test"] = test_split._replace(labels=corrupted_test_labels)
        for name, split in splits.items():
            split.check(name, recipe.crop)
        train_split, test_split, *corrupted = (
            Split(*(t.to(device) for t in split)) for split in splits.values()
        )
        self.labels, self.test_labels = train_split.labels, test_split.labels
        self.corrupted_test_labels = [split.labels for split in corrupted]
        self.seen = self._prepare(centre_crop(train_split.images, recipe.crop))
        self.test_seen = self._prepare(centre_crop(test_split.images, recipe.crop))
        classes = self._outputs()
        for name, split in splits.items():
            split.check_labels(name, classes)
        self.optimiser = recipe.make_update_rule(network)
        purposes = ("batch_order", "augmentation")
        self.generators = {p: torch.Generator().manual_seed(torch_seed(seed, p)) for p in purposes}
        torch.manual_seed(torch_seed(seed, "network_noise"))

        # The draws and sums of an epoch stay in one place, so that a step can be a CUDA graph.
        count = len(self.labels)
        self.stored = train_split.images if recipe.random_crop or recipe.augmentation else None
        self.drawn = {"order": torch.zeros(count, dtype=torch.int64)}
        if recipe.random_crop:
            self.drawn["windows"] = torch.zeros(count, 2, dtype=torch.int64)
        if recipe.augmentation:
            self.drawn |= {"flipped": torch.zeros(count, dtype=torch.bool), "degrees": torch.zeros(count)}
        self.drawn = {name: tensor.to(device) for name, tensor in self.drawn.items()}
        self.online_loss = torch.zeros((), device=device, dtype=torch.float64)
        self.online_correct = torch.zeros((), device=device, dtype=torch.int64)
        # A number that a CUDA graph has read is fixed, a tensor is not.
        self.learning_rate = torch.zeros((), device=device) if device.type == "cuda" else 0.0

        self.probes = [
            (probe, torch.from_numpy(np.asarray(probe.examples)).to(device), Trace(probe.name))
            for probe in probes
        ]
        self.history: list[Epoch] = []
        self.epoch, self.batch, self.steps, self.fitted = 1, 0, 0, 0

    def _prepare(self, images: Tensor) -> Tensor:
        return standardise(images).to(self.dtype).contiguous(memory_format=torch.channels_last)

    @torch.no_grad()
    def _outputs(self) -> int:
        """How many numbers the network gives for an image."""
        with autocast(self.device, self.dtype):
            outputs = self.network.eval()(self.seen[:1])
        if outputs.ndim != 2 or len(outputs) != 1:
            raise ValueError(
                f"for one image the network gives the shape {tuple(outputs.shape)}; expected (1, classes)"
            )
        return outputs.shape[1]

    def look(self, batch: Tensor) -> Tensor:
        """The training images of a batch as the network sees them in this epoch."""
        if self.stored is None:
            return self.seen[batch]
        images = self.stored[batch]
        if self.recipe.augmentation:
            images = rotate(flip(images, self.drawn["flipped"][batch]), self.drawn["degrees"][batch])
        if self.recipe.random_crop:
            images = crop(images, self.drawn["windows"][batch], self.recipe.crop)
        return self._prepare(centre_crop(images, self.recipe.crop))

    def step(self, batch: Tensor) -> None:
        """One update from the training images at the positions ``batch``, int64."""
        target = self.labels[batch]
        seen = self.look(batch)  # outside autocast, which would round angles to bfloat16
        with autocast(self.device, self.dtype):
            logits = self.network(seen)
        loss = F.cross_entropy(logits.float(), target)
        self.optimiser.clear_gradients()
        loss.backward()
        self.optimiser.step(self.learning_rate)
        with torch.no_grad():
            self.online_loss += loss.detach().double() * len(target)
            self.online_correct += (logits.argmax(dim=1) == target).sum()

    def _draw(self) -> None:
        """Order and augmentation of an epoch, from CPU generators, so that all devices see the same."""
        count, generator = len(self.labels), self.generators["augmentation"]
        drawn = {"order": torch.randperm(count, generator=self.generators["batch_order"])}
        if "windows" in self.drawn:
            assert self.stored is not None, "windows are cut from the stored images"
            height, width = self.stored.shape[2:]
            drawn["windows"] = draw_windows(count, height, width, self.recipe.crop, generator)
        if "flipped" in self.drawn:
            drawn["flipped"] = torch.rand(count, generator=generator) < 0.5
            drawn["degrees"] = (2 * torch.rand(count, generator=generator) - 1) * LARGEST_ANGLE
        for name, tensor in drawn.items():
            self.drawn[name].copy_(tensor)

    def advance(self, step: Callable[[Tensor], None], after_batch: Callable[[], None]) -> Epoch:
        """Train and evaluate to the end of the epoch that the run is in; ``step`` is ours or its graphs."""
        rate = self.recipe.rate(self.epoch)
        if isinstance(self.learning_rate, Tensor):
            self.learning_rate.fill_(rate)
        else:
            self.learning_rate = rate
        if self.batch == 0:
            self._draw()
            self.online_loss.zero_()
            self.online_correct.zero_()
        self.network.train()
        for batch in self.drawn["order"].split(self.recipe.batch_size)[self.batch :]:
            step(batch)
            self.batch += 1
            self.steps += 1
            self.measure(self.epoch, lambda probe: self.steps in probe.steps)
            after_batch()
        measured = [
            evaluate(self.network, seen, labels, None, self.dtype, after_batch, others)
            for seen, labels, others in (
                (self.seen, self.labels, ()),
                (self.test_seen, self.test_labels, self.corrupted_test_labels),
            )
        ]
        count = len(self.labels)
        (train_loss, train_accuracy), (test_loss, test_accuracy, *corrupted) = measured
        row = Epoch(
            self.epoch,
            self.steps,
            rate,
            self.online_loss.item() / count,
            self.online_correct.item() / count,
            train_loss,
            train_accuracy,
            test_loss,
            test_accuracy,
            corrupted[0] if corrupted else test_accuracy,
        )
        self.history.append(row)
        self.fitted = self.fitted + 1 if row.train_accuracy == 1.0 else 0
        self.measure(self.epoch, lambda probe: probe.is_due_after_epoch(self.epoch))
        self.epoch, self.batch = self.epoch + 1, 0
        return row

    def measure(self, epoch: int, is_due: Callable[[Probe], bool]) -> None:
        """Have the probes that are due look at the network, once a step, outside the graphs of a GPU."""
        for probe, examples, trace in self.probes:
            if is_due(probe) and self.steps not in trace.steps[-1:]:
                images, labels = self.seen[examples], self.labels[examples]
                with left_as_it_was(self.network), autocast(self.device, self.dtype):
                    trace.add(epoch, self.steps, probe.measure(self.network, images, labels))

    def state(self) -> dict:
        """All that the continuation depends on, as tensors, numbers and lists."""
        noise = [torch.get_rng_state()]
        if self.device.type == "cuda":
            noise.append(torch.cuda.get_rng_state(self.device))
        return {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state(),
            "drawn": self.drawn,
            "online": [self.online_loss, self.online_correct],
            "generators": {name: made.get_state() for name, made in self.generators.items()},
            "noise": noise,
            "at": [self.epoch, self.batch, self.steps, self.fitted],
            "history": [list(row) for row in self.history],
            "traces": {trace.name: trace.state() for _, _, trace in self.probes},
        }

    def restore(self, state: dict) -> None:
        """Go on from ``state``, which may have been saved on another device."""
        self.network.load_state_dict(state["network"])
        for ours, theirs in zip(self.optimiser.state(), state["optimiser"], strict=True):
            ours.copy_(theirs)
        for name, tensor in self.drawn.items():
            tensor.copy_(state["drawn"][name])
        for ours, theirs in zip((self.online_loss, self.online_correct), state["online"], strict=True):
            ours.copy_(theirs)
        for name, generator in self.generators.items():
            generator.set_state(state["generators"][name].cpu())
        torch.set_rng_state(state["noise"][0].cpu())
        if self.device.type == "cuda" and len(state["noise"]) > 1:
            torch.cuda.set_rng_state(state["noise"][1].cpu(), self.device)
        self.epoch, self.batch, self.steps, self.fitted = map(int, state["at"])
        self.history = [Epoch(*row) for row in state["history"]]
        numbers = all(isinstance(value, int | float) for row in self.history for value in row)
        if [row.epoch for row in self.history] != [*range(1, self.epoch)] or self.batch < 0 or not numbers:
            raise ValueError(f"its history is not that of a run in epoch {self.epoch}")
        for _, _, trace in self.probes:
            trace.restore(state["traces"][trace.name])


def _device_of(network: nn.Module) -> torch.device:
    parameter = next(network.parameters(), None)
    if parameter is None:
        raise ValueError(f"{type(network).__name__} has no parameters to train")
    return parameter.device


@ieee_float32()
def train(
    network: nn.Module,
    train_split: Split,
    test_split: Split,
    recipe: Recipe,
    seed: int,
    report: Callable[[Epoch], None] = lambda epoch: None,
    dtype: torch.dtype = torch.float32,
    checkpoint: Checkpoint | None = None,
    probes: Sequence[Probe] = (),
    corrupted_test_labels: Tensor | None = None,
) -> Training:
    """Train ``network`` in place, on the device that it is on, and evaluate it after every epoch.

    The data stay on that device for the whole run. Every epoch goes through all training examples
    once, in an order drawn from ``seed`` (purpose "batch_order"), the last and smaller batch
    included; windows, flips and angles come from ``seed`` too (purpose "augmentation"), and so does
    the network's own draws, such as dropout ("network_noise"). ``dtype`` is the precision of
    products (autocast): weights, sums and updates are float32. ``report`` is called with each epoch as
    it ends. With a ``checkpoint`` the run goes on from its state, and to the same end, to the byte on
    a CPU with the same number of threads. ``probes`` look at the network on the way and leave the run as it
    would be without them, to the byte on a CPU; their names differ. ``corrupted_test_labels``, int64 (N,),
    are labels of the test images that were corrupted as the training labels were; the history then has the
    accuracy against them beside that against the labels of ``test_split``.

    A loss that is not finite ends the run with the verdict "diverged at epoch …": that is a result, not
    an error. Raises ``ValueError`` for images, labels or a network that do not go together.
    """
    device = _device_of(network)
    on_gpu = device.type == "cuda"
    current = torch.cuda.device(device) if on_gpu else nullcontext()  # for streams and graphs
    with torch.random.fork_rng([device] if on_gpu else []), current:
        run = _Run(network, train_split, test_split, recipe, seed, dtype, probes, corrupted_test_labels)
        # The run does not refer to its graphs, so that its memory is free without the garbage collector.
        step = Graphed(run.step) if on_gpu else run.step
        state = checkpoint.load() if checkpoint else None
        if checkpoint is not None and state is not None:
            begin = copy.deepcopy(run.state())
            try:
                run.restore(state)
            except Exception as error:  # errors of a state that only looks like one are no closed list
                run.restore(begin)
                checkpoint.refuse(f"is not the state of such a run ({type(error).__name__}: {error})")

        def after_batch() -> None:
            if checkpoint is not None and checkpoint.due():
                checkpoint.save(run.state())

        if run.steps == 0:
            run.measure(0, lambda probe: 0 in probe.steps)
        verdict = "finished"
        while run.epoch <= recipe.epochs:
            row = run.advance(step, after_batch)
            report(row)
            if not (math.isfinite(row.online_loss) and math.isfinite(row.train_loss)):
                verdict = f"diverged at epoch {row.epoch}, learning rate {row.learning_rate:.4g}"
                break
            if recipe.stop_after_fit is not None and run.fitted >= recipe.stop_after_fit:
                verdict = "fitted"
                break
        run.optimiser.clear_gradients()  # which lie in the memory of the graphs
        traces = {trace.name: trace.arrays() for _, _, trace in run.probes}
    return Training(run.history, verdict, traces)
