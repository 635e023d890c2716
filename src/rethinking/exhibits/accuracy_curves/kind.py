"""Figure 2b: train and test accuracy in the course of training, and what early stopping would gain."""

from rethinking.exhibits.requests import Training

ABOUT = {
    "kind": "exhibit",
    "form": "figure",
    "title": "Train and test accuracy in the course of training (figure 2b).",
    "reads": "histories",
    "category": "Section 3, regularisation",
    "shows": "accuracies against steps, and what early stopping would gain",
    "paper": {
        "where": "section 3.1, figure 2b",
        "claim": "Batch normalisation, an implicit regulariser, gains 3 to 4 points of test accuracy. On "
        "CIFAR-10 the test accuracy does not fall once it has risen, so early stopping gains nothing.",
    },
    "paper_options": {"condition": "true_labels", "regularisers": []},
    "paper_columns": ["network", "epoch", "step", "test_accuracy"],
    "numbers": {
        "keys": ["network", "epoch"],
        "curve": "network",
        "quantities": {"test_accuracy": {"tolerance": "test_accuracy_curve"}},
        "tolerances": {
            "test_accuracy_curve": "Test accuracies in the course of training (figure 2b): as a part of "
            "the range of the paper's curve.",
        },
    },
    "options": {
        "networks": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "string", "names": "network"},
            "description": "The networks, in the order of the legend.",
        },
        "condition": {
            "type": "string",
            "names": "condition",
            "default": "true_labels",
            "description": "What they are trained on: true_labels, or the name of a corruption.",
        },
        "regularisers": {
            "type": "array",
            "uniqueItems": True,
            "items": {"enum": ["random_crop", "augmentation", "weight_decay"]},
            "default": [],
            "description": "What networks are trained with besides; nothing, as in the paper.",
        },
    },
}


def requests(options: dict) -> list[Training]:
    """The runs of every network."""
    return [
        Training(network, options["condition"], regularisers=tuple(options["regularisers"]))
        for network in options["networks"]
    ]
