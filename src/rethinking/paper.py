"""The paper's networks, by the names that they have here, and the names of its figures.

Planning imports this module, so nothing heavy is imported here. The paper's claims about a kind of figure or
table, or of a corruption, stands in the home of that kind.
"""

import re

# The factory of each network of the paper. A network of that name with another factory is a user's own.
NETWORKS = {
    "inception": "rethinking.networks.inception:inception",
    "inception_no_bn": "rethinking.networks.inception:inception",
    "alexnet": "rethinking.networks.alexnet:alexnet",
    "mlp_1x512": "rethinking.networks.mlp:mlp",
    "mlp_3x512": "rethinking.networks.mlp:mlp",
}


def title_of(name: str) -> str:
    """A target's name as a title: fig1a is Figure 1a, table1 is Table 1."""
    spaced = re.sub(r"(?<=[a-z])(?=\d)", " ", name).replace("_", " ")
    return re.sub(r"^fig ", "figure ", spaced).capitalize()
