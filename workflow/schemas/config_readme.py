"""Write the tables of config/README.md from the schema, the homes and config.yaml.

Run it after a change of either: python workflow/schemas/config_readme.py
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

HERE = Path(__file__).parents[2]
sys.path[:0] = [str(HERE / "src"), str(HERE / "workflow")]

from pipeline.planning.homes import Homes  # noqa: E402
from pipeline.planning.schema import schema_with  # noqa: E402

README = HERE / "config" / "README.md"
# A line that names top-level keys; their tables stand between it and the next line of the second kind.
BLOCK = re.compile(r"(<!-- keys: (.*?) -->\n).*?(<!-- end of keys -->)", re.S)
HEAD = "| key | type | default | meaning |\n|---|---|---|---|\n"
TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
    "object": "mapping",
    "array": "list",
    "null": "`null`",
}
BOUNDS = {
    "minimum": "≥ {:,}",
    "exclusiveMinimum": "> {:,}",
    "maximum": "≤ {:,}",
    "exclusiveMaximum": "< {:,}",
}


def _code(value) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _type(schema: dict) -> str:
    """The type of a value in words, with its bounds."""
    if "enum" in schema:
        *others, last = map(_code, schema["enum"])
        return f"{', '.join(others)} or {last}" if others else last
    kind = schema["type"]
    kinds = kind if isinstance(kind, list) else [kind]
    if "array" in kinds:
        size = f" of {schema['maxItems']}" if "maxItems" in schema else ""
        or_else = "".join(f"{TYPES[name]} or " for name in kinds if name != "array")
        return f"{or_else}list{size}, each: {_type(schema['items'])}"
    words = " or ".join(TYPES[name] for name in kinds)
    bounds = [text.format(schema[rule]) for rule, text in BOUNDS.items() if rule in schema]
    return " ".join([words, ", ".join(bounds)]).strip()


def _row(key: str, schema: dict, default: str) -> str:
    return f"| `{key}` | {_type(schema)} | {default} | {' '.join(schema['description'].split())} |\n"


def _fixed(key: str, schema: dict, value) -> Iterator[str]:
    """The rows of a key that config.yaml has, with its value there."""
    if "properties" not in schema:
        yield _row(key, schema, _code(value))
        return
    for name, part in schema["properties"].items():
        yield from _fixed(f"{key}.{name}", part, value[name])


def _entry(schema: dict, shared: dict, prefix: str = "") -> Iterator[str]:
    """The rows of an entry that has a name of the user's; ``shared`` keys are described elsewhere."""
    for name, part in schema["properties"].items():
        if part == shared.get(name):
            continue
        required = "required" if name in schema.get("required", []) else ""
        default = _code(part["default"]) if "default" in part else required
        items = part.get("items", {})
        if items.get("type") == "object":
            yield f"| `{prefix}{name}` | list of mappings | {default} | {part['description']} |\n"
            yield from _entry(items, {}, f"{prefix}{name}[].")
        else:
            yield _row(f"{prefix}{name}", part, default)


def _kinds(key: str, schema: dict) -> Iterator[str]:
    """A table for each kind of entry, which one of its keys tells; kinds with the same keys share one."""
    ((tells, _),) = schema["properties"].items()
    shared: dict[str, list[tuple[str, str]]] = {}
    for part in schema["allOf"]:
        kind = dict(part["then"], properties=dict(part["then"]["properties"]))
        what = kind["properties"].pop(tells)["description"]
        value = part["if"]["properties"][tells]["const"]
        shared.setdefault("".join(_entry(kind, {})), []).append((value, what))
    for rows, kinds in shared.items():
        (first, _), *others = kinds
        yield f"**`{key}.<name>` with `{tells}: {first}`**{''.join(f', `{other}`' for other, _ in others)}. "
        yield f"{'; '.join(what.rstrip('.') for _, what in kinds)}.\n\n"
        yield f"{HEAD}{rows}\n" if rows else ""


def tables(keys: list[str], schema: dict, config: dict) -> str:
    """Markdown that describes some top-level keys of the configuration."""
    parts = {key: schema["properties"][key] for key in keys}
    rows = "".join(
        row
        for key, part in parts.items()
        if "additionalProperties" not in part or "properties" in part
        for row in _fixed(key, part, config[key])
    )
    text = f"\n{HEAD}{rows}\n" if rows else "\n"
    for key, part in parts.items():
        entry = part.get("additionalProperties")
        if not entry:
            continue
        text += f"`{key}`: {part['description']}\n\n"
        if "allOf" in entry:
            text += "".join(_kinds(key, entry))
        else:
            shared = schema["properties"]["training"]["properties"]
            text += f"**`{key}.<name>`**\n\n{HEAD}{''.join(_entry(entry, shared))}"
            text += "| any key of `training` | | as there | For this entry alone. |\n\n"
    return text


def render(readme: str) -> str:
    """``readme`` with its tables renewed."""
    schema = schema_with(Homes(HERE / "src"))
    config = yaml.safe_load((HERE / "config.yaml").read_text())
    return BLOCK.sub(lambda found: found[1] + tables(found[2].split(), schema, config) + found[3], readme)


if __name__ == "__main__":
    README.write_text(render(README.read_text()))
