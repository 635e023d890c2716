"""How gradient descent approaches the interpolant of least norm (section 5, equation 3).

Gradient descent is shown by its closed form, (1 - ηλ)^t along each eigenvector, and SGD by real steps.
"""

from rethinking.exhibits.requests import Experiment

ABOUT = {
    "kind": "exhibit",
    "form": "figure",
    "title": "How gradient descent approaches the interpolant of least norm.",
    "reads": "rows",
    "category": "Section 5, kernel systems",
    "shows": "distance of descent to the minimum norm",
    "paper": {
        "where": "section 5, equation 3",
        "claim": "Gradient descent from zero stays in the span of the data, so where it fits all labels it "
        "has found the solution of the kernel system, which of all that fit has the least norm. (The paper "
        "derives this and has no experiment.)",
    },
    "options": {
        "dataset": {"type": "string", "names": "dataset", "description": "Name of a data set."},
        "features": {"type": "string", "names": "plain features", "description": "Name of features."},
        "gamma": {"type": "number", "exclusiveMinimum": 0, "description": "γ of exp(-γ‖x - z‖²)."},
        "examples": {
            "type": "integer",
            "minimum": 2,
            "maximum": 10000,
            "description": "Examples, drawn from the training set.",
        },
        "steps": {
            "type": "integer",
            "minimum": 10,
            "maximum": 10000000,
            "description": "Steps of gradient descent.",
        },
        "batch_size": {
            "type": "integer",
            "minimum": 1,
            "description": "Examples a step of stochastic gradient descent.",
        },
    },
}


def requests(options: dict) -> list[Experiment]:
    """The descents of every seed."""
    settings = {key: options[key] for key in ("gamma", "examples", "steps", "batch_size")}
    return [Experiment("minimum_norm", options["dataset"], options["features"], settings)]


def problems(options: dict) -> list[str]:
    """Mistakes in the options that no schema can express."""
    batch, examples = options["batch_size"], options["examples"]
    return (
        [f"batch_size: {batch} of {examples} examples; expected at most as many"] if batch > examples else []
    )
