"""The plan of a configuration that is named as on Snakemake's command line, without calling Snakemake."""

import os
import shlex
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import ConfigSettings
from snakemake.utils import update_config

from pipeline.planning.configuration import ConfigurationError
from pipeline.planning.digest import DigestError
from pipeline.planning.homes import HomeError
from pipeline.planning.plan import Plan
from pipeline.planning.results import UnknownResult

WORKFLOW = Path(__file__).parents[3]


class NotConfigured(Exception):
    """A configuration that names no plan; the message says why."""


def command_for(files: list[str]) -> str:
    """The call of Snakemake with these configuration files."""
    return shlex.join(
        ["snakemake", *(["--configfile", *files] if files and files != ["config.yaml"] else [])]
    )


def plan_of(files: list[str]) -> Plan:
    """The plan of ``config.yaml`` with ``files`` on top. Raises ``NotConfigured``."""
    # What errors name as the command that makes one file again.
    os.environ["RETHINKING_SNAKEMAKE"] = command_for(files)
    try:
        config = ConfigSettings(configfiles=[Path("config.yaml")]).overwrite_config
        update_config(config, ConfigSettings(configfiles=[Path(file) for file in files]).overwrite_config)
        return Plan(config, WORKFLOW)
    except FileNotFoundError as error:
        raise NotConfigured(f"CONFIG names {error.filename}, which is not here") from None
    except (ConfigurationError, DigestError, HomeError, UnknownResult, WorkflowError, OSError) as error:
        raise NotConfigured(str(error)) from None
