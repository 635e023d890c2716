"""Train accuracy on random labels against the coefficient of weight decay."""

from rethinking.exhibits.requests import Training, with_settings

ABOUT = {
    "kind": "exhibit",
    "form": "figure",
    "title": "Accuracies against the coefficient of weight decay, for several choices of what decays.",
    "reads": "histories",
    "category": "Section 3, regularisation",
    "shows": "accuracies against the coefficient of weight decay",
    "paper": {
        "where": "appendix E, table 4",
        "claim": "With weight decay at the default coefficient of each model, random labels are fitted, but "
        "AlexNet "
        "fails to converge. The paper says neither what the coefficients are nor which weights decay.",
    },
    "options": {
        "condition": {
            "type": "string",
            "names": "condition",
            "default": "random_labels",
            "description": "What networks are trained on: true_labels, or the name of a corruption.",
        },
        "coefficients": {
            "type": "array",
            "minItems": 2,
            "uniqueItems": True,
            "items": {"type": "number", "minimum": 0},
            "description": "Coefficients λ of the penalty λ/2·‖w‖²; 0 is without weight decay.",
        },
        "lines": {
            "type": "array",
            "minItems": 1,
            "description": "The lines; those with one value of `decayed` share a panel.",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["network", "decayed"],
                "properties": {
                    "network": {"type": "string", "names": "network", "description": "Name of a network."},
                    "decayed": {
                        "type": "string",
                        "names": "decayed",
                        "description": "The parameters that weight decay acts on.",
                    },
                },
            },
        },
    },
}


def training(line: dict, coefficient: float, condition: str) -> Training:
    """The runs behind one point of a line; without weight decay it does not matter what decays."""
    if not coefficient:
        return Training(line["network"], condition)
    settings = {"weight_decay": coefficient, "decayed": line["decayed"]}
    return Training(with_settings(line["network"], **settings), condition, regularisers=("weight_decay",))


def requests(options: dict) -> list[Training]:
    """The runs of every line with every coefficient, each asked for once."""
    asked = (
        training(line, coefficient, options["condition"])
        for line in options["lines"]
        for coefficient in sorted(options["coefficients"])
    )
    return list(dict.fromkeys(asked))


def problems(options: dict) -> list[str]:
    """Mistakes in the options that no schema can express."""
    lines = options["lines"]
    return [
        f"lines[{index}]: the same line stands above already; remove one"
        for index, line in enumerate(lines)
        if line in lines[:index]
    ]
