"""Small configurations: networks, kernel systems, or both, as small as they can be."""

from collections.abc import Iterable
from pathlib import Path

import yaml

HERE = Path(__file__).parents[1]
PAPERS = yaml.safe_load((HERE / "config.yaml").read_text())


def left_out(section: str, kept: Iterable[str] = ()) -> dict[str, None]:
    """An overlay's section "figures" or "tables" that leaves out all of the paper's but the ``kept`` ones."""
    return dict.fromkeys(name for name in PAPERS[section] if name not in kept)


def only(overlay: str) -> str:
    """An overlay that leaves out the paper's figures and tables that it does not name."""
    for section in ("figures", "tables"):
        absent = left_out(section, yaml.safe_load(overlay)[section] or ())
        lines = "".join(f"  {name}: null\n" for name in absent)
        overlay = overlay.replace(f"{section}:\n", f"{section}:\n{lines}")
    return overlay


# Networks, their figures and tables, as small as they can be.
SMALL = only("""
results: results/small
dataset: digits
seeds: [0, 1]
training: {batch_size: 100}
networks:
  inception: {width: 0.02, epochs: 1}
  mlp_1x512: {width: 0.1, epochs: 2}
execution: {gpu: 0, threads: 1, precision: float32, keep_weights: none}
figures:
  fig1a: {conditions: [true_labels, random_labels, shuffled_pixels, random_pixels, gaussian]}
  fig1b: {networks: [inception, mlp_1x512], label_noise: [0.0, 0.5, 1.0]}
  fig1c: {networks: [mlp_1x512], label_noise: [0.0, 1.0]}
tables:
  table1:
    kind: accuracy_table
    rows:
      - {network: inception, condition: true_labels, random_crop: true, weight_decay: true}
      - {network: mlp_1x512, condition: true_labels, random_crop: false, weight_decay: false}
      - {network: mlp_1x512, condition: random_labels, random_crop: false, weight_decay: false}
""")
# Likewise, the kernel systems of section 5 on digits.
SMALL_KERNELS = only("""
results: results/small
dataset: digits
seeds: [0, 1]
execution: {gpu: 0, systems: {threads: 1, mem_mb: 1000}}
features:
  gabor: {window: 1.0, stride: 2}
  random_patches: {filters: 20, patch: 3, bias: 0.25, pool: 3, stride: 3}
systems:
  mnist_pixels: null
  mnist_gabor: null
  cifar10_pixels: null
  cifar10_random_patches: null
  cifar10_random_patches_linear: null
  pixels: &pixels
    {dataset: digits, features: pixels, kernel: gaussian, gamma: [0.1, 0.2], ridge: [0.01, 0.1]}
  gabor: {<<: *pixels, features: gabor, gamma: [0.04]}
  patches: {<<: *pixels, features: random_patches, gamma: [1.0]}
figures:
  fig_ridge: {systems: [pixels], ridge: [0.0, 0.1]}
  fig_minimum_norm: {dataset: digits, gamma: 0.2, examples: 20, steps: 1000, batch_size: 5}
tables:
  table3:
    rows:
      - {system: pixels, ridge: none}
      - {system: pixels, ridge: chosen}
      - {system: gabor, ridge: none}
      - {system: patches, ridge: none}
  interpolants: {dataset: digits, gamma: 0.2, examples: 50}
""")

# More of them: a system without a solution, one with other test labels, one that takes some seconds.
PIXELS = {"features": "pixels", "kernel": "gaussian"}
MORE_SYSTEMS = {
    "copies": {"dataset": "copies", **PIXELS, "gamma": [0.1], "ridge": [0.1]},
    "relabelled": {"dataset": "relabelled", **PIXELS, "gamma": [0.1, 0.2], "ridge": [0.01, 0.1]},
    "large": {"dataset": "scattered", **PIXELS, "gamma": [1.0], "ridge": [0.1]},
}
ROWS = [
    *yaml.safe_load(SMALL_KERNELS)["tables"]["table3"]["rows"],
    {"system": "copies", "ridge": "none"},
    {"system": "copies", "ridge": "chosen"},
    {"system": "relabelled", "ridge": "none"},
    {"system": "large", "ridge": "none"},
]


def merged(base, overlay):
    """As Snakemake merges a --configfile into the configuration."""
    for key, value in overlay.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        base[key] = merged(base[key], value) if both else value
    return base


def everything() -> dict:
    """Networks and kernel systems in one small configuration."""
    networks, kernels = map(yaml.safe_load, (SMALL, SMALL_KERNELS))
    for part in ("figures", "tables"):
        # Left out of both, a figure or table of config.yaml is left out here, too.
        absent = [name for name, entry in networks[part].items() if not (entry or kernels[part].get(name))]
        for config in (networks, kernels):
            config[part] = {name: entry for name, entry in config[part].items() if entry}
        networks[part] |= dict.fromkeys(absent)
    return merged(networks, kernels)
