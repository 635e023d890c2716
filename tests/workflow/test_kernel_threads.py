"""How many kernel jobs run at a time, as a dry run tells it."""

import subprocess
import sys
from collections import Counter

import pytest

from pipeline.planning.kernels import threads_of
from trees import copy_project

# A dry run says what each job does, and not with how many threads.
DRY_RUN = """
import sys
from snakemake import cli, jobs
def tell(job, *_, **__):
    print("asked:", job.rule.name, job.threads, job.resources.get("gpu", 0))
jobs.Job.log_info = tell
cli.main(["--dry-run", *sys.argv[1:]])
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("threads"))


def jobs(tree, *options):
    """How many jobs of each rule a dry run of the paper's table 3 has, with so many threads and GPUs each."""
    command = [sys.executable, "-c", DRY_RUN, "table3", *options]
    done = subprocess.run(command, cwd=tree.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = [line.split() for line in done.stdout.splitlines() if line.startswith("asked:")]
    return Counter((rule, int(threads), int(gpus)) for _, rule, threads, gpus in told)


GPU_RULES = {"add_inner_products", "select_kernel", "solve_system"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--cores", "8", "--resources", "gpu=4"), 2),
        (("--cores", "8"), 2),
        (("--cores", "1"), 1),
        (("--cores", "32", "--resources", "gpu=0"), 16),
        (("--cores", "8", "--resources", "gpu=0"), 8),
        (("--cores", "32", "--resources", "gpu=4", "--set-threads", "solve_system=7"), None),
    ],
)
def test_a_job_with_a_gpu_takes_two_threads_and_one_without_all_of_its_own(tree, options, expected):
    found = jobs(tree, *options)
    assert {rule for rule, *_ in found} >= {*GPU_RULES, "transform_images"}
    for rule, threads, gpus in found:
        if rule in GPU_RULES:
            assert threads == (expected or {"solve_system": 7}.get(rule, 2))
            assert gpus == (threads in (1, 2, 7))
        if rule == "transform_images":
            assert (threads, gpus) == (min(16, int(options[1])), 0)


def test_a_job_of_a_cluster_takes_what_it_was_given():
    execution = {"gpu": 1, "systems": {"threads": 16}}
    assert threads_of(execution, None, "16") == 16
    assert threads_of(execution, None, None) == 2
    assert threads_of({"gpu": 1, "systems": {"threads": 1}}, 4) == 1
    assert threads_of(execution | {"gpu": 0}, None) == 16
