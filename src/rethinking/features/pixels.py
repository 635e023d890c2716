"""The grey levels themselves, which a kernel sees as numbers from 0 to 1 (section 5)."""

ABOUT = {
    "kind": "features",
    "title": "The grey levels themselves, from 0 to 1.",
    # Images are points as they are stored; nothing is computed.
    "as_stored": True,
}
