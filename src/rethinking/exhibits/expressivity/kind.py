"""Networks that fit any labels by construction: finite-sample expressivity (section 4, appendix C)."""

from rethinking.exhibits.requests import Experiment

ABOUT = {
    "kind": "exhibit",
    "form": "figure",
    "title": "Networks that fit any labels by construction: weights, conditioning, rounding.",
    "reads": "rows",
    "category": "Section 4, expressivity",
    "shows": "networks that fit any labels by construction",
    "paper": {
        "where": "section 4, Theorem 1, Lemma 1 and Corollary 1",
        "claim": "A two-layer network with ReLUs and 2n + d weights can represent any function on n points "
        "in d dimensions, and so can a network of depth k with width O(n/k) and O(n + d) weights. Networks "
        "with more parameters than examples can fit any labels. (The paper proves this and tries nothing.)",
    },
    "options": {
        "dataset": {
            "type": ["string", "null"],
            "names": "dataset",
            "default": None,
            "description": "Name of a data set; null: the configuration's.",
        },
        "sizes": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": ["integer", "null"], "minimum": 1},
            "description": "Numbers of examples, drawn from the training set; null is all of it.",
        },
        "depths": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "integer", "minimum": 2},
            "description": "Layers of weights of the constructed networks.",
        },
        "networks": {
            "type": "array",
            "uniqueItems": True,
            "items": {"type": "string", "names": "network"},
            "description": "Networks whose numbers of parameters are marked.",
        },
        "trained": {
            "type": "array",
            "uniqueItems": True,
            "items": {"type": "string", "names": "network"},
            "description": "Those of `networks` that are also trained on these random labels, for the time.",
        },
    },
}


def requests(options: dict) -> list[Experiment]:
    """The constructions of each size, and the networks that they are compared with."""
    dataset = options["dataset"]
    settings = {key: options[key] for key in ("sizes", "depths")}
    constructed = [Experiment("expressivity", dataset, None, settings)]
    compared = [
        Experiment("fitting_by_training", dataset, None, {"trains": name in options["trained"]}, name)
        for name in options["networks"]
    ]
    return constructed + compared


def problems(options: dict) -> list[str]:
    """Mistakes in the options that no schema can express."""
    found = [
        f"depths: {max(options['depths'])} layers for {size} examples; expected at most {size + 2}"
        for size in options["sizes"]
        if size is not None and max(options["depths"]) > size + 2
    ]
    others = [name for name in options["trained"] if name not in options["networks"]]
    return found + [f"trained: {name} is none of the networks" for name in others]
