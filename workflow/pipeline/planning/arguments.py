"""Guarantee: a job's specification holds the settings that its function can use, and no others.

The functions of a home are given the arguments that they name. A setting therefore changes the stamps of the
results that depend on it and of no other result. An argument that nobody provides is found while planning.
Snakemake would rerun every job whose parameters changed, needed or not.
"""

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pipeline.planning.explain import nearest


class Function(NamedTuple):
    """A function of a home: the module that defines it, the file, and the syntax."""

    module: str
    path: Path
    node: ast.FunctionDef

    @property
    def named(self) -> dict[str, bool]:
        """The arguments that are passed by name, each with whether it is required: all but the first."""
        signature = self.node.args
        by_place = [*signature.posonlyargs, *signature.args]
        required = len(by_place) - len(signature.defaults)
        names = {argument.arg: place < required for place, argument in enumerate(by_place) if place}
        pairs = zip(signature.kwonlyargs, signature.kw_defaults, strict=True)
        return names | {argument.arg: default is None for argument, default in pairs}

    def arguments(self, provided: dict) -> dict:
        """Those of ``provided`` that the function names."""
        return {name: provided[name] for name in self.named if name in provided}

    def problems(self, provided: Iterable[str]) -> list[str]:
        """A sentence for each argument that is required and not among ``provided``."""
        provided = set(provided)
        return [
            f"{self.path}, line {self.node.lineno}: nobody provides the argument {name!r} of "
            f"{self.node.name}; {nearest(name, provided)}"
            for name, required in self.named.items()
            if required and name not in provided
        ]
