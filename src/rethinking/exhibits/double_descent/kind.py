"""Errors and norm of least squares against the number of random features: double descent."""

from rethinking.exhibits.requests import Experiment

# Multiplications n·N·min(n, N) from which a count of features takes minutes and has a job of its own.
OWN_JOB = 1e11

ABOUT = {
    "kind": "exhibit",
    "form": "figure",
    "title": "Least squares on random Fourier features: errors and norm against the number of features.",
    "reads": "rows",
    "category": "Section 5, kernel systems",
    "shows": "errors and norm against the number of random features",
    "paper": {
        "where": "section 5",
        "claim": "Of all solutions that fit the labels, kernel systems and gradient descent find the one of "
        "least norm. (The paper has no experiment on the number of features. Its republication cites Belkin, "
        "Hsu, Ma and Mandal, 2019, whose experiment this is: the test error and the norm peak where the "
        "features are just enough to fit all labels, and fall again with more of them.)",
    },
    "options": {
        "dataset": {"type": "string", "names": "dataset", "description": "Name of a data set."},
        "features": {
            "type": "string",
            "names": "plain features",
            "description": "Name of the features that the random ones are made of.",
        },
        "gamma": {
            "type": "number",
            "exclusiveMinimum": 0,
            "description": "γ of the kernel exp(-γ‖x - z‖²) that random features approximate.",
        },
        "examples": {
            "type": "integer",
            "minimum": 2,
            "maximum": 10000,
            "description": "Examples n, drawn from the training set; all test images are for tests.",
        },
        "feature_counts": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "integer", "minimum": 1, "maximum": 100000},
            "description": "Numbers N of random features, below, at and above the number of examples.",
        },
        "label_noise": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "description": "Probabilities p that a training label is replaced by a random one; a panel each.",
        },
    },
}


def requests(options: dict) -> list[Experiment]:
    """Counts that take seconds in one job, each other one in a job of its own; None is the kernel itself."""
    settings = {key: options[key] for key in ("gamma", "examples")}
    settings["label_noise"] = sorted(options["label_noise"])
    examples = options["examples"]
    together: list[int | None] = []
    alone: list[int | None] = []
    for count in (*sorted(options["feature_counts"]), None):
        wide = examples if count is None else count
        (alone if examples * wide * min(examples, wide) >= OWN_JOB else together).append(count)
    return [
        Experiment(
            "random_fourier_features",
            options["dataset"],
            options["features"],
            settings | {"feature_counts": counts},
        )
        for counts in (together, *([count] for count in alone))
        if counts
    ]
