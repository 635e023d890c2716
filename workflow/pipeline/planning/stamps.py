"""Guarantee: equal specifications have equal stamps, in every process and on every machine.

A stamp is sixteen digits of a hash of a specification and of the digest of the code that carries it out.
"""

import hashlib
import json

# The version of the form of results. Raise it when earlier results cannot be read any more.
FORMAT = 1


def canonical(spec: dict | list) -> str:
    """``spec`` as JSON with sorted keys: equal specifications give equal texts."""
    return json.dumps(spec, sort_keys=True, separators=(",", ":"), allow_nan=False)


def stamp(spec: dict, code: str) -> str:
    """Sixteen hexadecimal digits for a specification and the digest of the code that carries it out."""
    return hashlib.sha256(f"{FORMAT}\n{canonical(spec)}\n{code}".encode()).hexdigest()[:16]
