"""Guarantee: a message about the configuration says where, what was expected and what came, in one line.

The messages of a schema validator speak of the schema, repeat values of any length, and pass control
characters on to the terminal.
"""

import difflib
import math

LONGEST = 80  # characters of a value that a message repeats
LISTED = 40  # names or problems that a message lists
KINDS = {"object": "a mapping", "array": "a list", "string": "text", "boolean": "true or false"}


def cut(text: str, longest: int = LONGEST) -> str:
    """``text``, or its beginning and how long it is."""
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text):,} characters)"


def quoted(value) -> str:
    """A value as a message repeats it, in one line and not at any length."""
    return cut(repr(value))


def printable(text: str) -> str:
    """``text`` without control characters, which a terminal would act on; line breaks stay."""
    return "".join(each if each.isprintable() or each == "\n" else repr(each)[1:-1] for each in text)


def nearest(name: str, known) -> str:
    """A hint for an unknown name: the nearest known one, and all of them."""
    known = sorted(map(str, known))
    close = difflib.get_close_matches(str(name)[:LONGEST], known, n=1, cutoff=0.4)
    hint = f"did you mean {close[0]!r}? " if close else ""
    more = f" and {len(known) - LISTED} more" if len(known) > LISTED else ""
    return f"{hint}known: {', '.join(map(cut, known[:LISTED])) or 'none'}{more}"


def where_text(path) -> str:
    """A place in the configuration, such as networks.alexnet.epochs or seeds[0]."""
    text = ""
    for part in path:
        name = cut(str(part))
        text += f"[{part}]" if isinstance(part, int) else f".{name}" if text else name
    return text or "the configuration"


def _as_a_number(value, wanted: str | list[str]) -> str | None:
    """A text that means a number, as YAML reads one; None for any other value.

    YAML takes 1e9, 1.0e9 and 1e-4 for texts: it wants a point before the exponent and a sign in it.
    """
    try:
        number = float(value) if isinstance(value, str) else math.nan
    except ValueError:
        return None
    kinds = {wanted} if isinstance(wanted, str) else set(wanted)
    if not math.isfinite(number) or not kinds & {"number", "integer"}:
        return None
    if number.is_integer() and abs(number) < 1e16:
        return str(int(number))
    mantissa, _, exponent = repr(number).partition("e")
    point = mantissa if "." in mantissa else f"{mantissa}.0"
    return f"{point}e{int(exponent):+}" if exponent else point


def explain(error) -> list[str]:
    """One schema violation in words: where, what was expected, what came."""
    where, value, rule = where_text(error.absolute_path), error.instance, error.validator
    if rule == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = [key for key in value if key not in known]
        return [f"{where}: unknown key {quoted(key)}; {nearest(key, known)}" for key in unknown]
    if rule == "required":
        missing = [key for key in error.validator_value if key not in value]
        where_from = "" if len(missing) == 1 else "; if this was to change an existing entry, check its name"
        return [f"{where}: the key {key!r} is missing{where_from}" for key in missing]
    if "propertyNames" in error.absolute_schema_path:
        known = error.validator_value if rule == "enum" else None
        hint = nearest(value, known) if known else "use lower-case letters, digits and _"
        return [f"{where}: {quoted(value)} is not a possible name; {hint}"]
    if rule == "enum":
        return [f"{where}: {quoted(value)} is not possible; {nearest(value, error.validator_value)}"]
    if rule == "type":
        said = error.validator_value
        kinds: list[str] = said if isinstance(said, list) else [said]
        wanted = " or ".join(KINDS.get(kind, kind) for kind in kinds)
        message = f"{where}: expected {wanted}, found {type(value).__name__} {quoted(value)}"
        number = _as_a_number(value, error.validator_value)
        if number:
            message += f"; YAML reads this as text, write it as {number} (and lists into a file, not on "
            message += "the command line)"
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
        return [f"{where}: expected {wanted}, found {quoted(value)}"]
    if rule in ("minItems", "minProperties"):
        has = f"has only {len(value)} entries" if value else "is empty"
        return [f"{where}: {has}; expected at least {error.validator_value}"]
    if rule == "uniqueItems":
        return [f"{where}: has an entry twice: {quoted(value)}"]
    if rule == "pattern" and where == "results":
        return [
            f"{where}: {quoted(value)} has characters that a folder here cannot have; "
            f"{error.schema['description']}"
        ]
    if rule == "pattern" and where.endswith("factory"):
        return [f"{where}: expected module:function, found {quoted(value)}"]
    if rule == "pattern" and "description" in error.schema:
        return [f"{where}: {quoted(value)} is not possible; {error.schema['description']}"]
    return [f"{where}: {cut(error.message, 500)}"]
