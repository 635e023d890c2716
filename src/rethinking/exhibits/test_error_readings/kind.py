"""Figure 1c under both readings: test error against true and against corrupted test labels."""

from rethinking.exhibits.requests import Training

ABOUT = {
    "kind": "exhibit",
    "form": "figure",
    "title": "Test error against the share of random labels, on true and on corrupted test labels.",
    "reads": "histories",
    "category": "Section 2, fitting random labels",
    "shows": "test error against label noise, on true and on corrupted test labels",
    "paper": {
        "where": "section 2.2, figure 1c",
        "claim": "The test error grows steadily with label noise, up to that of guessing. The paper does "
        "not say "
        "whether the labels of test images are corrupted along with those of training images.",
    },
    "paper_columns": ["network", "label_noise", "test_error"],
    "options": {
        "networks": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "string", "names": "network"},
            "description": "The networks, a panel each.",
        },
        "label_noise": {
            "type": "array",
            "minItems": 3,
            "uniqueItems": True,
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "description": "Probabilities p that a label is replaced.",
        },
    },
}


def requests(options: dict) -> list[Training]:
    """The runs of every network at every level of label noise, without regularisers."""
    return [
        Training(network, "random_labels", noise)
        for network in options["networks"]
        for noise in sorted(options["label_noise"])
    ]
