"""Guarantee: a setting of a network can vary without a list of networks in the configuration.

    networks: {mlp_1x512: {learning_rate: {grid: [0.01, 0.03]}, …}}

makes mlp_1x512@learning_rate=0.01 and mlp_1x512@learning_rate=0.03. A figure or table that names mlp_1x512
shows all of them. A figure or table may also name such a network without a grid: inception@decay=0.999 is
inception with another ``decay``.
"""

import json
import math
import re
from collections.abc import Iterable
from itertools import product
from typing import Any

from rethinking.exhibits.requests import with_settings

GRID = "grid"
SETTING = re.compile(r"[a-z_]+=[^/@]{1,40}")


class GridError(Exception):
    """A grid that names no networks; the message says where and why."""


def is_grid(value) -> bool:
    """Whether a setting is a grid of values."""
    return isinstance(value, dict) and set(value) == {GRID}


def network_grids(config: dict) -> tuple[dict, dict[str, list[str]]]:
    """The configuration with a network for each point of a grid, and the names that each name stands for.

    The configuration may hold anything else yet: it is checked afterwards.
    """
    networks: dict[str, Any] = {}
    names: dict[str, list[str]] = {}
    for name, entry in config["networks"].items():
        keys = [key for key, value in entry.items() if is_grid(value)] if isinstance(entry, dict) else []
        for key in keys:
            values = entry[key][GRID]
            if not isinstance(values, list) or not values:
                raise GridError(f"networks.{name}.{key}.grid: expected a list of values, found {values!r}")
            if any(value in values[:place] for place, value in enumerate(values)):
                raise GridError(f"networks.{name}.{key}.grid: has a value twice: {values!r}")
        names[name] = []
        for point in product(*(entry[key][GRID] for key in keys)):
            settings = dict(zip(keys, point, strict=True))
            named = with_settings(name, **settings)
            names[name].append(named)
            networks[named] = entry | settings if settings else entry
    return config | {"networks": networks}, names


def settings_in(name: str, base: str) -> dict | str:
    """The settings that ``name`` changes in the entry ``base``, or in words why there are none."""
    parts = name[len(base) + 1 :].split("@")
    if not all(SETTING.fullmatch(part) for part in parts):
        return "each setting is written @key=value, with a value of 1 to 40 characters, none of them / or @"
    keys = [part.partition("=")[0] for part in parts]
    twice = [key for place, key in enumerate(keys) if key in keys[:place]]
    if twice:
        return f"{twice[0]} is set twice; remove one"
    return {part.partition("=")[0]: _value(part.partition("=")[2]) for part in parts}


def entry_of(name: str, networks: Iterable[str]) -> str | None:
    """The one of ``networks`` that a name by settings starts from, itself perhaps the point of a grid."""
    starts = [base for base in networks if name.startswith(f"{base}@")]
    return min(starts, key=len, default=None)


def canonical(name: str, networks: dict, training: dict) -> str:
    """The one name under which a network with settings is trained, however it is asked for.

    Settings that the entry has already are left out, and the others are sorted.
    """
    base = entry_of(name, networks)
    if base is None:
        return name
    plain = training | networks[base]
    changed = {key: value for key, value in sorted(networks[name].items()) if value != plain.get(key)}
    return with_settings(base, **changed)


def _value(text: str):
    """A setting as it stands in a name: a number, true, false or null; anything else is text."""
    try:
        value = json.loads(text)
        return value if not isinstance(value, float) or math.isfinite(value) else text
    except ValueError:
        return text


def expand(value, schema: dict, names: dict[str, list[str]]):
    """An option of a figure or table with each name of a grid replaced by the names of its networks.

    In lists every network takes a place of its own. A list of mappings, such as the rows of a table, has a
    mapping for each.
    """
    if isinstance(value, list):
        items = schema.get("items", {})
        if items.get("names") == "network":
            return [each for name in value for each in names.get(name, [name])]
        return [each for item in value for each in _rows(item, items, names)]
    return value


def _rows(row, schema: dict, names: dict[str, list[str]]) -> list:
    if not isinstance(row, dict):
        return [row]
    parts = schema.get("properties", {})
    keys = [key for key, part in parts.items() if part.get("names") == "network" and key in row]
    choices = [names.get(row[key], [row[key]]) for key in keys]
    return [row | dict(zip(keys, point, strict=True)) for point in product(*choices)]
