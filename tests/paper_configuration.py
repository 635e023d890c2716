"""The paper's configuration with one value changed, checked, and its problems as a user reads them."""

import copy
from pathlib import Path

import pytest
import yaml

from pipeline.planning import configuration
from pipeline.planning.configuration import ConfigurationError
from pipeline.planning.homes import Homes

HERE = Path(__file__).parents[1]
ROOTS = (HERE / "src", HERE / "workflow")
HOMES = Homes(HERE / "src")
PAPER = yaml.safe_load((HERE / "config.yaml").read_text())


def with_value(path, value):
    config = copy.deepcopy(PAPER)
    *parents, last = path
    place = config
    for key in parents:
        place = place[key]
    place[last] = value
    return config


def check(config, *folders):
    """The checked configuration, where modules of one's own may lie in ``folders``."""
    return configuration.check(config, HERE, HOMES, (*ROOTS, *folders))


def problems(config):
    with pytest.raises(ConfigurationError) as caught:
        check(config)
    return [line.strip("- ") for line in str(caught.value).splitlines() if line.startswith("  - ")]
