"""Table 4: random labels fitted with regularisers switched on."""

from rethinking.exhibits.requests import Training

REGULARISERS = ("random_crop", "augmentation", "weight_decay")
ABOUT = {
    "kind": "exhibit",
    "form": "table",
    "title": "How well networks fit random labels in spite of regularisers (table 4).",
    "reads": "histories",
    "category": "Section 3, regularisation",
    "shows": "random labels fitted with regularisers",
    "paper": {
        "where": "appendix E, table 4",
        "claim": "Explicit regularisers do not stop networks from fitting random labels: with weight "
        "decay, random crops or augmentation, train accuracy is 99.2 % or more. AlexNet with weight decay "
        "alone failed to converge.",
    },
    "paper_columns": ["network", "random_crop", "augmentation", "weight_decay", "train_accuracy"],
    "numbers": {
        "keys": ["network", "random_crop", "augmentation", "weight_decay"],
        "quantities": {
            "counted_accuracy": {
                "tolerance": "regularised_train_accuracy",
                "column": "train_accuracy",
                "reading": "with crops or augmentation the mean over the mini-batches of the last epoch, "
                "as in the paper; otherwise on the training images",
            },
        },
        "tolerances": {
            "regularised_train_accuracy": "Train accuracies on random labels with regularisers (table 4), in "
            "fractions.",
        },
    },
    "options": {
        "rows": {
            "type": "array",
            "minItems": 1,
            "description": "The rows, in the order of the table.",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["network"],
                "properties": {
                    "network": {
                        "type": "string",
                        "names": "network",
                        "description": "Name of a network, if need be with settings for this row alone, as "
                        "in inception@decay=0.999@epochs=300.",
                    },
                    "random_crop": {
                        "type": "boolean",
                        "default": False,
                        "description": "Random instead of centre crops in training.",
                    },
                    "augmentation": {
                        "type": "boolean",
                        "default": False,
                        "description": "Training images are mirrored at random and turned by up to 25 "
                        "degrees.",
                    },
                    "weight_decay": {
                        "type": "boolean",
                        "default": False,
                        "description": "With the network's coefficient.",
                    },
                },
            },
        },
    },
}


def requests(options: dict) -> list[Training]:
    """The runs of every row, all on random labels."""
    return [
        Training(
            row["network"],
            "random_labels",
            regularisers=tuple(each for each in REGULARISERS if row.get(each)),
        )
        for row in options["rows"]
    ]
