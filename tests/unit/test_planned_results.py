"""A result's stamp holds all that it depends on, and nothing else; its receipt says what is made along."""

import json

import pytest

from pipeline.planning.digest import Scripts
from pipeline.planning.pages import Page
from pipeline.planning.results import ACCEPTED, Results, UnknownResult, read_accepted


class Wildcards:
    def __init__(self, place, stamp):
        self.place, self.stamp = place, stamp


@pytest.fixture
def tree(tmp_path):
    scripts = tmp_path / "workflow" / "scripts"
    scripts.mkdir(parents=True)
    (scripts / "make.py").write_text("import near\nprint(near.VALUE)\n")
    (scripts / "near.py").write_text("VALUE = 1\n")
    return tmp_path


def results(tree):
    return Results(str(tree / "results"), Scripts(tree))


def chain(found, rate=0.1):
    """Labels, a run that is made from them, and a summary of two seeds."""
    labels = found.plan("data/labels", "make.py", {"p": 0.5}, file="manifest.json", seeded=True)
    run = found.plan("runs/mlp", "make.py", {"rate": rate}, {"labels": labels}, file="run.json", seeded=True)
    summary = found.plan("summaries/fig", "make.py", {}, {"results": [(run, 0), (run, 1)]})
    return labels, run, summary


def test_places_are_readable_and_the_seed_is_no_part_of_the_stamp(tree):
    _, run, summary = chain(results(tree))
    assert run.path(0) == f"{tree}/results/runs/mlp/{run.stamp}/seed-0/run.json"
    assert run.folder(0).replace("seed-0", "seed-1") == run.folder(1)
    assert summary.path() == f"{tree}/results/summaries/fig/{summary.stamp}/result.json"


def test_the_same_settings_have_the_same_stamp_and_settings_that_come_back_too(tree):
    first, other, again = (chain(results(tree), rate)[1].stamp for rate in (0.1, 0.2, 0.1))
    assert first == again != other


def test_a_change_reaches_everything_that_is_made_from_it_and_nothing_before_it(tree):
    before, after = chain(results(tree), 0.1), chain(results(tree), 0.2)
    changed = [old.stamp != new.stamp for old, new in zip(before, after, strict=True)]
    assert changed == [False, True, True]


def test_an_edited_module_is_another_stamp_and_a_comment_is_not(tree):
    before = chain(results(tree))[1].stamp
    near = tree / "workflow" / "scripts" / "near.py"
    near.write_text("# A remark.\nVALUE = 1\n")
    digests = __import__("pipeline.planning.digest", fromlist=["digest"])
    for function in vars(digests).values():
        if hasattr(function, "cache_clear"):
            function.cache_clear()
    assert chain(results(tree))[1].stamp == before
    near.write_text("VALUE = 2\n")
    for function in vars(digests).values():
        if hasattr(function, "cache_clear"):
            function.cache_clear()
    assert chain(results(tree))[1].stamp != before


def test_seeds_of_what_is_read_are_part_of_the_specification(tree):
    found = results(tree)
    _, run, summary = chain(found)
    assert summary.spec["made_from"]["results"] == [[run.stamp, 0], [run.stamp, 1]]
    one = found.plan("summaries/fig", "make.py", {}, {"results": [(run, 0)]})
    assert one.stamp != summary.stamp


def test_a_job_knows_what_it_reads_for_its_own_seed(tree):
    labels, run, _ = chain(results(tree))
    job = run.job(1)
    assert job["inputs"]["labels"] == labels.entry(1)
    assert run.receipts(1) == [labels.receipt(1)]
    fixed = results(tree).plan("sheet", "make.py", {}, {"labels": (labels, 0)})
    assert fixed.job()["inputs"]["labels"] == labels.entry(0)


def test_what_is_made_along_names_the_receipt_and_leaves_the_stamp(tree):
    found = results(tree)
    _, run, _ = chain(found)
    stamp, plain = run.stamp, run.receipt(0)
    weights = found.plan("weights/mlp", "make.py", {"of": "weights"}, {"run": run}, seeded=True)
    run.make_along(weights)
    assert run.stamp == stamp
    assert run.receipt(0) == weights.receipt(0) != plain
    assert [along["stamp"] for along in run.job(0)["along"]] == [weights.stamp]


def test_a_stamp_that_no_settings_have_is_explained(tree):
    found = results(tree)
    _, run, _ = chain(found)
    assert found.find("runs", Wildcards("mlp", run.stamp)) is run
    with pytest.raises(UnknownResult, match=r"make no result with this stamp.*They make .*runs/mlp"):
        found.find("runs", Wildcards("mlp", "0" * 16))
    with pytest.raises(UnknownResult, match="No figure, table or target of now asks for it"):
        found.find("runs", Wildcards("other", "0" * 16))


def test_an_accepted_stamp_stands_for_that_of_now_and_reaches_downstream(tree):
    before = chain(results(tree))
    found = results(tree)
    found.accepted = {before[1].stamp: "a" * 16}
    _, run, summary = chain(found)
    assert run.stamp == "a" * 16
    assert summary.spec["made_from"]["results"] == [["a" * 16, 0], ["a" * 16, 1]]
    assert summary.stamp != before[2].stamp


@pytest.mark.parametrize("content", ["", "[]", '{"stamps": {"a": 1}}', '{"stamps": []}', "[" * 100_000])
def test_a_record_of_accepted_results_that_cannot_be_read_is_named(tmp_path, content):
    assert read_accepted(str(tmp_path)) == {}
    (tmp_path / ACCEPTED).write_text(content)
    with pytest.raises(UnknownResult, match=r"accepted\.json is no record of accepted results"):
        read_accepted(str(tmp_path))
    (tmp_path / ACCEPTED).write_text(json.dumps({"stamps": {"a": "b"}}))
    assert read_accepted(str(tmp_path)) == {"a": "b"}


def test_a_page_without_the_mark_of_now_is_outdated(tree, tmp_path):
    _, _, summary = chain(results(tree))
    shown = tmp_path / "fig.pdf"
    page = Page(summary, {"figure.pdf": str(shown)})
    assert page.outdated() == []
    shown.write_text("of other settings")
    assert page.outdated() == [shown]
    mark = tree / "results" / "summaries" / "fig" / "pages" / summary.stamp
    mark.parent.mkdir(parents=True)
    mark.touch()
    assert page.outdated() == []
