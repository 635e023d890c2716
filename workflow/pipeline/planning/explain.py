"""What is wrong with a configuration, in words: where, what was expected, what came."""

import difflib

KINDS = {"object": "a mapping", "array": "a list", "string": "text", "boolean": "true or false"}


def nearest(name: str, known) -> str:
    """What to say of an unknown name: the nearest known one, and all of them."""
    known = sorted(map(str, known))
    close = difflib.get_close_matches(str(name), known, n=1, cutoff=0.4)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}known: {', '.join(known) or 'none'}"


def where_text(path) -> str:
    """A place in the configuration, such as networks.alexnet.epochs or seeds[0]."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "the configuration"


def _looks_like_a_number(value) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return isinstance(value, str)


def explain(error) -> list[str]:
    """One schema violation in words: where, what was expected, what came."""
    where, value, rule = where_text(error.absolute_path), error.instance, error.validator
    if rule == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = [key for key in value if key not in known]
        return [f"{where}: unknown key {key!r}; {nearest(key, known)}" for key in unknown]
    if rule == "required":
        missing = [key for key in error.validator_value if key not in value]
        where_from = "" if len(missing) == 1 else "; if this was to change an existing entry, check its name"
        return [f"{where}: the key {key!r} is missing{where_from}" for key in missing]
    if "propertyNames" in error.absolute_schema_path:
        known = error.validator_value if rule == "enum" else None
        hint = nearest(value, known) if known else "use lower-case letters, digits and _"
        return [f"{where}: {value!r} is not a possible name; {hint}"]
    if rule == "enum":
        return [f"{where}: {value!r} is not possible; {nearest(value, error.validator_value)}"]
    if rule == "type":
        wanted = error.validator_value
        wanted = " or ".join(
            KINDS.get(kind, kind) for kind in (wanted if isinstance(wanted, list) else [wanted])
        )
        message = f"{where}: expected {wanted}, found {type(value).__name__} {value!r}"
        if _looks_like_a_number(value):
            message += "; YAML reads this as text, write it as a plain decimal such as "
            message += "0.0005 or 5.0e-4 (and lists into a file, not on the command line)"
        return [message]
    bounds = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "more than",
        "exclusiveMaximum": "less than",
    }
    if rule in bounds:
        low, high = error.schema.get("minimum"), error.schema.get("maximum")
        wanted = f"{bounds[rule]} {error.validator_value}"
        if low is not None and high is not None:
            wanted = f"a value in [{low}, {high}]"
        return [f"{where}: expected {wanted}, found {value!r}"]
    if rule in ("minItems", "minProperties"):
        has = f"has only {len(value)} entries" if value else "is empty"
        return [f"{where}: {has}; expected at least {error.validator_value}"]
    if rule == "uniqueItems":
        return [f"{where}: has an entry twice: {value!r}"]
    if rule == "pattern" and where == "results":
        return [
            f"{where}: {value!r} has characters that a folder here cannot have; {error.schema['description']}"
        ]
    if rule == "pattern" and where.endswith("factory"):
        return [f"{where}: expected module:function, found {value!r}"]
    if rule == "pattern" and "description" in error.schema:
        return [f"{where}: {value!r} is not possible; {error.schema['description']}"]
    return [f"{where}: {error.message}"]
