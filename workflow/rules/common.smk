# The questions that rules ask the plan: where a result's inputs are, and which facts its script needs.

import re

from snakemake.exceptions import WorkflowError

from pipeline.planning.results import UnknownResult
from pipeline.storage.differences import since_the_last


def is_dry_run(argument):
    return argument in ("--dry-run", "--dryrun") or re.fullmatch("-[a-zA-Z]*n[a-zA-Z]*", argument)


def result_of(kind, wildcards):
    """The planned result whose place, below ``kind``, and stamp are in a path."""
    try:
        return plan.results.find(kind, wildcards)
    except UnknownResult as error:
        raise WorkflowError(str(error))


def seed_of(wildcards):
    return int(wildcards.seed) if "seed" in wildcards.keys() else None


def receipts_for(kind):
    """An input function: the receipts of everything that a result is made from."""
    return lambda wildcards: result_of(kind, wildcards).receipts(seed_of(wildcards))


def jobs_for(kind):
    """A params function: the facts that the script needs to make a result. Functions that take ``output`` are no
    part of Snakemake's records, and need not be: the path holds the stamp."""
    return lambda wildcards, output: [result_of(kind, wildcards).job(seed_of(wildcards))]


def changed_since(kind, wildcards):
    """The changes since the last result in the same place, for a message."""
    seed = seed_of(wildcards)
    return since_the_last(
        result_of(kind, wildcards), plan.config["seeds"][0] if seed is None else seed
    )


def seeds_of(wildcards):
    return plan.config["seeds"] if TOGETHER else [seed_of(wildcards)]


def receipts_of_seeds(kind):
    """An input function: the receipts of everything that the results of a job's seeds are made from."""
    return lambda wildcards: [
        path for seed in seeds_of(wildcards) for path in result_of(kind, wildcards).receipts(seed)
    ]


def jobs_of_seeds(kind):
    """A params function: the facts that the script needs to make the results of a job's seeds."""
    return lambda wildcards, output: [
        result_of(kind, wildcards).job(seed) for seed in seeds_of(wildcards)
    ]
