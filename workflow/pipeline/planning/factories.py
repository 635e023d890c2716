"""Guarantee: a network's factory that cannot be called is found while planning, without importing PyTorch.

The signature is read from the syntax of the module.
"""

import ast
from pathlib import Path

from pipeline.planning.digest import find_module
from pipeline.planning.explain import nearest, quoted

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
