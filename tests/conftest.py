"""Small workflows that were run to their end, made once and shared by pytest's workers.

Nothing outside the project's folder and pytest's temporary ones is written: what programs keep for the next
time, fonts of Matplotlib and sources of Snakemake, lies below .pytest_cache.
"""

import fcntl
import os
import shutil
from pathlib import Path

# Before NumPy and PyTorch are imported: the workers of pytest, and Snakemake's jobs, share the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["XDG_CACHE_HOME"] = str(Path(__file__).parents[1] / ".pytest_cache/programs")
os.environ["MPLCONFIGDIR"] = str(Path(__file__).parents[1] / ".pytest_cache/programs/matplotlib")

import hypothesis
import psutil
import pytest

from measured import BOTH, with_plugins
from trees import KERNEL_TARGETS, Tree, copy_kernels, copy_project

# The same cases in every run, or a change would be blamed for what chance has found; a longer search is
# `pytest --hypothesis-profile search`.
hypothesis.settings.register_profile("same", max_examples=30, derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("search", deadline=None, max_examples=1000)
hypothesis.settings.load_profile("same")


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left_running(tmp_path_factory):
    """After the last test no process works in a folder of the tests any more."""
    yield
    folder = tmp_path_factory.getbasetemp()

    def is_there(process: psutil.Process) -> bool:
        try:
            return process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()).is_relative_to(folder)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False

    _, left = psutil.wait_procs(filter(is_there, psutil.process_iter()), timeout=20)
    assert not left, f"still running: {[process.cmdline() for process in left]}"


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """Calls ``make`` with a tree's new folder in the first worker that asks for ``name``; the others wait."""
    # Each worker has a folder of its own in the one of this session.
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def get(name: str, make) -> Tree:
        folder, made = shared / name, shared / f"{name}.made"
        with open(shared / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                shutil.rmtree(folder, ignore_errors=True)
                make(folder)
                made.touch()
        return Tree(folder)

    return get


@pytest.fixture(scope="session")
def finished(made_once) -> Tree:
    """The small workflow run to its end; tests must not change it."""
    return made_once("finished", lambda folder: copy_project(folder).snakemake())


@pytest.fixture(scope="session")
def finished_kernels(made_once) -> Tree:
    """The kernel systems solved, and all that shows them; tests must not change it."""
    return made_once("kernels", lambda folder: copy_kernels(folder).snakemake(*KERNEL_TARGETS))


@pytest.fixture(scope="session")
def measured(made_once) -> Tree:
    """Four runs with their weights, a measurement and a trace; tests must not change it."""
    return made_once("measured", lambda folder: with_plugins(copy_project(folder, BOTH)).snakemake())


@pytest.fixture
def tree(finished, tmp_path) -> Tree:
    """A copy of the finished workflow, to be changed at will."""
    return finished.copied(tmp_path / "tree")


@pytest.fixture
def kernels(finished_kernels, tmp_path) -> Tree:
    """A copy of the solved systems, to be changed at will."""
    return finished_kernels.copied(tmp_path / "kernels")


@pytest.fixture
def fresh(tmp_path) -> Tree:
    """A copy of the project without results."""
    return copy_project(tmp_path / "fresh")
