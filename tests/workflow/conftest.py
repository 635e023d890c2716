"""A finished small workflow, copied for every test that changes something in it."""

import shutil

import pytest

from trees import SMALL_KERNELS, Tree, copy_project


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Tree:
    """The small workflow run to its end; tests must not change it."""
    tree = copy_project(tmp_path_factory.mktemp("finished"))
    tree.snakemake()
    return tree


@pytest.fixture(scope="session")
def finished_kernels(tmp_path_factory) -> Tree:
    """The kernel systems solved, and all that shows them; tests must not change it."""
    tree = copy_project(tmp_path_factory.mktemp("kernels"), SMALL_KERNELS)
    tree.snakemake()
    return tree


@pytest.fixture
def kernels(finished_kernels, tmp_path) -> Tree:
    """A copy of the solved systems with its modification times, to be changed at will."""
    shutil.copytree(finished_kernels.folder, tmp_path / "kernels")
    return Tree(tmp_path / "kernels")


@pytest.fixture
def tree(finished, tmp_path) -> Tree:
    """A copy of the finished workflow with its modification times, to be changed at will."""
    shutil.copytree(finished.folder, tmp_path / "tree")
    return Tree(tmp_path / "tree")


@pytest.fixture
def fresh(tmp_path) -> Tree:
    """A copy of the project without results."""
    return copy_project(tmp_path / "fresh")
