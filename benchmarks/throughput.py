"""Images per second of each network at the paper's size: our training loop beside the usual one.

    .venv/bin/python benchmarks/throughput.py [--network inception] [--batches 10] [--device cpu]

The usual loop is what a user would write first: a ``DataLoader`` over a ``Dataset`` that crops and
whitens each image by itself, ``torch.optim.SGD`` and ``loss.item()`` at every step. Both train one epoch
on the same random 32×32 images and then measure the accuracy on all of them, as every run here does
after every epoch; one after the other in one process. The ratio is what to look at.
"""

import argparse
import time

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

from rethinking.networks.alexnet import alexnet
from rethinking.networks.inception import inception
from rethinking.networks.mlp import mlp
from rethinking.preprocessing import centre_crop, whiten
from rethinking.training import Recipe, Split, train

NETWORKS = {
    "inception": lambda: inception((3, 28, 28), 10),
    "alexnet": lambda: alexnet((3, 28, 28), 10),
    "mlp_1x512": lambda: mlp((3, 28, 28), 10),
    "mlp_3x512": lambda: mlp((3, 28, 28), 10, hidden_layers=3),
}
BATCH = 128


class OneByOne(Dataset):
    """Images prepared at each access."""

    def __init__(self, split: Split):
        self.split = split

    def __len__(self):
        return len(self.split.labels)

    def __getitem__(self, index):
        return whiten(centre_crop(self.split.images[index, None], 28))[0], self.split.labels[index]


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


def our_loop(network, split: Split) -> None:
    """One epoch of ours, and its evaluation."""
    recipe = Recipe(epochs=1, learning_rate=0.01, crop=28, batch_size=BATCH)
    train(network, split, Split(split.images[:1], split.labels[:1]), recipe, seed=0)


def images_per_second(epoch, images: int, device: torch.device) -> float:
    """The better of two timed epochs after one that is not counted."""
    best = float("inf")
    for attempt in range(3):
        started = time.perf_counter()
        epoch()
        if device.type == "cuda":
            torch.cuda.synchronize()
        if attempt:
            best = min(best, time.perf_counter() - started)
    return images / best


def main() -> None:
    """Print one line a network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=NETWORKS, help="only this one")
    parser.add_argument("--batches", type=int, default=10, help="batches of 128 an epoch")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
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
    print(f"{device}, {arguments.threads} threads, {images} images an epoch")
    print(f"{'network':12} {'ours, images/s':>15} {'usual loop':>12} {'ratio':>6}")
    for name in [arguments.network] if arguments.network else NETWORKS:
        network = NETWORKS[name]().to(device)
        ours = images_per_second(lambda n=network: our_loop(n, split), images, device)
        network = NETWORKS[name]().to(device)
        usual = images_per_second(lambda n=network: usual_loop(n, split, device), images, device)
        print(f"{name:12} {ours:15,.0f} {usual:12,.0f} {ours / usual:6.2f}", flush=True)


if __name__ == "__main__":
    main()
