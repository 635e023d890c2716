"""A real Slurm on this machine with four made-up GPUs, and the workflow submitted to it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from submitted import SlurmTree, one_by_one, with_spy

from small import everything
from trees import HERE as ROOT

HERE = Path(__file__).parent
EXECUTOR = "snakemake_executor_plugin_slurm/__init__.py"


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
    # Copied, because one file is changed below.
    install = [uv, "pip", "install", "--quiet", "--link-mode", "copy", "--no-deps", "--require-hashes"]
    where = ["--python", folder / "bin/python", "--requirements", ROOT / "envs/slurm.txt"]
    done = subprocess.run([*install, *where], capture_output=True, text=True)
    assert done.returncode == 0, f"the executor cannot be installed:\n{done.stderr}"
    # It looks at a running job after ten seconds more each time, which is for jobs of hours.
    text = (packages / EXECUTOR).read_text()
    assert text.count("self.next_seconds_between_status_checks + 10,") == 1
    (packages / EXECUTOR).write_text(text.replace("self.next_seconds_between_status_checks + 10,", "1,"))
    return folder / "bin/python"


@pytest.fixture(scope="session")
def whole(submitter, tmp_path_factory) -> SlurmTree:
    """Networks and kernel systems, every kind of job among them, made by this machine without a cluster.

    One job trains both seeds of a network and keeps their weights, and four of these jobs are for figure 1c.
    """
    config = everything()
    config["execution"] |= {"gpu": 1, "seeds_together": True, "keep_weights": "shown"}
    config["figures"]["fig1a"]["conditions"] = ["true_labels", "random_pixels"]
    config["figures"]["fig1c"]["label_noise"] = [0.0, 0.25, 0.5, 1.0]
    config["figures"]["fig1b"] = None
    config["tables"]["table1"]["rows"] = config["tables"]["table1"]["rows"][1:2]
    tree = with_spy(tmp_path_factory.mktemp("whole") / "tree", config, submitter)
    tree.snakemake()
    return tree


@pytest.fixture
def cluster(slurm, submitter, tmp_path) -> SlurmTree:
    """A copy of the project whose runs are submitted, and whose jobs are ended with the test."""
    tree = one_by_one(tmp_path / "cluster", submitter)
    yield tree
    tree.cancel()
