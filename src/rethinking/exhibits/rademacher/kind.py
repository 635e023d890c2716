"""Rademacher complexity that training reaches, beside bounds and gaps of kernel models (section 2.2)."""

from rethinking.exhibits.requests import Experiment

LARGEST_SYSTEM = 10000  # examples of a kernel system that is solved in one thread and a few GB

ABOUT = {
    "kind": "exhibit",
    "form": "figure",
    "title": "Rademacher complexity of networks, and of kernel models with true and with random labels.",
    "reads": "rows",
    "category": "Section 2, fitting random labels",
    "shows": "Rademacher complexity against the number of examples",
    "paper": {
        "where": "section 2.2, equation 1",
        "claim": "Since networks fit random labels perfectly, the Rademacher complexity of their class is to "
        "be expected at about 1, its largest value. A bound of the generalisation gap that holds for the "
        "whole class is then trivial. (The paper argues this and prints no number of it.)",
    },
    "options": {
        "dataset": {
            "type": ["string", "null"],
            "names": "dataset",
            "default": None,
            "description": "Name of a data set; null for that of the configuration.",
        },
        "networks": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "string", "names": "network"},
            "description": "Names of networks, each trained on random ±1 labels.",
        },
        "sizes": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "integer", "minimum": 2},
            "description": "Numbers n of examples, drawn from the training set. Kernel models are solved "
            "for those up to 10,000.",
        },
        "draws": {
            "type": "integer",
            "minimum": 1,
            "default": 3,
            "description": "Draws of random ±1 labels, for each seed.",
        },
        "features": {
            "type": "string",
            "names": "plain features",
            "description": "Name of features, which the kernel sees.",
        },
        "gamma": {"type": "number", "exclusiveMinimum": 0, "description": "γ of exp(-γ‖x - z‖²)."},
    },
}


def requests(options: dict) -> list[Experiment]:
    """The trainings of every network for each number of examples, and the kernel models for all of them."""
    dataset, draws = options["dataset"], options["draws"]
    sizes = sorted(options["sizes"])
    trained = [
        Experiment("random_signs", dataset, None, {"examples": size, "draws": draws}, network)
        for network in options["networks"]
        for size in sizes
    ]
    small = [size for size in sizes if size <= LARGEST_SYSTEM]
    settings = {"sizes": small, "draws": draws, "gamma": options["gamma"]}
    return [*trained, Experiment("kernel_ball", dataset, options["features"], settings)]


def problems(options: dict) -> list[str]:
    """Mistakes in the options that no schema can express."""
    least = min(options["sizes"])
    if least > LARGEST_SYSTEM:
        return [
            f"sizes: {least:,} is the smallest; kernel models are solved for at most {LARGEST_SYSTEM:,}, so "
            "add a size up to that"
        ]
    return []
