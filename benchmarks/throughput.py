"""Images per second of each network at the paper's size: our training beside what one would write first.

    .venv/bin/python benchmarks/throughput.py [--network inception] [--batches 10] [--device cpu]

Two comparisons, both sides one after the other in one process. *Loop*: ours, in the precision that "auto"
chooses here, against a ``DataLoader`` over a ``Dataset`` that crops and whitens each image by itself,
float32, ``torch.optim.SGD`` and ``loss.item()`` at every step. Both train on the same random 32×32 images and
measure the accuracy on all of them after every epoch, as every run here does. *Step*: one update in our
precision and memory format against the same update in float32 and contiguous memory. The ratios are what
to look at. With ``--options``, what a run of ours keeps of its rate with table 4's augmentation, and with
accuracies on corrupted test labels beside those on true ones.
"""

import argparse
import time

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

from rethinking.networks.alexnet import alexnet
from rethinking.networks.inception import inception
from rethinking.networks.mlp import mlp
from rethinking.precision import autocast, choose
from rethinking.preprocessing import centre_crop, standardise
from rethinking.recipe import Recipe, Split
from rethinking.training import train
from rethinking.update_rules.sgd import SGD

NETWORKS = {
    "inception": lambda: inception((3, 28, 28), 10),
    "alexnet": lambda: alexnet((3, 28, 28), 10),
    "mlp_1x512": lambda: mlp((3, 28, 28), 10),
    "mlp_3x512": lambda: mlp((3, 28, 28), 10, hidden_layers=3),
}
BATCH = 128
OPTIONS = (None, "augmentation", "corrupted test labels")
EPOCHS = 5  # of a run of ours, which real runs have 80 of


class OneByOne(Dataset):
    """Images prepared at each access."""

    def __init__(self, split: Split):
        self.split = split

    def __len__(self):
        return len(self.split.labels)

    def __getitem__(self, index):
        return standardise(centre_crop(self.split.images[index, None], 28))[0], self.split.labels[index]


def usual_loop(network, split: Split, device: torch.device) -> None:
    """One epoch of the loop that most scripts have, and its evaluation."""
    loader = DataLoader(OneByOne(split), batch_size=BATCH, shuffle=True)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    running = 0.0
    for x, y in loader:
        optimiser.zero_grad()
        loss = F.cross_entropy(network(x.to(device)), y.to(device))
        loss.backward()
        optimiser.step()
        running += loss.item()
    network.eval()
    correct = 0
    with torch.no_grad():
        for x, y in DataLoader(OneByOne(split), batch_size=BATCH):
            correct += (network(x.to(device)).argmax(1) == y.to(device)).sum().item()
    network.train()


def our_loop(network, split: Split, dtype: torch.dtype) -> None:
    """Some epochs of ours, each with its evaluation; images are standardised once a run, not each epoch."""
    recipe = Recipe(epochs=EPOCHS, learning_rate=0.01, crop=28, batch_size=BATCH)
    train(network, split, Split(split.images[:1], split.labels[:1]), recipe, seed=0, dtype=dtype)


def with_option(network, split: Split, dtype: torch.dtype, option: str | None) -> None:
    """The same with one test image for five training images, as CIFAR-10 has them, and with one option."""
    recipe = Recipe(EPOCHS, 0.01, 28, batch_size=BATCH, augmentation=option == "augmentation")
    test = Split(*(tensor[: len(split.labels) // 5] for tensor in split))
    corrupted = test.labels.flip(0) if option == "corrupted test labels" else None
    train(network, split, test, recipe, seed=0, dtype=dtype, corrupted_test_labels=corrupted)


def seconds(work, device: torch.device, attempts: int = 2) -> float:
    """The best of some timed calls after one that is not counted."""
    best = float("inf")
    for attempt in range(attempts + 1):
        started = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        if attempt:
            best = min(best, time.perf_counter() - started)
    return best


def step_of(network, device: torch.device, dtype: torch.dtype, memory_format: torch.memory_format):
    """One update on one batch, to be called again and again."""
    network = network.to(memory_format=memory_format)
    x = torch.randn(BATCH, 3, 28, 28, device=device).contiguous(memory_format=memory_format)
    y = torch.randint(0, 10, (BATCH,), device=device)
    optimiser = SGD(network, 0.9, 0.0, [])

    def step() -> None:
        with autocast(device, dtype):
            logits = network(x)
        loss = F.cross_entropy(logits.float(), y)
        optimiser.clear_gradients()
        loss.backward()
        optimiser.step(0.01)

    return step


def main() -> None:
    """Print one line a network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=NETWORKS, help="only this one")
    parser.add_argument("--batches", type=int, default=10, help="batches of 128 an epoch")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--options", action="store_true", help="what augmentation costs, and other options")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    device = torch.device(arguments.device)
    images = arguments.batches * BATCH
    generator = torch.Generator().manual_seed(0)
    split = Split(
        torch.randint(0, 256, (images, 3, 32, 32), dtype=torch.uint8, generator=generator),
        torch.randint(0, 10, (images,), generator=generator),
    )
    dtype, why = choose("auto", device)
    precision = str(dtype).removeprefix("torch.")
    print(f"{device}, {arguments.threads} threads, {images} images an epoch; {precision}: {why}")
    names = [arguments.network] if arguments.network else list(NETWORKS)
    if arguments.options:
        for name in names:
            made = {option: NETWORKS[name]().to(device) for option in OPTIONS}
            times = {
                option: seconds(lambda o=option, n=network: with_option(n, split, dtype, o), device)
                for option, network in made.items()
            }
            kept = ", ".join(
                f"{times[None] / times[option]:.2f} with {option}" for option in OPTIONS if option
            )
            print(
                f"{name:12} {EPOCHS * images / times[None]:10,.0f} images/s; of that rate {kept}", flush=True
            )
        return
    print(f"{'':12} {'loop, images/s':^31} {'step, ms':^28}")
    heads = ("ours", "DataLoader", "ratio", "ours", "float32", "ratio")
    print(f"{'network':12} {heads[0]:>10} {heads[1]:>12} {heads[2]:>7}", end=" ")
    print(f"{heads[3]:>9} {heads[4]:>10} {heads[5]:>7}")
    for name in names:
        make = NETWORKS[name]
        network = make().to(device)
        ours = EPOCHS * images / seconds(lambda n=network: our_loop(n, split, dtype), device)
        network = make().to(device)
        usual = images / seconds(lambda n=network: usual_loop(n, split, device), device)
        forms = ((dtype, torch.channels_last), (torch.float32, torch.contiguous_format))
        fast, plain = (seconds(step_of(make().to(device), device, *form), device, 5) for form in forms)
        print(
            f"{name:12} {ours:10,.0f} {usual:12,.0f} {ours / usual:7.2f} "
            f"{1000 * fast:9.1f} {1000 * plain:10.1f} {plain / fast:7.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
