"""The digest of a job's code follows its meaning through imports, and nothing else."""

import ast
import copy
import re
from pathlib import Path

import pytest
import yaml

from measured import BOTH, write_plugins
from pipeline.planning import digest
from pipeline.planning.plan import Plan
from small import merged

HERE = Path(__file__).parents[2]
FILES = {
    "script.py": '"""A script."""\nfrom pkg import near\nimport json\nRESULT = near.value()\n',
    "src/pkg/__init__.py": "",
    "src/pkg/near.py": "from . import far\nfrom pkg.sub.deep import LIMIT\n"
    "def value():\n    if not far.F:\n        raise ValueError('wrong')\n    return far.F + LIMIT\n",
    "src/pkg/far.py": "F = 1\n",
    "src/pkg/sub/__init__.py": "",
    "src/pkg/sub/deep.py": "LIMIT = 3\n",
    "src/pkg/other.py": "X = 1\n",
    "src/pkg/chosen.py": "from pkg.other import X\n",
}

VARIED = """
from dataclasses import dataclass

@dataclass(frozen=True)
class F:
    '''Docstring.'''
    x: int | None = None

    async def f(self, *a, k=(1, 2.5), **b):
        with open("x") as one, open('y'):
            return f"{self.x!r:>{k[0]}} 'quoted' {b['k']}" "joined"

match F():
    case F(x=1):
        y = lambda z: not z
    case _:
        y = [i for i in range(3) if i]
"""


@pytest.fixture
def tree(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def code(tree, *modules):
    for function in vars(digest).values():
        if hasattr(function, "cache_clear"):
            function.cache_clear()
    return digest.code_digest(tree / "script.py", modules, (tree / "src",))


def edit(tree, name, old, new):
    path = tree / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("script.py", '"""A script."""', '"""Other words."""  # and a comment'),
        ("src/pkg/near.py", "def value():\n", 'def value():\n    """What it gives."""\n\n    # why\n'),
        ("src/pkg/near.py", "far.F + LIMIT", "(far.F\n            + LIMIT)"),
        ("src/pkg/other.py", "X = 1", "X = 2"),
        ("src/pkg/near.py", "    return", "    print('a message')\n    return"),
        ("src/pkg/near.py", "'wrong'", "f'expected {LIMIT}, found something else'"),
    ],
)
def test_words_layout_and_modules_out_of_reach_do_not_count(tree, name, old, new):
    before = code(tree)
    edit(tree, name, old, new)
    assert code(tree) == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("script.py", "near.value()", "near.value() + 1"),
        ("src/pkg/near.py", "far.F + LIMIT", "far.F - LIMIT"),
        ("src/pkg/far.py", "F = 1", "F = 2"),
        ("src/pkg/near.py", "ValueError", "KeyError"),
        ("src/pkg/sub/deep.py", "LIMIT = 3", "LIMIT = 4"),
        ("src/pkg/sub/__init__.py", "", "import pkg.other\n"),
        ("src/pkg/__init__.py", "", "VERSION = 1\n"),
    ],
)
def test_whatever_the_script_reaches_counts(tree, name, old, new):
    before = code(tree)
    edit(tree, name, old, new) if old else (tree / name).write_text(new)
    assert code(tree) != before


def test_modules_that_are_named_in_parameters_count_with_all_that_they_import(tree):
    plain, named = code(tree), code(tree, "pkg.chosen")
    assert plain != named
    edit(tree, "src/pkg/other.py", "X = 1", "X = 2")
    assert code(tree) == plain
    assert code(tree, "pkg.chosen") != named


def test_the_digest_is_the_same_in_every_version_of_python(tree):
    """Found with 3.11, 3.12 and 3.13; another value would rerun everything after an upgrade."""
    (tree / "src/pkg/far.py").write_text(VARIED)
    assert code(tree) == "6b3417189a1f439f"


def test_a_file_that_is_not_python_is_named(tree):
    (tree / "src/pkg/far.py").write_text("F = = 1\n")
    with pytest.raises(digest.DigestError, match=r"far\.py, line 1"):
        code(tree)


def test_the_scripts_reach_what_they_run_and_not_more():
    roots = (HERE / "src", HERE / "workflow")

    def modules(script, *more):
        return set(digest.sources(HERE / "workflow" / "scripts" / script, more, roots)) - {""}

    train = modules("train.py", "rethinking.networks.mlp")
    assert {"rethinking.training", "rethinking.networks.mlp", "rethinking.preprocessing"} <= train
    assert not train & {"rethinking.networks.alexnet", "rethinking.corruptions", "rethinking.statistics"}
    assert not any(name.startswith("rethinking.plotting") for name in train)
    drawn = modules("show.py", "rethinking.exhibits.noise_sweep.drawing")
    assert "rethinking.plotting.style" in drawn
    assert not drawn & {
        "rethinking.exhibits.learning_curves.drawing",
        "rethinking.exhibits.noise_sweep.claims",
        "rethinking.exhibits.noise_sweep.summary",
        "rethinking.plotting.pages",
        "rethinking.training",
    }


# Where a module is imported by a name that is no part of the code. Planning and the report run no job, so
# nothing that a digest describes depends on them.
BY_NAME_IN_SPECIFICATION = {"src/rethinking/networks/start.py", "src/rethinking/recipe.py"}
NO_JOBS = {"workflow/pipeline/planning/homes.py", "workflow/pipeline/commands/report.py"}


def test_project_code_imports_nothing_that_the_digest_cannot_see():
    """Dynamic imports hide from the syntax tree. Jobs may import only what their specification names."""
    for path in [*(HERE / "src").rglob("*.py"), *(HERE / "workflow").rglob("*.py")]:
        text, name = path.read_text(), path.relative_to(HERE).as_posix()
        assert "__import__" not in text, path
        imported = re.findall(r"\bimport_module\((.*?)\)", text)
        if name.startswith("workflow/scripts/"):
            assert all(module.endswith('["module"]') for module in imported), path
        elif name not in BY_NAME_IN_SPECIFICATION | NO_JOBS:
            assert not imported, path


def names_of_modules(spec, roots):
    """The project modules that a specification names, alone or with a function behind a colon."""
    if isinstance(spec, dict):
        for key, part in spec.items():
            # A name without a dot may as well be that of something else.
            if isinstance(part, str) and (key == "module" or "." in part):
                module = part.partition(":")[0]
                if re.fullmatch(r"\w+(\.\w+)*", module) and digest.find_module(module, roots):
                    yield module
            yield from names_of_modules(part, roots)
    elif isinstance(spec, list | tuple):
        for part in spec:
            yield from names_of_modules(part, roots)


def test_the_modules_that_a_specification_names_are_in_the_digest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_plugins(tmp_path)
    paper = yaml.safe_load((HERE / "config.yaml").read_text())
    found = set()
    for config in (paper, merged(copy.deepcopy(paper), yaml.safe_load(BOTH))):
        plan = Plan(config, HERE)
        for made in plan.results:
            named = set(names_of_modules(made.spec, plan.results.scripts.roots))
            assert named <= set(made.code["modules"]), made.place
            found |= named
    kinds = (plan.homes.of(kind).values() for kind in ("corruption", "update_rule", "schedule", "features"))
    expected = {home.module for homes in kinds for home in homes} - {"rethinking.features.pixels"}
    expected |= {"rethinking.networks.mlp", "rethinking.probes.example_correctness", "learned"}
    expected |= {"rethinking.measurements.weight_norms", "norms_by_labels.drawing"}
    assert expected <= found


EVERYWHERE = """
match x:
    case 1:
        import a
try:
    import b
except E:
    import c
else:
    import d
finally:
    import e
with x:
    async def f():
        for i in y:
            import g
        else:
            import h
while z:
    import k
else:
    class C:
        import l
"""


def test_an_import_is_found_in_every_kind_of_block():
    tree = ast.parse(EVERYWHERE)
    everywhere = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    found = [node for node in digest._statements(tree.body) if isinstance(node, ast.Import)]
    assert len(found) == 9
    assert {*map(id, found)} == {*map(id, everywhere)}
