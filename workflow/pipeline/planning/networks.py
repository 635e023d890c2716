"""Guarantee: a network that cannot be made or trained is found while planning, without importing PyTorch.

The signature of its factory is read from the syntax of the module. Options that its update rule or schedule
does not have are found as well.
"""

import ast
from pathlib import Path

from pipeline.planning.digest import find_module
from pipeline.planning.explain import nearest, quoted
from pipeline.planning.grids import entry_of
from pipeline.planning.homes import Homes
from pipeline.planning.schema import RECIPE

# What the workflow passes to every factory, by name.
FACTORY_ARGUMENTS = {"image_shape", "classes"}
# Annotations that are checked, with the types that YAML may give for them.
TYPES: dict[str, set[type]] = {"int": {int}, "float": {int, float}, "bool": {bool}, "str": {str}}


def find_factory(module: str, function: str, roots: tuple[Path, ...]) -> ast.FunctionDef | str:
    """The definition of a factory, or in words why there is none."""
    try:
        path = find_module(module, roots)
    except OSError:  # a name that no file can have
        path = None
    if path is None:
        return f"no module {quoted(module)} below {' or '.join(map(str, roots))}"
    try:
        body = ast.parse(path.read_bytes()).body
    except SyntaxError as error:
        return f"{path}, line {error.lineno}: {error.msg}"
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    known = f"{path} defines no function {quoted(function)}; {nearest(function, functions)}"
    return functions.get(function, known)


def arguments_of(network: dict) -> dict:
    """The arguments that the configuration gives to a factory; the width is one if it is set."""
    return network["arguments"] | ({"width": network["width"]} if "width" in network else {})


def call_problems(where: str, function: ast.FunctionDef, arguments: dict) -> list[str]:
    """The mistakes in calling a factory with the workflow's arguments and these."""
    signature = function.args
    by_name = signature.args + signature.kwonlyargs
    annotations = {argument.arg: argument.annotation for argument in by_name}
    optional = {argument.arg for argument in signature.args[len(signature.args) - len(signature.defaults) :]}
    pairs = zip(signature.kwonlyargs, signature.kw_defaults, strict=True)
    optional |= {argument.arg for argument, default in pairs if default is not None}
    problems = []
    missing = FACTORY_ARGUMENTS - set(annotations)
    if missing and signature.kwarg is None:
        names = ", ".join(sorted(FACTORY_ARGUMENTS))
        problems.append(f"{where}.factory: {function.name} must take {names}; not {', '.join(missing)}")
    for name in set(annotations) - optional - FACTORY_ARGUMENTS - set(arguments):
        problems.append(f"{where}.arguments: {function.name} needs {name!r}")
    for name, value in arguments.items():
        if name in FACTORY_ARGUMENTS:
            problems.append(f"{where}.arguments: {name} is set by the workflow; remove it")
        elif name not in annotations and signature.kwarg is None:
            known = nearest(name, set(annotations) - FACTORY_ARGUMENTS)
            place = f"{where}.width" if name == "width" else f"{where}.arguments"
            problems.append(f"{place}: {function.name} takes no {name!r}; {known}")
        else:
            annotation = annotations.get(name)
            wanted = annotation.id if isinstance(annotation, ast.Name) else ""
            if wanted in TYPES and type(value) not in TYPES[wanted]:
                found = f"{type(value).__name__} {quoted(value)}"
                problems.append(f"{where}.arguments.{name}: expected {wanted}, found {found}")
    return problems


def network_problems(config: dict, homes: Homes, roots: tuple[Path, ...]) -> list[str]:
    """Factories that do not exist or cannot be called with the arguments they are given."""
    problems: list[str] = []
    for name, network in config["networks"].items():
        found = _problems_of_one(f"networks.{name}", network, config["training"], homes, roots)
        # A name with settings has the faults of the entry that it starts from, and those of its own.
        base = entry_of(name, config["networks"])
        said = {problem.replace(f"networks.{base}.", f"networks.{name}.", 1) for problem in problems}
        problems += [problem for problem in found if problem not in said]
    return problems


def _problems_of_one(
    where: str, network: dict, training: dict, homes: Homes, roots: tuple[Path, ...]
) -> list[str]:
    module, _, function = network["factory"].partition(":")
    found = find_factory(module, function, roots)
    if isinstance(found, str):
        problems = [f"{where}.factory: {found}"]
    else:
        problems = call_problems(where, found, arguments_of(network))
    if "width" in network["arguments"]:
        problems.append(f"{where}.arguments: width is a key of the network; set it beside its arguments")
    return problems + _recipe_problems(where, network, training, homes)


def _recipe_problems(where: str, network: dict, training: dict, homes: Homes) -> list[str]:
    """Options that a network sets and that its update rule or schedule does not have.

    A setting of ``training`` is left out of the networks whose rule does not have it.
    """
    problems = []
    for kind in RECIPE:
        chosen = homes.of(kind)[(training | network)[kind]]
        foreign = {option for home in homes.of(kind).values() for option in home.options} - set(
            chosen.options
        )
        problems += [
            f"{where}.{option}: the {kind.replace('_', ' ')} {chosen.name} has no such option; "
            f"{nearest(option, chosen.options)}"
            for option in sorted(foreign & set(network))
        ]
    return problems
