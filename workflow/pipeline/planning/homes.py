"""Guarantee: everything that a configuration can name has one module, and plugins are as good as ours.

A corruption, an update rule, a schedule, an experiment or a kind of figure or table is a module with a
literal ``ABOUT``, which says its kind, its options and its name in print, and the functions that its kind
needs. ``ABOUT`` is read from the syntax, so that planning imports nothing heavy. A module that cannot be a
home is refused while planning, with its file and line. Homes outside the project are the user's ``plugins``:
files, or folders of files.
"""

import ast
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pipeline.planning.arguments import Function
from pipeline.planning.digest import DigestError, parse
from pipeline.planning.explain import nearest
from pipeline.planning.kinds import BY_FACT, CHOICES, FACTS, IN_FOLDER, NEEDED, PARTS, TAKES_OPTIONS

PACKAGE = "rethinking"
# Modules that planning must not import: each would take seconds at every call, and in every job on a cluster.
HEAVY = {"torch", "torchvision", "pandas", "matplotlib", "seaborn", "scipy", "sklearn", "cupy"}
ABOUT = "ABOUT"


class HomeError(Exception):
    """A module that cannot be the home of anything; the message says where and why."""


class Home(NamedTuple):
    """The module that something named in the configuration lives in."""

    kind: str
    name: str
    module: str
    path: Path
    about: dict
    line: int = 1

    @property
    def options(self) -> dict[str, dict]:
        """The schema of each option."""
        return self.about.get("options", {})

    def chosen(self, settings: dict) -> dict:
        """The value of each option, from settings that may hold anything else as well."""
        return self.defaults() | {name: settings[name] for name in self.options if name in settings}

    def load(self):
        """Import the module, for a kind whose functions planning calls.

        Raises ``HomeError`` for a module that cannot be imported, or whose imports take seconds.
        """
        folder = str(self.path.parents[self.module.count(".")])
        if folder not in sys.path:
            sys.path.append(folder)
        try:
            before = HEAVY & sys.modules.keys()
            for line, name in imports(self.path):
                heavy = {name.partition(".")[0]} & HEAVY
                if not heavy:
                    importlib.import_module(name)
                    heavy = (HEAVY & sys.modules.keys()) - before
                if heavy:
                    raise HomeError(
                        f"{self.path}, line {line}: imports {name}, and with it {min(heavy)}, which takes "
                        "seconds whenever anything is planned; import it in the functions that use it, or in "
                        "another module"
                    )
            return importlib.import_module(self.module)
        except HomeError:
            raise
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            raise HomeError(f"{self.path}, line {last.lineno}: {type(error).__name__}: {error}") from None

    @property
    def where(self) -> str:
        """The file and the line of its ABOUT, for messages."""
        return f"{self.path}, line {self.line}"

    def says(self, fact: str) -> bool:
        """Whether ABOUT has a fact that holds of some homes only."""
        return bool(self.about.get(fact))

    def file(self, function: str) -> Path:
        """The file that a function belongs in: of a folder one of its parts, else the home itself."""
        part = PARTS.get(function, IN_FOLDER)
        return self.path.with_name(f"{part}.py") if self.path.stem == IN_FOLDER else self.path

    def function(self, name: str) -> Function | None:
        """The function ``name`` of a home; None if it has none."""
        path = self.file(name)
        module = self.module.removesuffix(self.path.stem) + path.stem
        for node in parse(path).body if path.is_file() else ():
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return Function(module, path, node)
        return None

    def needed(self, name: str) -> Function:
        """A function that every home of this kind defines, or none is made of its module."""
        found = self.function(name)
        assert found is not None, f"{self.where}: no {name}"
        return found

    def defaults(self) -> dict:
        """The value of each option that may be left out."""
        return {name: schema["default"] for name, schema in self.options.items() if "default" in schema}


def imports(path: Path) -> list[tuple[int, str]]:
    """The modules that are imported as soon as a file is, with the line of each."""
    return [found for node in parse(path).body for found in _imported(node)]


def _imported(node: ast.AST) -> list[tuple[int, str]]:
    """The modules that a statement imports by their full names, with its line; [] for anything else."""
    if isinstance(node, ast.Import):
        return [(node.lineno, alias.name) for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [(node.lineno, node.module)]
    return []


def _about(path: Path) -> tuple[dict, int] | None:
    """The ABOUT of a module, and its line; None for a module that is no home."""
    for node in parse(path).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(target, ast.Name) and target.id == ABOUT for target in targets):
            try:
                about = ast.literal_eval(node.value)
            except (ValueError, TypeError):
                raise HomeError(
                    f"{path}, line {node.lineno}: ABOUT must be a literal, without names"
                ) from None
            if not isinstance(about, dict):
                raise HomeError(f"{path}, line {node.lineno}: ABOUT must be a mapping")
            return about, node.lineno
    return None


def _home(path: Path, module: str, name: str) -> Home | None:
    found = _about(path)
    if found is None:
        return None
    about, line = found
    where = f"{path}, line {line}"
    kind = about.get("kind")
    if kind not in NEEDED:
        raise HomeError(f"{where}: ABOUT says kind {kind!r}; {nearest(str(kind), NEEDED)}")
    _, functions, keys = NEEDED[kind]
    missing = [key for key in keys if key not in about]
    if missing:
        raise HomeError(f"{where}: the kind {kind!r} needs in ABOUT {', '.join(map(repr, missing))}")
    known = {"kind", "options", *keys, *FACTS.get(kind, about)}
    unknown = [key for key in about if key not in known]
    if unknown:
        raise HomeError(
            f"{where}: the kind {kind!r} has no {unknown[0]!r} in ABOUT; {nearest(unknown[0], known)}"
        )
    options = about.get("options", {})
    if not isinstance(options, dict) or not all(isinstance(schema, dict) for schema in options.values()):
        raise HomeError(f"{where}: options must be a mapping of names to schemas")
    needed = [*functions]
    for key, choices in CHOICES.get(kind, {}).items():
        if about[key] not in choices:
            raise HomeError(f"{where}: ABOUT says {key} {about[key]!r}; {nearest(str(about[key]), choices)}")
        needed += choices[about[key]]
    by_fact = BY_FACT.get(kind, {})
    said: list[str | None] = [fact for fact in by_fact if fact and about.get(fact)] or [None]
    needed += [function for fact in said for function in by_fact.get(fact, ())]
    home = Home(kind, name, module, path, about, line)
    absent = [function for function in dict.fromkeys(needed) if not home.function(function)]
    if absent:
        listed = ", ".join(f"{function} in {home.file(function).name}" for function in absent)
        raise HomeError(f"{where}: the kind {kind!r} needs the function {listed}, which is not defined there")
    for function in set(needed) & set(TAKES_OPTIONS.get(kind, ())):
        given = [option for option in options if option != about.get("place")]
        _check_arguments(path, home.needed(function).node, given)
    return home


def _check_arguments(path: Path, function: ast.FunctionDef, options: Iterable[str]) -> None:
    """Raise ``HomeError`` unless a function takes every option of its home by name."""
    takes = {argument.arg for argument in function.args.args + function.args.kwonlyargs}
    unknown = [] if function.args.kwarg else [option for option in options if option not in takes]
    if unknown:
        raise HomeError(
            f"{path}, line {function.lineno}: {function.name} takes no {unknown[0]!r}, an option in "
            f"ABOUT; {nearest(unknown[0], takes)}"
        )


def _names(path: Path, folder: Path) -> tuple[str, str]:
    """The name that a module is imported by from ``folder``, and its name as a home."""
    parts = path.relative_to(folder).with_suffix("").parts
    return ".".join(parts), parts[-2] if path.stem == IN_FOLDER and len(parts) > 1 else parts[-1]


def _missing_imports(path: Path, beside: Path) -> None:
    """Raise ``HomeError`` for a module that a plugin imports and that is not installed."""
    for node in ast.walk(parse(path)):
        for line, name in _imported(node):
            top = name.partition(".")[0]
            ours = (beside / f"{top}.py").is_file() or (beside / top).is_dir()
            if not ours and top not in sys.modules and importlib.util.find_spec(top) is None:
                raise HomeError(f"{path}, line {line}: imports {name}, which is not installed")


def _refuse_a_name_that_is_taken(path: Path, module: str, folder: Path) -> None:
    """Raise ``HomeError`` for a module of a plugin under whose name Python finds another."""
    top = module.partition(".")[0]
    found = importlib.util.find_spec(top)
    places = [found.origin, *(found.submodule_search_locations or ())] if found else []
    if found and not any(place and Path(place).is_relative_to(folder) for place in places):
        raise HomeError(
            f"{path}: a module {top!r} is there already ({found.origin}); give the file another name"
        )


def plugin_files(plugins: Iterable[str]) -> list[tuple[Path, Path]]:
    """Every module of the plugins, with the folder that it is imported from."""
    found = []
    for plugin in plugins:
        path = Path(plugin).expanduser().absolute()
        if path.is_dir():
            # The folder of one home is imported by its own name.
            root = path.parent if (path / f"{IN_FOLDER}.py").is_file() else path
            found += [(file, root) for file in sorted(path.rglob("*.py"))]
        elif path.suffix == ".py" and path.is_file():
            found.append((path, path.parent))
        else:
            raise HomeError(f"plugins: {plugin} is no folder and no file of Python, seen from {Path.cwd()}")
    return found


class Homes:
    """Everything that can be named, ours below ``source`` (the folder of ``rethinking``) and the plugins'."""

    def __init__(self, source: Path, plugins: Iterable[str] = ()):
        self._by_kind: dict[str, dict[str, Home]] = {kind: {} for kind in NEEDED}
        self.folders: tuple[Path, ...] = ()
        try:
            for kind, (package, _, _) in NEEDED.items():
                folder = source / PACKAGE / package
                for path in sorted([*folder.glob("*.py"), *folder.glob(f"*/{IN_FOLDER}.py")]):
                    self._add(_home(path, *_names(path, source)), kind)
            for path, folder in plugin_files(plugins):
                self.folders = tuple(dict.fromkeys([*self.folders, folder]))
                self._add(_home(path, *_names(path, folder)), None)
                _refuse_a_name_that_is_taken(path, _names(path, folder)[0], folder)
                _missing_imports(path, folder)
        except DigestError as error:
            raise HomeError(str(error)) from None

    def _add(self, home: Home | None, kind: str | None) -> None:
        if home is None:
            return
        if kind and home.kind != kind:
            raise HomeError(f"{home.where}: a {home.kind} among those of kind {kind}")
        known = self._by_kind[home.kind].get(home.name)
        if known:
            raise HomeError(f"{home.where}: the {home.kind} {home.name!r} has a home already, {known.where}")
        self._by_kind[home.kind][home.name] = home

    def of(self, kind: str) -> dict[str, Home]:
        """Every home of one kind, by name."""
        return self._by_kind[kind]
