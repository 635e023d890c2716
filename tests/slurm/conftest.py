"""A real Slurm on this machine with four made-up GPUs, and the workflow submitted to it."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml

from submitted import SPY, SlurmTree
from trees import HERE as ROOT
from trees import SMALL, copy_project

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def slurm():
    """The folder of a running Slurm; tests are skipped, with the reason, where none can be started."""
    if os.name != "posix" or os.getuid() != 0:
        pytest.skip("starting a Slurm of one's own takes root")
    folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
    start = [HERE / "start-local-slurm", "--accounting", "--fix-network", folder]
    done = subprocess.run(start, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    if done.returncode:
        pytest.skip(f"no Slurm can be started here: {done.stdout.strip().splitlines()[-1]}")
    yield folder
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
    if uv is None:
        pytest.skip("no uv to install the executor with")
    install = [uv, "pip", "install", "--quiet", "--python", folder / "bin/python", "--no-deps"]
    done = subprocess.run([*install, "-r", ROOT / "envs/slurm.txt"], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"the executor cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    return folder / "bin/python"


@pytest.fixture
def cluster(slurm, submitter, tmp_path) -> SlurmTree:
    """A copy of the project, with figure 1c of the slow network: 2 levels × 2 seeds, 200 epochs of 0.07 s."""
    tree = SlurmTree(copy_project(tmp_path / "cluster").folder)
    tree.python = submitter
    (tree.folder / "src/spy.py").write_text(SPY)
    config = yaml.safe_load(SMALL)
    config["execution"]["gpu"] = 1
    config["networks"]["spy"] = {
        "factory": "spy:net", "arguments": {}, "width": 1.0, "learning_rate": 0.01, "epochs": 200,
        "weight_decay": 0.001,
    }  # fmt: skip
    config["figures"]["fig1c"]["networks"] = ["spy"]
    (tree.folder / "config/small.yaml").write_text(yaml.safe_dump(config))
    yield tree
    subprocess.run(["scancel", "--me"], timeout=60)
