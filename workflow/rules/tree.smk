# HERE is the folder of this workflow, and its code is what this process and all jobs run.

import os
import sys
import tarfile
import tempfile
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.sourcecache import HostingProviderFile, LocalSourceFile

SOURCE = workflow.current_basedir
if isinstance(SOURCE, HostingProviderFile):
    # A module from GitHub or GitLab: Snakemake fetches single files, and jobs need the whole tree.
    REPOSITORY = SOURCE.hosted_repo.repo
    COMMIT = REPOSITORY.commit(SOURCE.ref).hexsha
    HERE = Path(".snakemake", "rethinking", COMMIT).absolute()
    if not HERE.is_dir():
        with tempfile.TemporaryFile() as file:
            REPOSITORY.archive(file, COMMIT)
            file.seek(0)
            UNPACKED = HERE.with_suffix(f".{os.getpid()}")
            tarfile.open(fileobj=file).extractall(UNPACKED, filter="data")
        UNPACKED.rename(HERE)
elif isinstance(SOURCE, LocalSourceFile):
    HERE = Path(SOURCE).parents[1]
else:
    raise WorkflowError(
        f"{SOURCE}: jobs need the whole tree of this workflow; name its Snakefile by a path on this machine, "
        "or with github() or gitlab()"
    )

# PYTHONPATH puts this code before what is installed, for the digests describe it. In conda environments
# Snakemake takes PYTHONPATH away from jobs, but it always gives them its own sys.path as well.
CODE = [str(HERE / "src"), str(HERE / "workflow")]
sys.path[:0] = CODE
OTHERS = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
os.environ.update(PYTHONPATH=os.pathsep.join(dict.fromkeys([*CODE, *OTHERS])))

import pipeline

if not Path(pipeline.__file__).resolve().is_relative_to(HERE.resolve()):
    raise WorkflowError(
        f"{HERE} is to run its own package `pipeline`, and {pipeline.__file__} is loaded already. In "
        "one call of Snakemake there can be one copy of this workflow, and no other package of that name"
    )
