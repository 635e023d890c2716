"""What the paper claims, and where, for each kind of figure and table and each corruption.

Read while the Snakefile is parsed, so nothing heavy is imported here.
"""

import re
from typing import NamedTuple


class Said(NamedTuple):
    """What the paper has to do with a kind of figure or table: the report's category for it, in a few words
    what it shows, where the paper has it, and the paper's claim."""

    category: str
    shows: str
    where: str
    claim: str


SCORECARD, PROVENANCE, DATA = "Scorecard", "How this was made", "Data"
FITTING = "Section 2, fitting random labels"
REGULARISATION = "Section 3, regularisation"
KERNELS = "Section 5, kernel systems"
OWN = "Beyond the paper"

# By kind; where a kind shows one of several quantities, by quantity.
SAID = {
    "learning_curves": Said(
        FITTING,
        "training loss against steps",
        "section 2.2, figure 1a",
        "With the same settings, the same network brings its training loss to 0 on true labels, on random "
        "labels, on shuffled and random pixels and on Gaussian noise. Random labels only take longer.",
    ),
    "relative_time_to_fit": Said(
        FITTING,
        "time to fit against label noise",
        "section 2.2, figure 1b",
        "The more labels are random, the longer it takes to fit them, but only by a small constant factor: "
        "with all labels random 3.6 times as long for Inception, 1.5 for AlexNet and 2.0 for an MLP.",
    ),
    "test_error": Said(
        FITTING,
        "test error against label noise",
        "section 2.2, figure 1c",
        "All training labels are fitted at every level of label noise, and the test error grows steadily "
        "with it, up to that of guessing. So the settings do not decide how well a network generalises.",
    ),
    "accuracy_table": Said(
        REGULARISATION,
        "accuracies with and without regularisers",
        "section 3, table 1",
        "Without any explicit regulariser, networks still generalise: weight decay and random crops add a "
        "few points. Random labels are fitted too (train accuracy of 99.3 % and more), and then test "
        "accuracy is at chance. Explicit regularisation is neither necessary for generalisation nor enough.",
    ),
    "system_table": Said(
        KERNELS,
        "kernel systems with and without ridge",
        "section 5, and table 3 in appendix D",
        "Solving the kernel system exactly, without regularisation, fits all labels and generalises: test "
        "errors of 1.2 % on MNIST's pixels, 0.6 % with Gabor wavelets, 46 % on CIFAR-10's pixels and 17 % on "
        "random convolutional features, where a ridge gives 15 %. The norm does not predict the error: "
        "that of the wavelets is larger (390) than that of the pixels (220).",
    ),
    "ridge_path": Said(
        KERNELS,
        "test error against the ridge",
        "section 5",
        "Regularisation gains little or nothing over the exact solution: nothing on MNIST, two points (17 % "
        "to 15 %) on CIFAR-10's random convolutional features.",
    ),
    "minimum_norm": Said(
        KERNELS,
        "distance of descent to the minimum norm",
        "section 5, equation 3",
        "Gradient descent from zero stays in the span of the data, so where it fits all labels it has found "
        "the solution of the kernel system, which of all that fit has the least norm. (The paper derives "
        "this and has no experiment.)",
    ),
    "interpolants": Said(
        KERNELS,
        "interpolants that do not generalise",
        "section 5",
        "Where there are more parameters than examples, infinitely many solutions fit all labels, and not "
        "all of them generalise equally well. (The paper has no experiment.)",
    ),
}


def is_of_the_paper(kind: str, quantity: str | None = None) -> bool:
    """Whether the paper says anything about a figure or table of ``kind`` that shows ``quantity``."""
    return kind in SAID or quantity in SAID


def said(kind: str, quantity: str | None = None) -> Said:
    """What the paper says about a figure or table of ``kind`` that shows ``quantity``."""
    return SAID[kind] if kind in SAID else SAID[quantity]


def title_of(name: str) -> str:
    """A target's name as a title: fig1a is Figure 1a, table1 is Table 1."""
    spaced = re.sub(r"(?<=[a-z])(?=\d)", " ", name).replace("_", " ")
    return re.sub(r"^fig ", "figure ", spaced).capitalize()
