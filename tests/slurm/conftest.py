"""A real Slurm on this machine with four made-up GPUs, and the workflow submitted to it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml

from submitted import SPY, SlurmTree
from trees import HERE as ROOT
from trees import SMALL, Tree, copy_project, everything

HERE = Path(__file__).parent
# A run of it lasts 7 seconds.
NETWORK = {"factory": "spy:net", "arguments": {}, "width": 1.0}
NETWORK |= {"learning_rate": 0.01, "epochs": 100, "weight_decay": 0.001}


@pytest.fixture(scope="session")
def slurm():
    """The folder of a running Slurm, which is stopped after the last test."""
    # Asked to end, pytest stops it, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
    try:
        start = [HERE / "start-local-slurm", "--accounting", "--fix-network", folder]
        done = subprocess.run(start, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
        assert done.returncode == 0, f"no Slurm can be started here:\n{done.stdout}"
        yield folder
    finally:
        subprocess.run([HERE / "stop-local-slurm", folder], timeout=300, check=True)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def submitter(tmp_path_factory) -> Path:
    """A Python with the executor besides all that this one has."""
    folder = tmp_path_factory.mktemp("executor")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "base.pth").write_text(
        os.pathsep.join(p for p in sys.path if p.endswith("site-packages")) + "\n"
    )
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert uv, "there is no uv to install the executor with"
    install = [uv, "pip", "install", "--quiet", "--python", folder / "bin/python", "--no-deps"]
    done = subprocess.run([*install, "-r", ROOT / "envs/slurm.txt"], capture_output=True, text=True)
    assert done.returncode == 0, f"the executor cannot be installed:\n{done.stderr}"
    return folder / "bin/python"


def with_spy(folder: Path, config: dict) -> SlurmTree:
    """A copy of the project with one network more, which says where it runs."""
    config["networks"]["spy"] = NETWORK
    config["figures"]["fig1c"]["networks"] = ["spy"]
    tree = SlurmTree(copy_project(folder, yaml.safe_dump(config, sort_keys=False)).folder)
    (tree.folder / "src/spy.py").write_text(SPY)
    return tree


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> Tree:
    """Networks and kernel systems, every kind of job among them, made by this machine without a cluster.

    One job trains both seeds of a network, and four of these jobs are for figure 1c.
    """
    config = everything()
    config["execution"] |= {"gpu": 1, "seeds_together": True}
    config["figures"]["fig1a"]["conditions"] = ["true_labels", "random_pixels"]
    config["figures"]["fig1c"]["label_noise"] = [0.0, 0.25, 0.5, 1.0]
    config["figures"]["fig_ridge"]["ridge"] = [0.0]
    config["figures"]["fig1b"] = None
    config["tables"]["table1"]["rows"] = config["tables"]["table1"]["rows"][1:2]
    tree = with_spy(tmp_path_factory.mktemp("whole") / "tree", config)
    tree.snakemake()
    return tree


@pytest.fixture
def cluster(slurm, submitter, tmp_path) -> SlurmTree:
    """A copy of the project whose runs are submitted: one job for each, a GPU for each job."""
    config = yaml.safe_load(SMALL)
    config["execution"]["gpu"] = 1
    tree = with_spy(tmp_path / "cluster", config)
    tree.python = submitter
    yield tree
    tree.cancel()
