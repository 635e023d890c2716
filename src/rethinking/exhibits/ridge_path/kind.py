"""Test error of kernel systems against the ridge (section 5)."""

from rethinking.exhibits.requests import Solve

ABOUT = {
    "kind": "exhibit",
    "form": "figure",
    "title": "Test error of kernel systems against the ridge.",
    "reads": "results",
    "category": "Section 5, kernel systems",
    "shows": "test error against the ridge",
    "paper": {
        "where": "section 5",
        "claim": "Regularisation gains little or nothing over the exact solution: nothing on MNIST, two "
        "points (17 % to 15 %) on CIFAR-10's random convolutional features.",
    },
    "options": {
        "systems": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "string", "names": "system"},
            "description": "The lines, in the order of the legend.",
        },
        "ridge": {
            "type": "array",
            "minItems": 2,
            "uniqueItems": True,
            "items": {"type": "number", "minimum": 0},
            "description": "Each is a solve of its own; 0 is without ridge.",
        },
    },
}


def requests(options: dict) -> list[Solve]:
    """Every system with every ridge, and with the best on its validation split."""
    return [Solve(system, ridge) for system in options["systems"] for ridge in (*options["ridge"], "chosen")]
