"""Guarantee: a kind of home is described once, and homes of every kind are held to their description.

The description says which functions a home of the kind defines and which keys its ``ABOUT`` has. Modules are
held to it in ``pipeline.planning.homes``.
"""

# By kind: the package of ours, the functions that a home must define, and the keys that ABOUT must have.
NEEDED: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "source": ("datasets", ("read",), ("title", "origin", "licence", "side")),
    "corruption": ("corruptions", ("corrupt",), ("of", "title")),
    "update_rule": ("update_rules", ("update_rule",), ("title",)),
    "schedule": ("schedules", ("factor",), ("title",)),
    "decayed": ("decayed", ("parameters",), ("title",)),
    "features": ("features", (), ("title",)),
    "measurement": ("measurements", ("measure",), ("title",)),
    "probe": ("probes", ("probe",), ("title",)),
    "exhibit": ("exhibits", ("requests",), ("form", "title", "options", "reads")),
    "experiment": ("experiments", ("run",), ("title",)),
}
# By kind and key of ABOUT: its possible values, each with the further functions that it asks for.
CHOICES: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {
    "corruption": {"of": {"images": (), "labels": ()}},
    "exhibit": {
        "form": {"figure": ("draw",), "table": ("render",)},
        # The form of the first argument of ``summarise``: histories, results, rows of experiments, or traces.
        "reads": {
            "histories": ("summarise",),
            "results": ("summarise",),
            "rows": ("summarise",),
            "traces": ("summarise",),
        },
    },
}
# Functions that a kind needs where a fact in ABOUT holds; under None, where none of them does.
BY_FACT: dict[str, dict[str | None, tuple[str, ...]]] = {
    "source": {"downloaded": ("files",), "measures_side": ("side",), "checks_options": ("problems",)},
    "features": {
        "as_stored": (),
        "drawn": ("draw", "blocks", "held_bytes"),
        None: ("transform",),
    },
}
# The optional keys of ABOUT, by kind.
FACTS: dict[str, dict[str, str]] = {
    "source": {
        "place": "the option that names the user's own folder or file",
        "one_file": "the place is a file",
        "reads": "patterns of what is read; a folder that matches counts by its list of files (default: all)",
        "downloaded": "`files` says which files are fetched into the folder of downloads",
        "listed": "images stay where they are, and only their paths are stored",
        "large": "reading is work for a node of a cluster",
        "parallel": "reading takes several processes",
        "counts": "what `report` counts (default: images)",
        "measures_side": "`side` finds the side of the images in the user's place",
        "checks_options": "`problems` finds what is wrong with the options and no schema can say",
    },
    "features": {
        "as_stored": "kernels see the images themselves",
        "drawn": "features are drawn at random, so each seed has its own, and inner products are stored",
        "least_side": "options and numbers whose sum is the smallest side in pixels of an image (default: 1)",
        "counts": "what `report` counts (default: features)",
    },
}
# Functions that are given every option by its name.
TAKES_OPTIONS = {
    "source": ("read",),
    "corruption": ("corrupt",),
    "features": ("transform", "draw", "blocks", "held_bytes"),
}
# A home that needs several modules is a folder, and this one of them has the ABOUT.
IN_FOLDER = "kind"
# The module of a folder that each further function stands in. A home of one module defines them all itself.
PARTS = {
    "summarise": "summary",
    "sentences": "summary",
    "draw": "drawing",
    "render": "drawing",
    "claims": "claims",
}
