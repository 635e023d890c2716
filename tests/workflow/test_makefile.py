"""What `make` lists is what there is, and `make clean` removes nothing that took long."""

import os
import re
import shutil
import subprocess

import pytest

from trees import HERE, make


@pytest.fixture
def project(fresh):
    shutil.copy(HERE / "Makefile", fresh.folder)
    for name in ("benchmarks", "tests"):
        (fresh.folder / name).mkdir()
    return fresh


def test_make_lists_every_target_and_the_calls_of_snakemake(project):
    listed = make(project.folder).stdout
    targets = re.search(r"\.PHONY: (.*)", (HERE / "Makefile").read_text())[1].split()
    assert re.findall(r"^  make ([\w-]+) +\S", listed, re.M) == [name for name in targets if name != "help"]
    calls = re.findall(r"^  (snakemake .*?)   ", listed, re.M)
    assert len(calls) == 3
    # Those of the README, which are tried out elsewhere.
    assert all(f"\n{call} " in (HERE / "README.md").read_text() for call in calls)


def test_make_clean_removes_the_demo_and_caches_and_nothing_else(project):
    kept = [
        "results/runs/cifar10/run.json", "results/mine/run.json", "data/cifar-10-python.tar.gz",
        ".venv/lib/__pycache__/x.pyc", ".snakemake/metadata/x",
    ]  # fmt: skip
    gone = [
        "results/demo/runs/run.json",
        ".ruff_cache/x",
        ".mypy_cache/x",
        "src/rethinking/__pycache__/x.pyc",
    ]
    for path in (*kept, *gone):
        (project.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / path).write_text("x")
    for _ in range(2):
        done = make(project.folder, "clean")
        assert done.returncode == 0, done.stdout
        assert not any((project.folder / path).parent.exists() for path in gone)
        assert all((project.folder / path).exists() for path in kept)
    assert "results/demo" not in done.stdout


def test_make_check_looks_at_the_configuration_that_is_named(project):
    done = make(project.folder, "check", "CONFIG=config/small.yaml")
    assert done.returncode == 0
    assert "results/small/runs/" in done.stdout
    assert re.search(r"^\d+ results looked at: 0 altered, \d+ missing$", done.stdout, re.M)


def test_a_missing_program_is_named_and_only_root_has_it_installed(tmp_path):
    for name, script in {"id": "echo 1000", "apt-get": f"touch {tmp_path}/called"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)

    def need(*programs):
        return subprocess.run(
            [HERE / "tests/install-packages", *programs],
            env=os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    assert (need("sh=dash", "no-such-program|sh=dash").returncode, need("sh=dash").stdout) == (0, "")
    refused = need("sh=dash", "no-such-program|nor-this=some-package", "neither=other-package")
    assert refused.returncode == 1
    assert "not here: no-such-program|nor-this neither." in refused.stdout
    assert "\n  sudo apt-get install --no-install-recommends some-package other-package\n" in refused.stdout
    assert not (tmp_path / "called").exists()
