"""A results folder that somebody else has prepared is data: nothing in it acts or leads writing elsewhere."""

import os
import subprocess
import sys

import pytest

from trees import run_place

ACTS = "{{ cycler.__init__.__globals__.os.system('touch PWNED') }}\n\n.. include:: secret\n"
TITLE = "</script><img src=x onerror=alert(1)> $x$ % .. raw:: html"
NAME = "config/{{ 7*7 }} {% endraw %}.yaml"


def report(tree, *files):
    """What `make report` does with these configuration files."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline.commands.report", *files],
        cwd=tree.folder,
        env=os.environ | {"PYTHONPATH": "src:workflow"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )


def test_the_report_of_a_hostile_folder_runs_nothing(tree):
    (tree.folder / "secret").write_text("secret content")
    for path in ("figures/fig1a", "tables/table1", "scorecard", "provenance"):
        (tree.results / f"{path}.rst").write_text(ACTS)
    (tree.folder / NAME).write_text(f"datasets: {{digits: {{title: '{TITLE}'}}}}\n")
    files = ("config/small.yaml", NAME)
    tree.snakemake("--configfile", *files, small=False)
    done = report(tree, *files)
    assert done.returncode == 0, done.stdout
    page = (tree.results / "report.html").read_text()
    assert not list(tree.folder.rglob("PWNED"))
    assert "<img src=x" not in page
    assert "secret content" not in page
    assert r"\u003cimg src=x onerror=alert(1)> $x$ % .. raw:: html" in page
    assert f"--configfile config/small.yaml '{NAME}'" in page


def test_the_report_of_altered_results_is_refused_by_name(tree):
    path = tree.result("scorecard") / "scorecard.csv"
    path.write_text(path.read_text().replace("matched", "mAtched", 1))
    done = report(tree, "config/small.yaml")
    assert done.returncode == 1
    named = f"{path.relative_to(tree.folder)}: missing, truncated or altered"
    assert done.stdout.startswith(named)
    assert not (tree.results / "report.html").exists()
    tree.mend(done.stdout)
    assert report(tree, "config/small.yaml").returncode == 0


def test_snakemake_makes_no_report_by_itself(tree):
    done = tree.snakemake("--report", "report.html", check=False)
    assert done.returncode != 0
    assert "`make report` makes the report" in done.stdout


@pytest.mark.parametrize("path", ["logs/scorecard.log", "benchmarks/scorecard.tsv"])
def test_no_job_writes_through_a_link_or_out_of_the_folder(tree, path):
    precious = tree.folder / "precious"
    precious.write_text("precious")
    planted = tree.results / path
    planted.unlink()
    planted.symlink_to(precious)
    done = tree.snakemake("--forcerun", "scorecard", check=False)
    assert f"results/small/{path} is a link: {precious} would be overwritten" in done.stdout
    planted.unlink()
    tables = tree.results / "tables"
    tables.rename(tree.folder / "tables")
    tables.symlink_to(tree.folder / "tables")
    done = tree.snakemake("--forcerun", "table1", check=False)
    assert f"results/small/tables leads to {tree.folder / 'tables'}, not below results/small" in done.stdout
    assert precious.read_text() == "precious"


def pipe(path):
    os.mkfifo(path)


def folder(path):
    (path / "inside").mkdir(parents=True)


def dangling(path):
    path.symlink_to("nowhere")


def endless(path):
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("stands", "place", "name"),
    [
        (folder, run_place(), "run.json"),
        (pipe, "summaries/fig1a", "summary.json"),
        (endless, "scorecard", "result.json"),
        (dangling, "figures/fig1a", "figure.png"),
        (folder, "tables/table1", "table.html"),
    ],
)
def test_what_is_no_file_is_named_by_make_check_with_a_remedy_that_works(tree, stands, place, name):
    path = tree.result(place, 0 if place == run_place() else None) / name
    path.unlink()
    stands(path)
    done = tree.check()
    (line,) = [line for line in done.stdout.splitlines() if " && " in line]
    assert line.startswith(f"{path.relative_to(tree.folder)}: ")
    remedy = line.partition("remake it with ")[2]
    aside, _, remake = remedy.partition(" && ")
    subprocess.run(aside, shell=True, check=True, cwd=tree.folder)
    remade = subprocess.run(
        [sys.executable, "-m", *remake.split()], cwd=tree.folder, capture_output=True, text=True, check=False
    )
    assert remade.returncode == 0, remade.stdout + remade.stderr
    done = tree.check()
    assert done.returncode == 0
    assert " && " not in done.stdout
    assert path.is_file()


@pytest.mark.parametrize(("stands", "name"), [(folder, "figures/fig1a.png"), (pipe, "tables/table1.html")])
def test_what_stands_where_a_page_should_be_is_named(tree, stands, name):
    path = tree.results / name
    path.unlink()
    stands(path)
    done = tree.check()
    assert done.returncode == 1
    assert f"results/small/{name}: " in done.stdout
    assert "is there, where a page should be; move it away" in done.stdout


def test_planning_looks_into_no_result(tree):
    runs = sorted(tree.results.rglob("run.json"))
    for path, stands in zip(runs, (pipe, endless, folder), strict=False):
        path.unlink()
        stands(path)
    runs[-1].write_bytes(b"\xff\xfe binary")
    assert tree.planned() == {}
