"""Guarantee: the commands plan a configuration as Snakemake would, without calling Snakemake."""

import os
import shlex
from pathlib import Path

from snakemake.exceptions import WorkflowError

from pipeline.planning.configuration import ConfigurationError
from pipeline.planning.digest import DigestError
from pipeline.planning.explain import printable
from pipeline.planning.homes import HomeError
from pipeline.planning.overlays import command_with, configuration
from pipeline.planning.plan import Plan
from pipeline.planning.results import UnknownResult

WORKFLOW = Path(__file__).parents[3]


class NotConfigured(Exception):
    """A configuration that names no plan; the message says why."""


def plan_of(files: list[str]) -> Plan:
    """The plan of ``config.yaml`` with ``files`` on top. Raises ``NotConfigured``."""
    # The command that errors name as the way to make one result again.
    os.environ["RETHINKING_SNAKEMAKE"] = shlex.join(command_with(files))
    try:
        return Plan(configuration(files), WORKFLOW)
    except (ConfigurationError, DigestError, HomeError, UnknownResult, WorkflowError, OSError) as error:
        raise NotConfigured(printable(str(error))) from None
