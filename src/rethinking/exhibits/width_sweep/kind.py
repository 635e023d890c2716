"""Errors at the end of training against the width of a network: model-wise double descent."""

from rethinking.exhibits.requests import Training, with_settings

ABOUT = {
    "kind": "exhibit",
    "form": "figure",
    "title": "Errors at the end of training against the number of parameters of a network.",
    "reads": "histories",
    "category": "Section 2, fitting random labels",
    "shows": "errors against the width of a network",
    "paper": {
        "where": "section 2",
        "claim": "Networks with more parameters than examples fit random labels, and generalise on true "
        "ones. (The paper has no experiment on the width. The experiment is that of Nakkiran et al., Deep "
        "double descent, 2020: with label noise the test error can peak where a network is just large enough "
        "to fit all labels, and fall again beyond.)",
    },
    "options": {
        # No "names": one with settings is known only once its requests are.
        "network": {
            "type": "string",
            "description": "Name of a network, with other settings if need be: mlp_1x512@epochs=200.",
        },
        "width_factors": {
            "type": "array",
            "minItems": 2,
            "uniqueItems": True,
            "items": {"type": "number", "exclusiveMinimum": 0, "maximum": 64},
            "description": "Widths of the network, as factors on every hidden width.",
        },
        "label_noise": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "description": "Probabilities p that a training label is replaced by a random one; a line each.",
        },
    },
}


def training(network: str, factor: float, noise: float) -> Training:
    """The runs behind one point."""
    return Training(with_settings(network, width=factor), "random_labels", noise)


def requests(options: dict) -> list[Training]:
    """The runs with every width at every level of label noise."""
    return [
        training(options["network"], factor, noise)
        for noise in sorted(options["label_noise"])
        for factor in sorted(options["width_factors"])
    ]


def problems(options: dict) -> list[str]:
    """Mistakes in the options that no schema can express."""
    return [
        f"label_noise: at most six decimals, found {noise!r}"
        for noise in options["label_noise"]
        if round(noise, 6) != noise
    ]
