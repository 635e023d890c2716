"""Guarantee: names, sizes and numbers that make no kernel system are refused before any job.

They are the conditions that no schema can express.
"""

from pipeline.planning.explain import nearest
from pipeline.planning.homes import Home, Homes
from pipeline.planning.sources import source_of

SMALLEST_RIDGE, LARGEST_RIDGE = 1e-15, 1e15


def kernel_problems(config: dict, homes: Homes) -> list[str]:
    """Problems of kernel systems, each with its place."""
    problems = []
    for name, system in config["systems"].items():
        problems += points_problems(config, homes, f"systems.{name}", system["dataset"], system["features"])
        problems += ridge_problems(f"systems.{name}", system["ridge"])
    examples, share = config["validation"]["examples"], config["validation"]["share"]
    if config["systems"] and not 0 < round(share * examples) < examples:
        problems.append(
            f"validation.share: {share:g} of {examples} examples are none or all of them; "
            f"expected some of each part"
        )
    return problems


def _unknown(config: dict, where: str, name: str, kind: str, what: str) -> list[str]:
    if name in config[kind]:
        return []
    return [f"{where}: no {what} {name!r} is defined; {nearest(name, config[kind])}"]


def ridge_problems(where: str, ridges: list[float]) -> list[str]:
    """Ridges at ``where`` that are too small or too large for float64."""
    return [
        f"{where}.ridge: expected {SMALLEST_RIDGE:g} to {LARGEST_RIDGE:g}, found {ridge:g}"
        for ridge in ridges
        if not SMALLEST_RIDGE <= ridge <= LARGEST_RIDGE
    ]


def points_problems(config: dict, homes: Homes, where: str, dataset: str, name: str | None) -> list[str]:
    """The mistakes in a data set and the features ``name`` of it, for a kernel system or an experiment.

    An experiment may see the images as they are stored, under no name.
    """
    problems = _unknown(config, f"{where}.dataset", dataset, "datasets", "data set")
    if name is not None:
        problems += _unknown(config, f"{where}.features", name, "features", "features")
    if problems:
        return problems
    source = source_of(dataset, config, homes)
    if source.home.says("listed"):
        return [
            f"{where}.dataset: images of {source.name} are only listed, so no kernel or experiment sees them"
        ]
    if name is None:
        return []
    features = config["features"][name]
    side, least = source.side, least_side(homes.of("features")[features["transform"]], features)
    if side is not None and side < least:
        problems.append(
            f"{where}.features: {name} needs images of at least {least} pixels a side, those of {dataset} "
            f"have {side}"
        )
    return problems


def least_side(home: Home, settings: dict) -> int:
    """The smallest side in pixels of images that have features: by ABOUT a sum of numbers and options."""
    terms = home.about.get("least_side", [1])
    return sum(term if isinstance(term, int) else settings[term] for term in terms)
