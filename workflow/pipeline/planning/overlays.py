"""Guarantee: a key that stands twice in a configuration file is refused, where YAML would take the last.

The module also merges configuration files as Snakemake does, for the commands that call no Snakemake.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from pipeline.planning.configuration import ConfigurationError
from pipeline.planning.explain import quoted
from pipeline.storage.files import NotAFile, read

BASE = "config.yaml"
# libyaml, where PyYAML has it, takes a tenth of the time.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _repeated(node: yaml.Node | None, seen: set[int]) -> Iterator[tuple[str, int, int]]:
    """Every key that stands twice in one mapping: the key, its first and its second line."""
    if node is None or id(node) in seen:  # an alias leads to a node that was looked at
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated(item, seen)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[tuple[str, str], int] = {}
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                name, line = (key.tag, key.value), key.start_mark.line + 1
                if name in lines:
                    yield key.value, lines[name], line
                lines.setdefault(name, line)
            yield from _repeated(value, seen)


def repeated_keys(files: Iterable[str | Path]) -> list[str]:
    """A sentence for each key that stands twice in a mapping, of which YAML silently takes the last."""
    problems = []
    for file in files:
        try:
            tree = yaml.compose(read(file), LOADER)
        except yaml.YAMLError:  # Snakemake has said what, or read it as JSON
            continue
        path = os.path.relpath(file)
        problems += [
            f"{path}, line {second}: the key {quoted(key)} stands in line {first} already, and only one of "
            "the two can hold; remove or rename one"
            for key, first, second in _repeated(tree, set())
        ]
    return problems


def refuse_repeated_keys(files: Iterable[str | Path]) -> None:
    """Raise ``ConfigurationError`` where a key stands twice in a mapping of one of these files."""
    problems = repeated_keys(files)
    if problems:
        raise ConfigurationError("\n".join(problems))


def command_with(files: list[str]) -> list[str]:
    """The call of Snakemake, without a target, that has ``files`` on top of ``config.yaml``."""
    return ["snakemake", *(["--configfile", *files] if files and files != [BASE] else [])]


def configuration(files: list[str]) -> dict:
    """``config.yaml`` of this folder with ``files`` on top, merged as Snakemake does it.

    Raises ``ConfigurationError`` for files that are not there, are no files, or say something twice, and
    Snakemake's ``WorkflowError`` for those that are no YAML.
    """
    from snakemake.settings.types import ConfigSettings
    from snakemake.utils import update_config

    try:
        refuse_repeated_keys([BASE, *files])
    except FileNotFoundError as error:
        raise ConfigurationError(f"CONFIG names {error.filename}, which is not here") from None
    except NotAFile as error:
        raise ConfigurationError(f"CONFIG names what is no file: {error}") from None
    config = ConfigSettings(configfiles=[Path(BASE)]).overwrite_config
    update_config(config, ConfigSettings(configfiles=[Path(file) for file in files]).overwrite_config)
    return config
