"""Guarantee: a figure or table that asks for something that cannot be made is refused before any job.

A kind makes its requests itself, from its options or from nothing at all. The schema knows the names in
options only, so the names and numbers in requests are checked here.
"""

from jsonschema import Draft202012Validator

from pipeline.planning.explain import explain, nearest, quoted
from pipeline.planning.homes import Homes
from pipeline.planning.kernel_checks import points_problems, ridge_problems
from pipeline.planning.kernels import CHOSEN, NONE
from pipeline.planning.runs import REGULARISERS, TRUE_LABELS
from rethinking.exhibits.requests import Experiment, Measurement, Solve, Trace, Training

# The loss to a regulariser where corrupted images are stored without the pixels around the crop.
LOST = {
    "random_crop": "leave nothing to crop at random",
    "augmentation": "have nothing around them that could come in when they are turned",
}


# The arguments of an experiment's function ``run`` by name, besides its options; and of one that trains.
EXPERIMENT_DATA, LEARNER = ("labels", "classes", "seed"), "learner"


def request_problems(where: str, request, config: dict, homes: Homes) -> list[str]:
    """The mistakes in one request of the figure or table at ``where``: sentences that name a place."""
    if isinstance(request, Training):
        return _training_problems(where, request, config, homes)
    if isinstance(request, Measurement):
        found = _measurement_problems(where, request, homes)
        return found + _training_problems(where, request.training, config, homes)
    if isinstance(request, Trace):
        found = _unknown(where, "probe", request.probe, config["probes"])
        return found + _training_problems(where, request.training, config, homes)
    if isinstance(request, Solve):
        return _solve_problems(where, request, config)
    if isinstance(request, Experiment):
        return _experiment_problems(where, request, config, homes)
    return [
        f"{where}: its kind asks for {request!r}; expected Training, Measurement, Trace, Solve or Experiment "
        "of rethinking.exhibits.requests"
    ]


def _unknown(where: str, what: str, name: str, known) -> list[str]:
    return [] if name in known else [f"{where}: no {what} {name!r}; {nearest(name, known)}"]


def _training_problems(where: str, request: Training, config: dict, homes: Homes) -> list[str]:
    corruptions = homes.of("corruption")
    found = _unknown(where, "network", request.network, config["networks"])
    found += _unknown(where, "condition", request.condition, (TRUE_LABELS, *corruptions))
    for regulariser in request.regularisers:
        found += _unknown(where, "regulariser", regulariser, REGULARISERS)
    if found:
        return found
    if "weight_decay" not in request.regularisers:
        found += [
            f"{where}: {quoted(request.network)} sets {key}, and its runs have no weight decay; switch "
            f"weight_decay on, "
            "or remove the setting"
            for key in ("weight_decay", "decayed")
            if f"@{key}=" in request.network
        ]
    of = corruptions[request.condition].about["of"] if request.condition in corruptions else None
    if request.label_noise is not None and of != "labels":
        found.append(
            f"{where}: {request.condition} replaces no labels, so there is no share of them to replace"
        )
    if of == "images" and config["corruption_stage"] == "after_crop":
        found += [
            f"{where}: images corrupted after the crop {LOST[name]}; "
            f"set {name} to false, or corruption_stage to before_crop"
            for name in request.regularisers
            if name in LOST
        ]
    return found


def _measurement_problems(where: str, request: Measurement, homes: Homes) -> list[str]:
    known = homes.of("measurement")
    if request.measurement not in known:
        return _unknown(where, "measurement", request.measurement, known)
    options = known[request.measurement].options
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name, option in options.items() if "default" not in option],
        "properties": options,
    }
    errors = Draft202012Validator(schema).iter_errors(request.options)
    texts = [text.removeprefix("the configuration: ") for error in errors for text in explain(error)]
    return [f"{where}: the measurement {request.measurement}: {text}" for text in texts]


def _solve_problems(where: str, request: Solve, config: dict) -> list[str]:
    found = _unknown(where, "kernel system", request.system, config["systems"])
    if isinstance(request.ridge, str):
        return found + _unknown(f"{where}.ridge", "ridge", request.ridge, (NONE, CHOSEN))
    return found + (ridge_problems(where, [request.ridge]) if request.ridge else [])


def _experiment_problems(where: str, request: Experiment, config: dict, homes: Homes) -> list[str]:
    known = homes.of("experiment")
    if request.experiment not in known:
        return _unknown(where, "experiment", request.experiment, known)
    function = known[request.experiment].needed("run")
    learner = () if request.network is None else (LEARNER,)
    problems = function.problems((*EXPERIMENT_DATA, *learner, *request.options))
    found = [f"{where}: {problem}" for problem in problems]
    if request.network is not None:
        found += _unknown(where, "network", request.network, config["networks"])
    dataset = request.dataset or config["dataset"]
    if request.dataset is None and dataset not in config["datasets"]:
        return found  # the mistake is named at its own place
    return found + points_problems(config, homes, where, dataset, request.features)
