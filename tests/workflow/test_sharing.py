"""Prepared data that are linked from another workflow's results, as config/README.md says."""

import re
import subprocess

from small import SMALL_KERNELS
from trees import HERE, copy_project, system_place

COMMAND = re.search(r"^cp -al \S+ \S+", (HERE / "config/README.md").read_text(), re.M)[0].split()[:2]
GABOR = "data/digits/features/gabor"


def test_linked_data_are_used_and_other_settings_leave_them_as_they_are(kernels, tmp_path):
    second = copy_project(tmp_path / "second", SMALL_KERNELS)
    (second.results / "data").mkdir(parents=True)
    subprocess.run([*COMMAND, kernels.results / "data/digits", second.results / "data"], check=True)
    linked, first = second.result(GABOR), kernels.result(GABOR)
    assert (linked / "train.npy").samefile(first / "train.npy")
    planned = second.planned("table3")
    assert planned["solve_system"] == 5
    assert not {"prepare_digits", "transform_images", "add_inner_products"} & set(planned)
    # Features of other settings are another result, here alone.
    before = {path: path.read_bytes() for path in first.iterdir()}
    second.configure("window: 1.0", "window: 1.5")
    second.snakemake(second.receipt(system_place("gabor", "none"), 0))
    assert second.result(GABOR) != linked
    assert (linked / "train.npy").samefile(first / "train.npy")
    assert {path: path.read_bytes() for path in first.iterdir()} == before
    assert len(kernels.stamped(GABOR)) == 1
