"""What made a result, in sixteen digits: a hash of its specification and of the code's digest."""

import hashlib
import json

# What a folder of results looks like. Raise it when readers of now cannot read what was written before.
FORMAT = 1


def canonical(spec: dict | list) -> str:
    """``spec`` as JSON with sorted keys: equal specifications give equal texts."""
    return json.dumps(spec, sort_keys=True, separators=(",", ":"), allow_nan=False)


def stamp(spec: dict, code: str) -> str:
    """Sixteen hexadecimal digits for a specification and the digest of the code that carries it out."""
    return hashlib.sha256(f"{FORMAT}\n{canonical(spec)}\n{code}".encode()).hexdigest()[:16]
