"""Guarantee: an edit reruns the jobs whose computation it can reach, and no other job.

Snakemake's ``code`` trigger compares the modification time of a script and never looks at the modules that
the script imports. The digest is over syntax trees instead: of the script and of every project module that it
imports, transitively. Comments, docstrings, layout and the wording of messages are left out. A comment, a
``touch`` or a fresh checkout therefore changes nothing.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pipeline.planning.cached import cached_method

# Modules that decide how a job is carried out and not its numbers.
EXECUTION = {
    *("pipeline.execution.checkpoints", "pipeline.execution.devices", "pipeline.execution.job"),
    *("pipeline.storage.artefacts", "pipeline.storage.jobs", "pipeline.storage.weights"),
    "pipeline.storage.writing",
}
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class DigestError(Exception):
    """A project file that cannot be read as Python."""


@cache
def parse(path: Path) -> ast.Module:
    """The syntax tree of a file. Raises ``DigestError`` for a file that is no Python."""
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except SyntaxError as error:
        raise DigestError(f"{path}, line {error.lineno}: {error.msg}; mend it and run again") from None


def _is_about(node) -> bool:
    """Whether a statement is a module's ABOUT, on which no computation depends."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, ast.Name) and target.id == "ABOUT" for target in targets)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    value = first.value if isinstance(first, ast.Expr) else None
    return body[1:] if isinstance(value, ast.Constant) and isinstance(value.value, str) else body


def _is_message(node) -> bool:
    """A line that only prints."""
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print"


def _text(node) -> str:
    """A syntax tree as text, without positions, docstrings, messages and empty fields.

    ``ast.dump`` and ``ast.unparse`` say the same in other words in each version of Python; the fields
    that new versions add are empty for old code, so leaving these out keeps the text as it was.
    """
    if isinstance(node, list):
        return (
            "[" + ",".join(_text(item) for item in node if not (_is_message(item) or _is_about(item))) + "]"
        )
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        return f"Raise({_text(node.exc.func)})"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    if fields.get("body") and isinstance(node, DOCUMENTED):
        fields["body"] = _without_docstring(fields["body"])
    if isinstance(node, ast.JoinedStr):  # Python 3.12.1 puts empty pieces into format specifications
        fields["values"] = [v for v in node.values if not (isinstance(v, ast.Constant) and v.value == "")]
    filled = (f"{name}={_text(value)}" for name, value in fields.items() if value not in (None, []))
    return f"{type(node).__name__}({','.join(filled)})"


@cache
def _normalised(path: Path) -> str:
    return _text(parse(path))


@cache
def find_module(name: str, roots: tuple[Path, ...]) -> Path | None:
    """The file of a module or package ``name`` under one of ``roots``; None if it is not ours."""
    for root in roots:
        base = root.joinpath(*name.split("."))
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file():
                return path
    return None


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement below ``body``: only they import, and a tree has ten times as many nodes."""
    for node in body:
        yield node
        for field in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(node, field, []))
        for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            yield from _statements(part.body)


@cache
def _imports(path: Path, package: str) -> set[str]:
    """Absolute names that a file may import; ``from a import b`` gives ``a`` and ``a.b``."""
    names: set[str] = set()
    for node in _statements(parse(path).body):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, base] if base else parents)
            names.add(base)
            names.update(f"{base}.{alias.name}" for alias in node.names)
    return names


def _with_parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


@cache
def sources(script: Path, modules: tuple[str, ...], roots: tuple[Path, ...]) -> dict[str, Path]:
    """Every project file that ``script`` can reach by its imports, keyed by module name.

    ``modules`` are further starting points, which the script imports by a name it gets in its
    parameters. Packages' ``__init__`` files count; modules outside ``roots`` and those of ``EXECUTION``
    do not.
    """
    found: dict[str, Path] = {"": script}
    queue = [name for module in modules for name in _with_parents(module)]
    queue += [n for name in _imports(script, "") for n in _with_parents(name)]
    while queue:
        name = queue.pop()
        known = not name or name in found or name in EXECUTION
        path = None if known else find_module(name, roots)
        if path is None:
            continue
        found[name] = path
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        queue += [n for imported in _imports(path, package) for n in _with_parents(imported)]
    return found


@cache
def code_digest(script: Path, modules: tuple[str, ...], roots: tuple[Path, ...]) -> str:
    """Sixteen hexadecimal digits that change when the code that ``script`` can run changes."""
    digest = hashlib.sha256()
    for name, path in sorted(sources(script, modules, roots).items()):
        digest.update(f"{name}\0{_normalised(path)}\0".encode())
    return digest.hexdigest()[:16]


@cache
def file_hash(path: Path) -> str:
    """Sixteen hexadecimal digits of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


class Scripts:
    """The scripts of the workflow below ``folder``, each with the digest of all that it can run.

    ``plugins`` are folders of modules outside the project.
    """

    def __init__(self, folder: Path, plugins: tuple[Path, ...] = ()):
        self.folder = folder / "workflow" / "scripts"
        self.roots = (folder / "src", folder / "workflow", self.folder, *plugins)

    @cached_method
    def code(self, script: str, modules: tuple[str, ...] = ()) -> dict:
        """The facts that a job needs about its own code: the digest, and the files to compute it again from.

        ``files`` holds a hash of each file as it is. A job whose files are unchanged knows its digest without
        parsing them.
        """
        path = self.folder / script
        files = sources(path, modules, self.roots).values()
        return {
            "digest": code_digest(path, modules, self.roots),
            "script": str(path),
            "modules": modules,
            "roots": tuple(map(str, self.roots)),
            "files": {str(file): file_hash(file) for file in files},
        }


def edited_files(code: dict) -> list[str]:
    """The files of a job's code that were edited since it was planned, if that changed its digest.

    ``code`` is from ``Scripts.code``; files that this process has read before are read again.
    """
    for function in (parse, _normalised, find_module, _imports, sources, code_digest, file_hash):
        function.cache_clear()
    edited = [
        path
        for path, was in code["files"].items()
        if not Path(path).is_file() or file_hash(Path(path)) != was
    ]
    if edited:
        now = code_digest(Path(code["script"]), tuple(code["modules"]), tuple(map(Path, code["roots"])))
        if now == code["digest"]:
            return []
    return edited
