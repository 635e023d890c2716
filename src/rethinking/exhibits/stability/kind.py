"""Sensitivity of learners to one training example, beside their generalisation gap (section 2.2)."""

from rethinking.exhibits.requests import Experiment

ABOUT = {
    "kind": "exhibit",
    "form": "figure",
    "title": "Sensitivity to one training example and generalisation gap, for true and random labels.",
    "reads": "rows",
    "category": "Section 2, fitting random labels",
    "shows": "sensitivity to one training example, beside the gap",
    "paper": {
        "where": "section 2.2, uniform stability",
        "claim": "Uniform stability bounds how far the loss moves when one training example is replaced. It "
        "is a property of the algorithm alone and does not see the labels, so one bound covers true and "
        "random labels. The weakest notion of stability does see them, and is equivalent to the "
        "generalisation gap. (The paper has no experiment.)",
    },
    "options": {
        "networks": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "string", "names": "network"},
            "description": "The networks, beside kernel regression.",
        },
        "examples": {
            "type": "integer",
            "minimum": 2,
            "maximum": 60000,
            "description": "Examples of a sample, drawn from the training set.",
        },
        "replacements": {
            "type": "integer",
            "minimum": 1,
            "description": "Examples that are replaced, one at a time; for each every network is trained "
            "anew, with true and with random labels.",
        },
        "features": {
            "type": "string",
            "names": "plain features",
            "description": "Name of the features that the kernel sees.",
        },
        "gamma": {"type": "number", "exclusiveMinimum": 0, "description": "γ of exp(-γ‖x - z‖²)."},
        "ridge": {
            "type": "number",
            "minimum": 0,
            "default": 0.0,
            "description": "Ridge λ of the kernel's (K + λI)α = y; 0 interpolates.",
        },
        "dataset": {
            "type": ["string", "null"],
            "names": "dataset",
            "default": None,
            "description": "Name of a data set; null is that of the configuration.",
        },
    },
}


def requests(options: dict) -> list[Experiment]:
    """One experiment a network, and one of the kernel."""
    sizes = {key: options[key] for key in ("examples", "replacements")}
    kernel = {key: options[key] for key in ("gamma", "ridge")}
    dataset = options["dataset"]
    return [
        *(Experiment("stability_of_network", dataset, None, sizes, name) for name in options["networks"]),
        Experiment("stability_of_kernel", dataset, options["features"], sizes | kernel),
    ]


def problems(options: dict) -> list[str]:
    """Mistakes in the options that no schema can express."""
    examples, replacements = options["examples"], options["replacements"]
    if replacements <= examples:
        return []
    return [f"replacements: {replacements} of {examples} examples; expected at most as many"]
