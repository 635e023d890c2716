"""Prepared data that are linked from another workflow's results, as config/README.md says."""

import re
import subprocess

from trees import HERE, SMALL_KERNELS, copy_project

COMMAND = re.search(r"^cp -al \S+ \S+", (HERE / "config/README.md").read_text(), re.M)[0].split()[:2]
GABOR = "data/digits/features/gabor"


def test_linked_data_are_used_and_made_anew_without_touching_the_first(kernels, tmp_path):
    second = copy_project(tmp_path / "second", SMALL_KERNELS)
    (second.results / "data").mkdir(parents=True)
    subprocess.run([*COMMAND, kernels.results / "data/digits", second.results / "data"], check=True)
    linked = second.results / GABOR / "train.npy"
    assert linked.samefile(kernels.results / GABOR / "train.npy")
    planned = second.planned("table3")
    assert planned["solve_system"] == 5
    assert not {"prepare_digits", "gabor_of_digits", "random_patches_of_digits"} & set(planned)
    # What other settings made is refused, and the command that is named makes it here alone.
    system = "results/small/systems/gabor/ridge-none/seed-0/system.json"
    second.snakemake(system)
    before = (kernels.results / GABOR / "train.npy").read_bytes()
    second.configure("window: 1.0", "window: 1.5")
    refused = second.snakemake(system, check=False)
    assert "made by another specification or other code" in refused.stdout
    second.mend(refused.stdout)
    assert not linked.samefile(kernels.results / GABOR / "train.npy")
    assert (kernels.results / GABOR / "train.npy").read_bytes() == before
