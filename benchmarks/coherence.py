"""Coherence of a network's gradients beside what a user would take, ``torch.func``, both sides in one run.

    .venv/bin/python benchmarks/coherence.py [--network alexnet] [--images 256] [--threads 2]

Ours is ``measure`` as it is called without options. The other side takes the gradient of every example by
``vmap(grad(...))``, ``CHUNK`` examples at a time, adds the gradients and their squares, and forgets them.
With ``--whole`` it also keeps the gradients of all examples, as the shortest snippet does. One backward pass
of the summed loss, in the same batches as ours, is the least that any side can take. Times are the better of
``ROUNDS``, one side after the other; peak memory is of a fresh process that does nothing else, less what it
holds once the network and the images are there. The ratios are what to look at.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch.func import functional_call, grad, vmap

from rethinking.coherence.measure import measure
from rethinking.networks.alexnet import alexnet
from rethinking.networks.inception import inception

NETWORKS = {"alexnet": alexnet, "inception": inception}
ROUNDS = 3
CHUNK = 32
BATCH = 32  # of ``measure``


def made(name: str, images: int):
    """The network at its start, and standard normal images with random labels."""
    torch.manual_seed(0)
    network = NETWORKS[name]((3, 28, 28), 10).eval()
    return network, torch.randn(images, 3, 28, 28), torch.randint(0, 10, (images,))


# What is compared. Each runs in a fresh process for its memory, so the names are on the command line.


def ours(network, images, labels) -> tuple[float, float]:
    """‖Σ g_i‖² and Σ ‖g_i‖² of the whole network; those of layers are computed too."""
    return measure(network, images, labels).network[1:]


def _per_example(network, images, labels):
    parameters = {name: each.detach() for name, each in network.named_parameters()}

    def loss(parameters, image, label):
        return F.cross_entropy(functional_call(network, parameters, (image[None],)), label[None])

    with torch.no_grad():
        return vmap(grad(loss), in_dims=(None, 0, 0))(parameters, images, labels)


def torch_func(network, images, labels) -> tuple[float, float]:
    """The same sums from the gradient of each example, some examples at a time."""
    sums, squares = {}, 0.0
    for x, y in zip(images.split(CHUNK), labels.split(CHUNK), strict=True):
        for name, each in _per_example(network, x, y).items():
            sums[name] = sums.get(name, 0) + each.sum(dim=0)
            squares += each.square().sum().item()
    return sum(each.square().sum().item() for each in sums.values()), squares


def torch_func_whole(network, images, labels) -> tuple[float, float]:
    """The same sums from the gradients of all examples, kept together."""
    found = _per_example(network, images, labels).values()
    return (
        sum(each.sum(dim=0).square().sum().item() for each in found),
        sum(each.square().sum().item() for each in found),
    )


def backward(network, images, labels) -> tuple[float, float]:
    """The gradient of the summed loss alone, of which no coherence follows."""
    sums = [torch.zeros_like(each) for each in network.parameters()]
    for x, y in zip(images.split(BATCH), labels.split(BATCH), strict=True):
        loss = F.cross_entropy(network(x), y, reduction="sum")
        for total, each in zip(sums, torch.autograd.grad(loss, list(network.parameters())), strict=True):
            total += each
    return sum(each.square().sum().item() for each in sums), float("nan")


WAYS = {way.__name__: way for way in (ours, torch_func, torch_func_whole, backward)}


def high_water() -> int:
    """The most bytes that this process has held."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024


def print_peak(way: str, name: str, images: int) -> None:
    """Say what ``memory`` asks for."""
    network, x, y = made(name, images)
    WAYS[way](network, x[:1], y[:1])  # imports, and what PyTorch always holds
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins anew, from what is held now
    before = high_water()
    WAYS[way](network, x, y)
    print(high_water() - before)


def memory(way: str, name: str, images: int, threads: int) -> int:
    """Peak bytes in a fresh process, beyond its network, images and libraries."""
    options = ["--images", str(images), "--threads", str(threads)]
    command = [sys.executable, __file__, "--network", name, "--peak", way, *options]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def compare(name: str, images: int, threads: int, ways: list[str]) -> None:
    """Print a line for each way that ours is compared with."""
    network, x, y = made(name, images)
    best, found = dict.fromkeys(ways, float("inf")), {}
    for way in ways:
        WAYS[way](network, x[:CHUNK], y[:CHUNK])
    for _ in range(ROUNDS):
        for way in ways:
            started = time.perf_counter()
            found[way] = WAYS[way](network, x, y)
            best[way] = min(best[way], time.perf_counter() - started)
    peaks = {way: memory(way, name, images, threads) for way in ways}
    print(f"{name}, {images} images: ours {best['ours']:.2f} s, {peaks['ours'] / 1e6:.0f} MB", flush=True)
    for way in ways[1:]:
        apart = max(abs(b / a - 1) for a, b in zip(found["ours"], found[way], strict=True) if b == b)
        print(
            f"    against {way}: {best[way] / best['ours']:.2f} times as fast, "
            f"{peaks['ours'] / peaks[way]:.2f} of its peak memory ({best[way]:.2f} s, "
            f"{peaks[way] / 1e6:.0f} MB); sums differ by {apart:.0e}",
            flush=True,
        )


def main() -> None:
    """Print what each network takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=NETWORKS, help="only this one")
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--whole", action="store_true", help="also all gradients at once: 2 GB and more")
    parser.add_argument("--peak", choices=WAYS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.peak:
        print_peak(arguments.peak, arguments.network, arguments.images)
        return
    print(f"CPU, {arguments.threads} threads, PyTorch {torch.__version__}")
    ways = [way for way in WAYS if way != "torch_func_whole" or arguments.whole]
    for name in [arguments.network] if arguments.network else NETWORKS:
        compare(name, arguments.images, arguments.threads, ways)


if __name__ == "__main__":
    main()
