"""Open the finished results of a configuration in a notebook.

    from rethinking_results.open import open_results

    results = open_results("config.yaml", "config/demo.yaml")
    results.runs()      # a data frame, one row for each finished run
    run = results.run(network="mlp_1x512", condition="random_labels", seed=0)
    network, (train, test) = run.network(), run.data()

The package reads the files that the workflow has written, and plans results as the workflow does. It needs
the project's folder, because the workflow's own package ``pipeline`` lies there, beside ``src``.
"""

import sys
from pathlib import Path

from rethinking_results.results import Results

WORKFLOW = Path(__file__).parents[2] / "workflow"


def open_results(*files: str | Path) -> Results:
    """Open the results that configuration files ask for, merged as ``snakemake --configfile`` merges them.

    ``config.yaml`` of the working folder is always the first of the files. Paths start in the working folder,
    as they do where Snakemake is called. Raises ``pipeline.commands.configured.NotConfigured`` for a
    configuration that cannot be run, and ``FileNotFoundError`` where no workflow lies beside this package.
    """
    if not (WORKFLOW / "pipeline").is_dir():
        raise FileNotFoundError(
            f"{WORKFLOW}: the workflow is expected there; install the project from its folder, with "
            "pip install --editable ."
        )
    if str(WORKFLOW) not in sys.path:
        sys.path.append(str(WORKFLOW))
    from pipeline.commands.configured import plan_of

    plan = plan_of([str(file) for file in files])
    # The modules of plugins, which hold networks.
    sys.path += [str(folder) for folder in plan.homes.folders if str(folder) not in sys.path]
    return Results(plan, Path.cwd())
