"""Guarantee: the schema of the configuration lists every home with its options, those of plugins too.

It is ``schemas/config.schema.yaml`` and the options that each home says of itself.
"""

from collections.abc import Callable
from pathlib import Path

import yaml

from pipeline.planning.explain import nearest
from pipeline.planning.homes import Home, Homes
from pipeline.planning.kinds import CHOICES
from pipeline.planning.measurements import MOMENTS

SCHEMA = Path(__file__).parents[2] / "schemas" / "config.schema.yaml"
KIND = "kind"
TOLERANCE = {"type": "number", "minimum": 0, "maximum": 0.5}
RECIPE = {
    "update_rule": "How gradients become steps.",
    "schedule": "How the learning rate changes from epoch to epoch.",
    "decayed": "The parameters that weight decay acts on.",
}
PAPER = {
    "type": "object",
    "additionalProperties": {"type": "string"},
    "description": "By data set, a CSV with the paper's numbers. They are shown beside ours, and compared on "
    "the scorecard where `claims` says so.",
}
CLAIMS = {
    "enum": ["none", "paper", "all"],
    "default": "none",
    "description": "Which results are held against the claims and numbers of the paper: none; those of "
    "networks and corruptions that the paper has; or all.",
}


def _beside_options(home: Home) -> tuple[dict, dict]:
    """The keys of a figure or table that are no options of its kind; none is required."""
    (shows,) = CHOICES["exhibit"]["form"][home.about["form"]]
    reads_paper = "numbers" in home.about or "paper" in home.needed(shows).named
    scored = home.function("claims") or "numbers" in home.about
    return {}, ({"paper": PAPER} if reads_paper else {}) | ({"claims": CLAIMS} if scored else {})


CROP = {
    "type": "integer",
    "minimum": 4,
    "description": "Side in pixels of the square that the networks see.",
}
TITLE = {
    "type": "string",
    "pattern": r"^(?=.*\S)[^{}\x00-\x1f\x7f]{1,60}\Z",
    "description": "What figures and tables call the data set, instead of its published name or its key; 1 "
    "to 60 characters, no braces.",
}
LICENCE = {"type": "string", "description": "What dataset.json is to say of the licence."}


def _of_data(home: Home) -> tuple[dict, dict]:
    """The options that data sets of several sources have: those that are required, and the others."""
    required = {} if home.says("listed") else {"crop": CROP}
    return required, {"title": TITLE} | ({"licence": LICENCE} if home.about["origin"] is None else {})


def one_of(
    homes: dict[str, Home], key: str, shared: Callable[[Home], tuple[dict, dict]] = lambda home: ({}, {})
) -> dict:
    """The schema of an entry whose ``key`` names a home, with the options of that home.

    ``shared`` gives further options of entries with a home: those that are required, and the others.
    """
    blocks = []
    for name, home in homes.items():
        needed, others = shared(home)
        options = home.options | needed | others
        required = [key, *(name for name, option in home.options.items() if "default" not in option), *needed]
        then = {
            "additionalProperties": False,
            "required": required,
            "properties": {key: {"description": home.about["title"]}, **options},
        }
        blocks.append({"if": {"required": [key], "properties": {key: {"const": name}}}, "then": then})
    return {"type": "object", "required": [key], "properties": {key: {"enum": list(homes)}}, "allOf": blocks}


def _tolerances(homes: Homes) -> dict[str, dict]:
    """The schema of every tolerance, by the name that a figure or table gives it."""
    return {
        name: TOLERANCE | {"description": description}
        for home in homes.of("exhibit").values()
        for name, description in home.about.get("numbers", {}).get("tolerances", {}).items()
    }


def schema_with(homes: Homes) -> dict:
    """The schema of the configuration, with everything that can be named and its options."""
    # libyaml, where PyYAML has it, takes a tenth of the time.
    schema = yaml.load(SCHEMA.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    keys = schema["properties"]
    keys["corruptions"]["properties"] = {
        name: {"type": "object", "additionalProperties": False, "properties": home.options}
        for name, home in homes.of("corruption").items()
    }
    # The options of all update rules, schedules and so on stand beside the other settings of training.
    recipe = {}
    for kind in RECIPE:
        of_kind = homes.of(kind)
        recipe[kind] = {"enum": list(of_kind), "description": RECIPE[kind]}
        for home in of_kind.values():
            recipe |= home.options
    keys["training"]["properties"] |= recipe
    keys["networks"]["additionalProperties"]["properties"] |= recipe
    keys["probes"]["additionalProperties"] = one_of(homes.of("probe"), "probe", lambda home: ({}, MOMENTS))
    for section, form in (("figures", "figure"), ("tables", "table")):
        kinds = {name: home for name, home in homes.of("exhibit").items() if home.about["form"] == form}
        keys[section]["additionalProperties"] = one_of(kinds, KIND, _beside_options)
    keys["datasets"]["additionalProperties"] = one_of(homes.of("source"), "source", _of_data)
    keys["features"]["additionalProperties"] = one_of(homes.of("features"), "transform")
    keys["scorecard"]["properties"]["tolerance"]["properties"] = _tolerances(homes)
    return schema


def unknown_names(value, schema: dict, known: dict[str, list[str]], where: str) -> list[str]:
    """Values that should be names of something and are not, in an entry with options of ``schema``.

    An option whose schema has ``names`` holds the name of a network, a data set, and so on; ``known`` has
    all names by their kind.
    """
    if "names" in schema and isinstance(value, str):
        names = known[schema["names"]]
        return [] if value in names else [f"{where}: no {schema['names']} {value!r}; {nearest(value, names)}"]
    if isinstance(value, dict):
        parts = schema.get("properties", {})
        return [
            problem
            for key, item in value.items()
            for problem in unknown_names(item, parts.get(key, {}), known, f"{where}.{key}")
        ]
    if isinstance(value, list):
        return [
            problem
            for index, item in enumerate(value)
            for problem in unknown_names(item, schema.get("items", {}), known, f"{where}[{index}]")
        ]
    return []
