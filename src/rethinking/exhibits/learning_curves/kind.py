"""Figure 1a: training loss against steps, one curve for each randomisation condition."""

from rethinking.exhibits.requests import Training

ABOUT = {
    "kind": "exhibit",
    "form": "figure",
    "title": "A network's loss in the course of training (figure 1a).",
    "reads": "histories",
    "category": "Section 2, fitting random labels",
    "shows": "training loss against steps",
    "paper": {
        "where": "section 2.2, figure 1a",
        "claim": "With the same settings, the same network brings its training loss to 0 on true labels, on "
        "random labels, on shuffled and random pixels and on Gaussian noise. Random labels only take longer.",
    },
    "paper_options": {"regularisers": []},
    "paper_columns": ["condition", "epoch", "step", "average_loss"],
    "numbers": {
        "keys": ["condition", "epoch"],
        "curve": "condition",
        "quantities": {
            "train_loss": {"tolerance": "loss", "column": "average_loss"},
            "online_loss": {"tolerance": "loss", "column": "average_loss"},
        },
        "tolerances": {
            "loss": "Learning curves (figure 1a): as a part of the range of the paper's curve.",
        },
    },
    "options": {
        "quantity": {
            "enum": ["train_loss", "online_loss"],
            "description": "The loss to draw, of the network as it stands at the end of an epoch, or the "
            "mean over the epoch's mini-batches.",
        },
        "network": {"type": "string", "names": "network", "description": "Name of a network."},
        "regularisers": {
            "type": "array",
            "uniqueItems": True,
            "items": {"enum": ["random_crop", "augmentation", "weight_decay"]},
            "default": [],
            "description": "What networks are trained with besides; nothing, as in the paper.",
        },
        "conditions": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "string", "names": "condition"},
            "description": "The curves, in the order of the legend: true_labels, or names of corruptions.",
        },
    },
}


def requests(options: dict) -> list[Training]:
    """The runs of one network under every condition."""
    return [
        Training(options["network"], condition, regularisers=tuple(options["regularisers"]))
        for condition in options["conditions"]
    ]
