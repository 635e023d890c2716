"""Guarantee: a configuration that cannot be run is refused before any job, with all of its problems at once.

Snakemake validates a configuration against a schema and stops at the first violation.
"""

from pathlib import Path

from jsonschema import Draft202012Validator

from pipeline.planning.exhibits import Exhibit
from pipeline.planning.explain import LISTED, cut, explain, nearest, quoted, where_text
from pipeline.planning.grids import GridError, canonical, entry_of, expand, network_grids, settings_in
from pipeline.planning.homes import Home, Homes
from pipeline.planning.kernel_checks import kernel_problems
from pipeline.planning.measurements import probe_defaults
from pipeline.planning.networks import network_problems
from pipeline.planning.places import place_problems
from pipeline.planning.requests import request_problems
from pipeline.planning.runs import TRUE_LABELS
from pipeline.planning.schema import schema_with, unknown_names
from pipeline.planning.sources import source_of
from pipeline.storage.files import read
from rethinking.exhibits.requests import Experiment, Measurement, Trace, Training

# Names that are rules of the Snakefile already, so a figure or table cannot have them.
RESERVED = {
    *("all", "data", "scorecard", "provenance", "corrupt_labels", "corrupt_images", "train", "measure"),
    *("transform_images", "add_inner_products", "select_kernel", "solve_system", "run_experiment"),
    "train_experiment",
}
RESERVED_STARTS = ("summarise_", "download_", "prepare_", "describe_", "measure_", "contact_sheet")
LARGEST = 1e300
LONGEST = 1000  # characters that are said of one problem


class ConfigurationError(Exception):
    """A configuration that cannot be run; the message lists every problem with its remedy."""


def _odd_values(value, path=()) -> list[str]:
    """Values that YAML can hold and a configuration cannot: dates, infinities, keys that are not text."""
    where = where_text(path)
    if isinstance(value, dict):
        odd = [
            f"{where}: the key {quoted(key)} is {type(key).__name__}; put it in quotes or rename it"
            for key in value
            if not isinstance(key, str)
        ]
        return odd + [p for key, item in value.items() for p in _odd_values(item, (*path, str(key)))]
    if isinstance(value, list):
        return [p for index, item in enumerate(value) for p in _odd_values(item, (*path, index))]
    if isinstance(value, int | float) and not -LARGEST <= value <= LARGEST:
        return [f"{where}: expected a finite number of reasonable size, found {str(value)[:40]}"]
    if not isinstance(value, str | int | float | None):
        found = f"{type(value).__name__} {cut(str(value))}"
        return [f"{where}: expected text, a number or a truth value, found {found}"]
    return []


def _plain(value):
    """Configuration as Snakemake hands it over, with plain dicts and lists."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _networks_with_settings(
    config: dict, schema: dict, homes: Homes, grids: dict[str, list[str]]
) -> tuple[dict, list[str]]:
    """The networks that figures and tables name by settings, and the mistakes in these settings."""
    found: dict[str, dict] = {}
    problems = []
    of_network = schema["properties"]["networks"]["additionalProperties"]
    for section in ("figures", "tables"):
        for exhibit, entry in config[section].items():
            home = homes.of("exhibit")[entry["kind"]]
            requests = home.load().requests(Exhibit(exhibit, entry, home).options)
            for name in dict.fromkeys(filter(None, map(_network_of, requests))):
                where = f"{section}.{exhibit}: {quoted(name)}"
                first = name.partition("@")[0]
                base = entry_of(name, config["networks"])
                if name in config["networks"] or (base is None and first == name):
                    continue
                if base is None:
                    points = grids.get(first, [])
                    problems += [
                        f"{where}: {first} is a grid; name one of {', '.join(points)}"
                        if points
                        else f"{where}: no network {first!r}; {nearest(first, config['networks'])}"
                    ]
                    continue
                settings = settings_in(name, base)
                if isinstance(settings, str):
                    problems.append(f"{where}: {settings}")
                    continue
                changed = config["networks"][base] | settings
                errors = Draft202012Validator(of_network).iter_errors(changed)
                wrong = [
                    f"{where}: {text.removeprefix('the configuration: ')}"
                    for e in errors
                    for text in explain(e)
                ]
                problems += wrong
                if not wrong:
                    found[name] = _in_one_form(changed, of_network)
    networks = config["networks"] | found
    named = {canonical(name, networks, config["training"]): entry for name, entry in found.items()}
    return ({}, problems) if problems else (named | found, [])


def _network_of(request) -> str | None:
    """The network that a request is about, None for requests about none."""
    training = request.training if isinstance(request, Measurement | Trace) else request
    return training.network if isinstance(training, Training | Experiment) else None


def _paper_problems(where: str, entry: dict, home: Home, folder: Path, datasets: dict) -> list[str]:
    """Files with the paper's numbers that are not there or do not fit the figure or table."""
    columns = {*home.about.get("paper_columns", ())}
    if "quantity" in entry and "numbers" in home.about:
        quantity = entry["quantity"]
        columns.add(home.about["numbers"]["quantities"].get(quantity, {}).get("column", quantity))
    problems = []
    for dataset, paper in entry.get("paper", {}).items():
        if dataset not in datasets:
            problems.append(
                f"{where}.paper: no data set {quoted(dataset)} is defined; {nearest(dataset, datasets)}"
            )
        try:
            header = read(folder / paper).decode().partition("\n")[0].split(",")
        except (OSError, ValueError) as error:
            file = cut(str(folder / paper), 500)
            problems.append(f"{where}.paper.{dataset}: {file} cannot be read: {cut(str(error), 500)}")
            continue
        missing = sorted(columns - set(header))
        if missing:
            problems.append(f"{where}.paper.{dataset}: {paper} has no column {', '.join(missing)}")
    return problems


def _query_problems(config: dict, folder: Path, homes: Homes) -> list[str]:
    """Figures and tables that ask for a run which the configuration does not define."""
    problems = []
    if config["dataset"] not in config["datasets"]:
        problems.append(
            f"dataset: {quoted(config['dataset'])} is not defined; "
            f"{nearest(config['dataset'], config['datasets'])}"
        )
    elif source_of(config["dataset"], config, homes).home.says("listed"):
        if config["figures"] or config["tables"]:
            problems.append(
                f"dataset: images of {config['dataset']} are only listed, so no network is trained on them "
                "yet, and only their index and labels are made (snakemake data); set "
                f"{', '.join([*config['figures'], *config['tables']])} to null"
            )
    elif not config["figures"] and not config["tables"]:
        problems.append("figures and tables are both empty; define at least one")
    for name in config["datasets"]:
        problems += source_of(name, config, homes).problems()
    for name in sorted(set(config["figures"]) | set(config["tables"])):
        if name in RESERVED or name.startswith(RESERVED_STARTS) or "_of_" in name:
            problems.append(f"{name!r} is the name of a rule; give the figure or table another name")
    for name in sorted(set(config["figures"]) & set(config["tables"])):
        problems.append(f"{name!r} is the name of a figure and of a table; rename one of them")
    for section in ("figures", "tables"):
        for name, entry in config[section].items():
            problems += _exhibit_problems(f"{section}.{name}", entry, config, folder, homes)
    return problems


def names_of(config: dict, homes: Homes) -> dict[str, list[str]]:
    """Everything that options of figures and tables may name, by its kind."""
    corruptions = homes.of("corruption")
    return {
        "network": [*config["networks"]],
        "system": [*config["systems"]],
        "dataset": [*config["datasets"]],
        "probe": [*config["probes"]],
        "measurement": [*homes.of("measurement")],
        "condition": [TRUE_LABELS, *corruptions],
        "decayed": [*homes.of("decayed")],
        "label corruption": [name for name, home in corruptions.items() if home.about["of"] == "labels"],
        "plain features": [
            name
            for name, entry in config["features"].items()
            if not homes.of("features")[entry["transform"]].says("drawn")
        ],
    }


def _exhibit_problems(where: str, entry: dict, config: dict, folder: Path, homes: Homes) -> list[str]:
    """The mistakes in one figure or table: names of nothing, options that its kind refuses, rows that
    repeat.
    """
    home = homes.of("exhibit")[entry["kind"]]
    problems = unknown_names(entry, {"properties": home.options}, names_of(config, homes), where)
    if problems:
        return problems
    exhibit = Exhibit(where, entry, home)
    problems += [f"{where}: {problem}" for problem in exhibit.problems()]
    if exhibit.is_scored:
        problems += [
            f"scorecard.tolerance: the key {name!r} is missing, which {where} is compared with"
            for name in sorted(exhibit.tolerances - config["scorecard"]["tolerance"].keys())
        ]
    kind, options = home.load(), exhibit.options
    if hasattr(kind, "problems"):
        problems += [f"{where}.{problem}" for problem in kind.problems(options)]
    for index, row in enumerate(entry.get("rows", ())):
        if row in entry["rows"][:index]:
            problems.append(f"{where}.rows[{index}]: the same row stands above already; remove one")
    requests = kind.requests(options)
    for index, request in enumerate(requests):
        # A request of its own for each row stands where the row does.
        place = f"{where}.rows[{index}]" if len(requests) == len(entry.get("rows", ())) else where
        problems += request_problems(place, request, config, homes)
    return problems + _paper_problems(where, entry, home, folder, config["datasets"])


def _in_one_form(value, schema: dict):
    """``value`` with numbers as the schema has them, so that 1 and 1.0 are the same run."""
    kind = schema.get("type")
    if value is not None and not isinstance(value, bool):
        if kind == "number":
            return float(value) + 0.0  # and -0.0 is 0.0
        if kind == "integer" or (isinstance(kind, list) and "integer" in kind):
            return int(value)
    if isinstance(value, dict):
        schemas = dict(schema.get("properties", {}))
        for part in schema.get("allOf", ()):
            if Draft202012Validator(part["if"]).is_valid(value):
                schemas.update(part["then"]["properties"])
        others = schema.get("additionalProperties") or {}
        # Without properties of its own, as a factory's arguments, a mapping is the same in any order.
        keys = value if schemas or others else sorted(value)
        return {key: _in_one_form(value[key], schemas.get(key, others)) for key in keys}
    if isinstance(value, list):
        return [_in_one_form(item, schema.get("items", {})) for item in value]
    return value


def check(config: dict, folder: Path, homes: Homes, roots: tuple[Path, ...]) -> dict:
    """The configuration with plain types and numbers in one form, once it is known to be runnable.

    ``folder`` is where relative paths to the paper's numbers start and ``roots`` are the folders of
    project modules. Raises ``ConfigurationError`` with every problem found.
    """
    schema = schema_with(homes)
    config = _plain(config)
    for kind in ("figures", "tables", "systems"):
        if isinstance(config.get(kind), dict):
            # By name, because Snakemake and the commands merge configuration files in different orders.
            present = {name: entry for name, entry in config[kind].items() if entry is not None}
            config[kind] = {name: present[name] for name in sorted(present, key=str)}
    problems = _odd_values(config)
    names: dict[str, list[str]] = {}
    if not problems and isinstance(config.get("networks"), dict):
        problems = [
            f"networks.{quoted(name)}: a name with settings is for figures and tables; name the entry "
            f"without @"
            for name in config["networks"]
            if "@" in name
        ]
        try:
            config, names = network_grids(config)
        except GridError as error:
            problems = [str(error)]
    if not problems:
        errors = Draft202012Validator(schema).iter_errors(config)
        problems = [text for error in errors for text in explain(error)]
    if not problems:
        config = _in_one_form(config, schema)
        for section in ("figures", "tables"):
            for name, entry in config[section].items():
                home = homes.of("exhibit")[entry["kind"]]
                expanded = {
                    key: expand(value, home.options.get(key, {}), names) for key, value in entry.items()
                }
                config[section][name] = home.defaults() | expanded
        config["probes"] = {name: probe_defaults(entry, homes) for name, entry in config["probes"].items()}
        config["seeds"].sort()
        named, problems = _networks_with_settings(config, schema, homes, names)
        config["networks"] |= named
    if not problems:
        problems = (
            network_problems(config, homes, roots)
            + _query_problems(config, folder, homes)
            + kernel_problems(config, homes)
            + place_problems(config)
        )
    if problems:
        problems = list(dict.fromkeys(problems))
        listed = "\n".join(f"  - {cut(problem, LONGEST)}" for problem in problems[:LISTED])
        if len(problems) > LISTED:
            listed += f"\n  - and {len(problems) - LISTED} more"
        raise ConfigurationError(
            f"the configuration cannot be run:\n{listed}\n"
            "  config.yaml and the overlays named with --configfile hold it; "
            "config/README.md describes every key."
        )
    return config
