"""What the schema cannot say about kernel systems: names, sizes and numbers that make no system."""

from pipeline.planning.explain import nearest
from pipeline.planning.homes import Home, Homes
from pipeline.planning.kernels import EXPERIMENT_DATA
from pipeline.planning.sources import source_of
from rethinking.exhibits.requests import Experiment

SMALLEST_RIDGE, LARGEST_RIDGE = 1e-15, 1e15


def kernel_problems(config: dict, homes: Homes) -> list[str]:
    """Problems of kernel systems and of the figures and tables about them, each with its place."""
    problems = _system_problems(config, homes)
    for section in ("figures", "tables"):
        for name, entry in config[section].items():
            where = f"{section}.{name}"
            if "dataset" in entry and "features" in entry:
                problems += _points_problems(config, homes, where, entry)
            if "systems" in entry and "ridge" in entry:
                problems += _ridge_problems(where, [ridge for ridge in entry["ridge"] if ridge])
    return problems


def experiment_problems(where: str, request: Experiment, homes: Homes) -> list[str]:
    """What is wrong with an experiment that a figure or table asks for: no such one, or arguments missing."""
    known = homes.of("experiment")
    if request.experiment not in known:
        return [f"{where}: no experiment {request.experiment!r}; {nearest(request.experiment, known)}"]
    function = known[request.experiment].needed("run")
    return [f"{where}: {problem}" for problem in function.problems((*EXPERIMENT_DATA, *request.options))]


def _system_problems(config: dict, homes: Homes) -> list[str]:
    problems = []
    for name, system in config["systems"].items():
        problems += _points_problems(config, homes, f"systems.{name}", system)
        problems += _ridge_problems(f"systems.{name}", system["ridge"])
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


def _ridge_problems(where: str, ridges: list[float]) -> list[str]:
    return [
        f"{where}.ridge: expected {SMALLEST_RIDGE:g} to {LARGEST_RIDGE:g}, found {ridge:g}"
        for ridge in ridges
        if not SMALLEST_RIDGE <= ridge <= LARGEST_RIDGE
    ]


def _points_problems(config: dict, homes: Homes, where: str, entry: dict) -> list[str]:
    """What is wrong with the data set and the features of a system, or of a figure or table."""
    problems = _unknown(config, f"{where}.dataset", entry["dataset"], "datasets", "data set")
    problems += _unknown(config, f"{where}.features", entry["features"], "features", "features")
    if problems:
        return problems
    source, features = source_of(entry["dataset"], config, homes), config["features"][entry["features"]]
    if source.home.says("listed"):
        return [f"{where}.dataset: images of {source.name} are only listed, so no kernel sees them"]
    side, least = source.side, least_side(homes.of("features")[features["transform"]], features)
    if side is not None and side < least:
        problems.append(
            f"{where}.features: {entry['features']} needs images of at least {least} pixels a side, those of "
            f"{entry['dataset']} have {side}"
        )
    return problems


def least_side(home: Home, settings: dict) -> int:
    """The smallest side in pixels of images that have features: by ABOUT a sum of numbers and options."""
    terms = home.about.get("least_side", [1])
    return sum(term if isinstance(term, int) else settings[term] for term in terms)
