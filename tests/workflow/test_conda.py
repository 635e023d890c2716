"""Jobs in conda environments run the code of this tree. A stand-in for conda makes an empty environment."""

import os
import sys

CONDA = """#!/usr/bin/env bash
case "$*" in
    --version) echo "conda 25.1.0" ;;
    "info --json") echo '{"conda_prefix": "FOLDER", "platform": "linux-64"}' ;;
    config*) echo '{"get": {"channel_priority": "strict"}}' ;;
    *create*)
        prefix=$(sed 's/.*--prefix \\([^ ]*\\).*/\\1/' <<< "$*")
        mkdir -p "$prefix/bin"
        # Without what is installed here, this package among it; Snakemake passes on where libraries are.
        printf '#!/usr/bin/env bash\\nexec "PYTHON" -S "$@"\\n' > "$prefix/bin/python"
        chmod +x "$prefix/bin/python" ;;
esac
"""


def test_jobs_in_a_conda_environment_find_the_code_of_this_tree(fresh, tmp_path, monkeypatch):
    folder = tmp_path / "conda"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/conda").write_text(CONDA.replace("FOLDER", str(folder)).replace("PYTHON", sys.executable))
    (folder / "bin/conda").chmod(0o755)
    (folder / "bin/activate").write_text('export PATH="$1/bin:$PATH"\n')
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    for path, first in (
        ("src/rethinking/datasets/arrays.py", "import numpy as np\n"),
        ("workflow/pipeline/storage/jobs.py", "from pathlib import Path\n"),
    ):
        fresh.edit(path, first, f"{first}\nprint('this is {path} of the tree')\n")
    done = fresh.snakemake("prepare_digits", "--sdm", "conda").stdout
    assert "Creating conda environment envs/environment.yaml" in done
    assert "Activating conda environment" in done
    assert "this is src/rethinking/datasets/arrays.py of the tree" in done
    assert "this is workflow/pipeline/storage/jobs.py of the tree" in done
