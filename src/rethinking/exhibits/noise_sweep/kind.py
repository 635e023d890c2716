"""Figures 1b and 1c: time to fit and test error against the share of random labels."""

from rethinking.exhibits.requests import Training

ABOUT = {
    "kind": "exhibit",
    "form": "figure",
    "title": "Networks against the share of random labels (figures 1b and 1c).",
    "reads": "histories",
    "category": "Section 2, fitting random labels",
    "by_quantity": {
        "relative_time_to_fit": {
            "shows": "time to fit against label noise",
            "paper": {
                "where": "section 2.2, figure 1b",
                "claim": "The more labels are random, the longer it takes to fit them, but only by a small "
                "constant factor: with all labels random 3.6 times as long for Inception, 1.5 for AlexNet "
                "and 2.0 for an MLP.",
            },
        },
        "corrupted_test_error": {
            "shows": "error on corrupted test labels against label noise",
            "paper": {
                "where": "section 2.2, figure 1c",
                "claim": "The test error grows steadily with label noise, up to that of guessing. The "
                "paper does not say whether the labels of test images are corrupted as well; here they are.",
            },
        },
        "test_error": {
            "shows": "test error against label noise",
            "paper": {
                "where": "section 2.2, figure 1c",
                "claim": "All training labels are fitted at every level of label noise, and the test error "
                "grows steadily with it, up to that of guessing. So the settings do not decide how well a "
                "network generalises.",
            },
        },
    },
    "paper_options": {"regularisers": []},
    "paper_columns": ["network", "label_noise"],
    "numbers": {
        "keys": ["network", "label_noise"],
        "curve": "network",
        "quantities": {
            "relative_time_to_fit": {
                "tolerance": "relative_time_to_fit",
                "uncounted": {"label_noise": 0},
                "lower_bound": "not_fitted",
            },
            "test_error": {"tolerance": "test_error"},
            "corrupted_test_error": {
                "tolerance": "test_error",
                "column": "test_error",
                "reading": "against test labels that are corrupted as the training labels are",
            },
        },
        "tolerances": {
            "relative_time_to_fit": "Times to fit (figure 1b): as a part of the range of the paper's curve.",
            "test_error": "Test errors (figure 1c): as a part of the range of the paper's curve.",
        },
    },
    "options": {
        "quantity": {
            "enum": ["relative_time_to_fit", "test_error", "corrupted_test_error"],
            "description": "What is drawn against the share of random labels: the time to fit, or the test "
            "error against true test labels or against test labels that are corrupted alike.",
        },
        "networks": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "string", "names": "network"},
            "description": "The lines, in the order of the legend.",
        },
        "label_noise": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "description": "Probabilities p that a label is replaced.",
        },
        "regularisers": {
            "type": "array",
            "uniqueItems": True,
            "items": {"enum": ["random_crop", "augmentation", "weight_decay"]},
            "default": [],
            "description": "What networks are trained with besides; nothing, as in the paper.",
        },
        "corruption": {
            "type": "string",
            "names": "label corruption",
            "default": "random_labels",
            "description": "What labels are replaced by: the name of a corruption of labels.",
        },
    },
}


def requests(options: dict) -> list[Training]:
    """The runs of every network at every level of label noise."""
    return [
        Training(network, options["corruption"], noise, tuple(options["regularisers"]))
        for network in options["networks"]
        for noise in sorted(options["label_noise"])
    ]


def problems(options: dict) -> list[str]:
    """Mistakes in the options that no schema can express."""
    found = [
        f"label_noise: at most six decimals, found {noise!r}"
        for noise in options["label_noise"]
        if round(noise, 6) != noise
    ]
    if options["quantity"] == "relative_time_to_fit" and 0.0 not in options["label_noise"]:
        found.append("label_noise: times are relative to p = 0; add 0.0")
    return found
