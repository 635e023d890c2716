"""Understanding deep learning requires rethinking generalization, reproduced end to end.

snakemake --cores 8 --resources gpu=4         everything in config.yaml
snakemake fig1a --cores 8 --resources gpu=4   one figure or table, with the runs that it needs
snakemake -n                                  what would be done, and why
snakemake --cores 2 --configfile config/demo.yaml    the demo
"""

import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.27")


configfile: "config.yaml"


HERE = Path(workflow.current_basedir)
sys.path.insert(0, str(HERE / "workflow"))

from pipeline import sources
from pipeline.configuration import ConfigurationError
from pipeline.digest import DigestError
from pipeline.kernel_plan import DRAWN, MEASURED, RIDGE
from pipeline.plan import Plan
from pipeline.runs import DATASET, IMAGES, NOISE, SEED, Run

try:
    plan = Plan(config, HERE)
except (ConfigurationError, DigestError) as error:
    raise WorkflowError(str(error))
for data in plan.datasets.values():
    if data.outlived:
        logger.warning(
            f"{sources.own(data.source)} has no data any more: what was prepared from it before is used"
        )

# This call as a user would type it, for messages that say how to make something again.
command = ["snakemake"]
if workflow.config_settings.configfiles:
    command += ["--configfile", *map(os.path.relpath, workflow.config_settings.configfiles)]
if workflow.config_settings.config:
    command += ["--config", *workflow.config_settings.config_args]
os.environ.update(
    # Jobs run the code of this tree, which is the code that the digests describe.
    PYTHONPATH=os.pathsep.join(map(str, plan.scripts.roots)),
    RETHINKING_SNAKEMAKE=shlex.join(command),
)
# Threads that wait for each other give their core away after a moment. Where cores are shared, PyTorch's
# threads otherwise spend their time spinning, and a run takes tens of times as long.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
# Where Snakemake's records are lost it takes every finished run for current.
if not Path(".snakemake/metadata").is_dir() and not {"-R", "--forcerun"} & {*sys.argv}:
    stale = plan.stale_results()
    if stale:
        rules_of = set(stale.values())
        rules_of |= {"select_kernel"} if "solve_system" in rules_of else set()
        again = shlex.join([*command, "--forcerun", *sorted(rules_of), "--cores", "1"])
        raise WorkflowError(
            f"{len(stale)} finished results were made by other settings or other code, and Snakemake's "
            f"records (.snakemake) are not here; the first is {next(iter(stale))}. This call makes them "
            f"again, and keeps the runs of networks that are right:\n  {again}"
        )


onstart:
    # --force and --forceall make a run again even where it is there and current.
    if workflow.dag_settings.forcetargets or workflow.dag_settings.forceall:
        os.environ.update(RETHINKING_FORCE="1")


wildcard_constraints:
    dataset=DATASET,
    images=IMAGES,
    noise=NOISE,
    seed=SEED,
    name="[a-z][a-z0-9_]*",


include: "workflow/rules/datasets.smk"
include: "workflow/rules/networks.smk"
include: "workflow/rules/kernels.smk"
include: "workflow/rules/figures.smk"


rule all:
    default_target: True
    input:
        descriptions,
        contact_sheets,
        figures,
        tables,
        scorecard if plan.main else [],
