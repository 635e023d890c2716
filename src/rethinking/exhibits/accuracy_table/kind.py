"""Table 1: training and test accuracy of networks, with and without regularisers."""

from rethinking.exhibits.requests import Training

REGULARISERS = ("random_crop", "augmentation", "weight_decay")
ABOUT = {
    "kind": "exhibit",
    "form": "table",
    "title": "Training and test accuracy of networks.",
    "reads": "histories",
    "category": "Section 3, regularisation",
    "shows": "accuracies with and without regularisers",
    "paper": {
        "where": "section 3, table 1",
        "claim": "Without any explicit regulariser, networks still generalise: weight decay and random "
        "crops add a few points. Random labels are fitted too (train accuracy of 99.3 % and more), and "
        "then test accuracy is at chance. Explicit regularisation is neither necessary for generalisation "
        "nor enough.",
    },
    "paper_columns": [
        "network",
        "condition",
        "random_crop",
        "weight_decay",
        "train_accuracy",
        "test_accuracy",
    ],
    "numbers": {
        "keys": ["network", "condition", "random_crop", "weight_decay"],
        "quantities": {
            "parameters": {"uncounted": {}},
            "train_accuracy": {"tolerance": "train_accuracy"},
            "test_accuracy": {"tolerance": "test_accuracy"},
        },
        "tolerances": {
            "train_accuracy": "Train accuracies (table 1), in fractions.",
            "test_accuracy": "Test accuracies (table 1), in fractions.",
        },
    },
    "options": {
        "best": {
            "type": "boolean",
            "default": False,
            "description": "Whether the best test accuracy in the course of training has a column, as the "
            "numbers in parentheses of the paper's table 2.",
        },
        "rows": {
            "type": "array",
            "minItems": 1,
            "description": "The rows, in the order of the table.",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["network", "condition", "random_crop", "weight_decay"],
                "properties": {
                    "network": {"type": "string", "names": "network", "description": "Name of a network."},
                    "condition": {
                        "type": "string",
                        "names": "condition",
                        "description": "What the network is trained on: true_labels, or the name of a "
                        "corruption.",
                    },
                    "random_crop": {
                        "type": "boolean",
                        "description": "Random instead of centre crops in training.",
                    },
                    "weight_decay": {"type": "boolean", "description": "With the network's coefficient."},
                },
            },
        },
    },
}


def requests(options: dict) -> list[Training]:
    """The runs of every row."""
    return [
        Training(
            row["network"],
            row["condition"],
            regularisers=tuple(each for each in REGULARISERS if row.get(each)),
        )
        for row in options["rows"]
    ]
