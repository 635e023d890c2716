"""This workflow as a part of another one: as config/README.md says, from a repository, and the limits."""

import re
import shutil
import subprocess

import pytest

from trees import HERE, Tree, copy_project

# What the README's example reads, as small as it can be.
SMALL = """
results: results/demo
seeds: [0]
figures:
  fig_minimum_norm: {dataset: digits, gamma: 0.2, examples: 20, steps: 1000, batch_size: 5}
"""
README = (HERE / "config/README.md").read_text()
EXAMPLE = re.search(r"^```python\n(.*?)^```$", README, re.M | re.S)[1]
MODULE = EXAMPLE.partition("rule compare:")[0]


@pytest.fixture
def outer(tmp_path):
    """A folder with the README's Snakefile and a clone beside it."""
    copy_project(tmp_path / "rethinking")
    (tmp_path / "config").mkdir()
    (tmp_path / "config/small.yaml").write_text(SMALL)
    (tmp_path / "Snakefile").write_text(EXAMPLE)
    return Tree(tmp_path)


def test_the_example_runs_and_asks_for_no_more_than_it_reads(outer):
    outer.snakemake()
    assert "results/demo/figures/fig_minimum_norm.csv" in (outer.folder / "comparison.txt").read_text()
    results = outer.folder / "results/demo"
    assert {path.name for path in results.iterdir()} == {
        "data", "experiments", "summaries", "figures", "logs", "benchmarks",
    }  # fmt: skip
    assert not (outer.folder / "rethinking/results").exists()
    assert "Nothing to be done" in outer.snakemake().stdout
    # Other settings are other results here, too, with Snakemake's default triggers.
    before = outer.folder / "results/demo/figures/fig_minimum_norm.csv"
    text = before.read_text()
    outer.configure("steps: 1000", "steps: 2000")
    again = outer.snakemake().stdout
    assert re.search(r"^rethinking_run_experiment +1$", again, re.M)
    assert not re.search(r"^rethinking_prepare_digits +", again, re.M)
    assert before.read_text() != text
    outer.configure("steps: 2000", "steps: 1000")
    back = outer.snakemake().stdout
    assert not re.search(r"^rethinking_run_experiment +", back, re.M)
    assert before.read_text() == text
    # Without Snakemake's records nothing of ours is made again.
    shutil.rmtree(outer.folder / ".snakemake")
    assert "Nothing to be done" in outer.snakemake().stdout


def test_all_is_the_default_only_where_no_rule_stands_before(outer):
    (outer.folder / "Snakefile").write_text(MODULE)
    assert re.search(r"^rethinking_all +1$", outer.snakemake("--dry-run").stdout, re.M)
    (outer.folder / "Snakefile").write_text('rule first:\n    output: "first.txt"\n\n\n' + MODULE)
    assert "rethinking" not in outer.snakemake("--dry-run").stdout.partition("Job stats")[2]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            MODULE.replace("    config:", '    prefix: "sub"\n    config:'),
            "takes no prefix, because results name each other by their paths; set `results`",
        ),
        (
            MODULE.replace("    config:", '    replace_prefix: {"results": "sub"}\n    config:'),
            "takes no prefix, because results name each other by their paths; set `results`",
        ),
        (
            MODULE + MODULE.replace("rethinking", "second"),
            "rethinking/workflow/pipeline/__init__.py is loaded already",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_explained(outer, text, problem):
    if "second" in text:
        shutil.copytree(outer.folder / "rethinking", outer.folder / "second")
    (outer.folder / "Snakefile").write_text(text)
    refused = outer.snakemake("--dry-run", check=False)
    assert refused.returncode == 1
    assert problem in refused.stdout


def test_a_release_is_fetched_from_its_repository(outer, tmp_path, monkeypatch):
    """As snakedeploy sets it up; github.com is a folder here."""
    hosted = tmp_path / "hosted/owner/repository"
    hosted.parent.mkdir(parents=True)
    (outer.folder / "rethinking").rename(hosted)
    for name in ("config.yaml", "demo.yaml"):
        shutil.copy(hosted / "config" / name, outer.folder / "config")
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "all"], ["tag", "v0.1.0"]):
        subprocess.run(["git", *identity, *command], cwd=hosted, check=True)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{tmp_path}/hosted/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    text = EXAMPLE.replace('"rethinking/workflow/Snakefile"', re.search(r"github\(.*?\)", README)[0])
    for path in ("rethinking/config.yaml", "rethinking/config/demo.yaml"):
        text = text.replace(path, f"config/{path.rpartition('/')[2]}")
    (outer.folder / "Snakefile").write_text(text)
    outer.snakemake("results/demo/data/digits/dataset.json")
    (tree,) = (outer.folder / ".snakemake/rethinking").iterdir()
    assert (tree / "src/rethinking").is_dir()
    assert (outer.folder / "results/demo/data/digits/dataset.json").is_file()
