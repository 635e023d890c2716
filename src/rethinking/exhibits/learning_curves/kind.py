"""Figure 1a: training loss against steps, one curve for each randomisation condition."""

from rethinking.exhibits.requests import Training

ABOUT = {
    "kind": "exhibit",
    "form": "figure",
    "title": "A network's loss in the course of training (figure 1a).",
    "options": {
        "quantity": {
            "enum": ["train_loss", "online_loss"],
            "description": "The loss to draw, of the network as it stands at the end of an epoch, or the mean over "
            "the epoch's mini-batches.",
        },
        "network": {"type": "string", "names": "network", "description": "Name of a network."},
        "conditions": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "string", "names": "condition"},
            "description": "The curves, in the order of the legend: true_labels, or names of corruptions.",
        },
    },
    "reads": "histories",
    "paper_columns": ["condition", "epoch", "step", "average_loss"],
}


def requests(options: dict) -> list[Training]:
    """The runs of one network under every condition."""
    return [Training(options["network"], condition) for condition in options["conditions"]]
