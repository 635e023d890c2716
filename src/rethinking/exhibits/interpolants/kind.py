"""Interpolants of one training set that do and do not generalise (section 5)."""

from rethinking.exhibits.requests import Experiment

ABOUT = {
    "kind": "exhibit",
    "form": "table",
    "title": "Interpolants of one training set that do and do not generalise.",
    "reads": "rows",
    "category": "Section 5, kernel systems",
    "shows": "interpolants that do not generalise",
    "paper": {
        "where": "section 5",
        "claim": "Where there are more parameters than examples, infinitely many solutions fit all labels, "
        "and not all of them generalise equally well. (The paper has no experiment.)",
    },
    "options": {
        "dataset": {"type": "string", "names": "dataset", "description": "Name of a data set."},
        "features": {"type": "string", "names": "plain features", "description": "Name of features."},
        "gamma": {"type": "number", "exclusiveMinimum": 0, "description": "γ of exp(-γ‖x - z‖²)."},
        "examples": {
            "type": "integer",
            "minimum": 2,
            "maximum": 10000,
            "description": "Examples, drawn from the training set and from the test set.",
        },
    },
}


def requests(options: dict) -> list[Experiment]:
    """The interpolants of every seed."""
    settings = {key: options[key] for key in ("gamma", "examples")}
    return [Experiment("interpolants", options["dataset"], options["features"], settings)]
