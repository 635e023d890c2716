"""``make check``, ``make prune`` and ``make accept``, on empty results of everything that is asked for."""

import hashlib
import re
from pathlib import Path

import pytest
import yaml

from measured import RUNS
from pipeline.commands import accept, check, prune
from pipeline.planning import digest
from pipeline.planning.plan import Plan
from pipeline.planning.results import ACCEPTED
from pipeline.storage.artefacts import write_result
from pipeline.storage.jobs import copy_pages
from small import merged

HERE = Path(__file__).parents[2]
RATE = "networks: {mlp_1x512: {learning_rate: 0.02}}"


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """A function of an overlay that gives its plan; the folder's own configuration has the overlay, too."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plugins").mkdir()

    def make(overlay: str = "{}") -> Plan:
        config = yaml.safe_load((HERE / "config.yaml").read_text())
        for text in (RUNS, overlay):
            merged(config, yaml.safe_load(text))
        (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
        return Plan(config, HERE)

    return make


def fill(plan: Plan) -> None:
    """Write every result that a plan asks for, with nothing in it, and copy the pages."""
    for made, seed in plan.asked_for():
        write_result(made.job(seed), {})
    for page in plan.pages.values():
        job = page.job()
        names = [name for name in page.files if name != job["file"]]
        for name in names:
            Path(job["folder"], name).write_text(f"{name} of {job['stamp']}")
        write_result(job, {}, names)
        copy_pages(job)


def runs(plan: Plan) -> list[Path]:
    return [Path(made.path(seed)) for made, seed in plan.asked_for() if made.file == "run.json"]


def files_below(folder) -> set[str]:
    return {str(path) for path in Path(folder).rglob("*") if path.is_file()}


# --- check ----------------------------------------------------------------------------------------


def checked(plan: Plan, capsys) -> tuple[bool, str, tuple[int, int, int]]:
    """Whether all is well, what was printed, and how many results were looked at, altered and missing."""
    capsys.readouterr()
    well, text = check.report(plan, "snakemake"), capsys.readouterr().out
    counts = re.search(r"(\d+) results looked at: (\d+) altered, (\d+) missing$", text.strip())
    return well, text, tuple(map(int, counts.groups()))


def test_what_is_whole_is_looked_at_and_well(plan, capsys):
    now = plan()
    fill(now)
    well, text, counts = checked(now, capsys)
    assert well
    assert counts == (len([*now.asked_for()]), 0, 0)
    assert "0 files outdated, 0 missing" in text


def test_a_result_that_was_altered_is_named_and_ends_the_check(plan, capsys):
    now = plan()
    fill(now)
    path = runs(now)[0]
    path.write_text(path.read_text().replace("mlp_1x512", "mlp_3x512"))
    well, text, (_, altered, missing) = checked(now, capsys)
    assert (well, altered, missing) == (False, 1, 0)
    assert f"{path}: altered since it was made" in text


def test_a_summary_of_runs_that_were_made_again_is_named_and_is_no_fault(plan, capsys):
    now = plan()
    fill(now)
    job = now.results_of("fig1c")[0][1].job(0)
    write_result(job, {"numbers": "others"})
    well, text, (_, altered, missing) = checked(now, capsys)
    assert (well, altered, missing) == (True, 0, 0)
    summary = now.summary("fig1c").path()
    assert f"{summary}: older than results that it was made from" in text
    assert "is made by\n  snakemake --cores" in text


def test_a_page_is_not_what_a_job_copied_there(plan, capsys):
    now = plan()
    fill(now)
    page = Path(now.pages["fig1c"].files["figure.pdf"])
    page.unlink()
    page.mkdir()
    well, text, (_, altered, _) = checked(now, capsys)
    assert (well, altered) == (False, 1)
    assert f"{page}: a folder is there, where a page should be; move it away" in text


def test_what_is_missing_is_named_once_for_all_seeds_and_is_no_fault(plan, capsys):
    now = plan()
    fill(now)
    for path in runs(now):
        path.unlink()
    well, text, (_, altered, missing) = checked(now, capsys)
    assert (well, altered, missing) == (True, 0, len(runs(now)))
    assert text.count("and 1 more seeds") == len(runs(now)) // 2
    assert "What is missing, older or outdated is made by\n  snakemake --cores" in text


def test_pages_of_other_settings_are_outdated(plan, capsys):
    fill(plan())
    well, text, (_, altered, missing) = checked(plan(RATE), capsys)
    assert not well
    assert altered == 0
    assert missing > 0
    assert "figures/fig1c.pdf: shows another result than that of now" in text


# --- prune ----------------------------------------------------------------------------------------


def test_only_what_no_configuration_asks_for_is_listed_with_its_size(plan):
    old = plan()
    fill(old)
    new = plan(RATE)
    fill(new)
    assert prune.unasked([old, new]) == []
    found = {each.folder: each.size for each in prune.unasked([new])}
    assert {path.parent for path in runs(old)} <= found.keys()
    assert not {Path(made.folder(seed)) for made, seed in new.asked_for(everything=True)} & found.keys()
    for folder, size in found.items():
        assert size == sum(Path(path).stat().st_size for path in files_below(folder))


def test_pruning_removes_what_it_lists_and_nothing_else(plan, capsys):
    old = plan()
    fill(old)
    new = plan(RATE)
    fill(new)
    before = files_below(new.root)
    listed = [each.folder for each in prune.unasked([new])]
    expected = {path for path in before if not any(Path(path).is_relative_to(each) for each in listed)}
    assert prune.main([""]) is None
    assert "Nothing is removed" in capsys.readouterr().out
    assert files_below(new.root) == before
    assert prune.main(["", "--remove"]) is None
    assert files_below(new.root) == expected < before
    assert not runs(old)[0].parents[1].exists(), "the empty folder of a stamp"
    assert prune.unasked([new]) == []


def test_a_run_that_is_not_finished_is_spared(plan):
    old = plan()
    fill(old)
    folder = runs(old)[0].parent
    for receipt in folder.glob("receipt*"):
        receipt.unlink()
    (folder / "checkpoint.pt").write_text("the state of a run")
    found = [each.folder for each in prune.unasked([plan(RATE)])]
    assert folder not in found
    assert runs(old)[1].parent in found


def test_tables_about_another_data_set_are_asked_for_too(plan):
    about_cifar10 = yaml.safe_load((HERE / "config.yaml").read_text())["tables"]["interpolants"]
    now = plan(yaml.safe_dump({"tables": {"interpolants": about_cifar10}}))
    aside = {made.folder(seed): (made, seed) for made, seed in now.asked_for(everything=True)}
    assert len(aside) > len([*now.asked_for()])
    for made, seed in aside.values():
        write_result(made.job(seed), {})
    assert prune.unasked([now]) == []
    assert {Path(folder) for folder in aside} >= {each.folder for each in prune.unasked([plan()])} != set()


def test_a_folder_that_is_no_result_is_left_alone(plan):
    now = plan()
    fill(now)
    mine = Path(now.root, "runs", "notes")
    mine.mkdir()
    (mine / "receipt.json").write_text("of the coffee")
    assert prune.unasked([now]) == []


# --- accept ---------------------------------------------------------------------------------------


@pytest.fixture
def edited(monkeypatch):
    """A function that edits the code of all jobs, as far as their digests can tell."""
    digest_before = digest.code_digest

    def edit() -> None:
        def another(*arguments) -> str:
            return hashlib.sha256(digest_before(*arguments).encode()).hexdigest()[:16]

        monkeypatch.setattr(digest, "code_digest", another)

    return edit


def missing(plan: Plan) -> list[str]:
    """The places of results that are not there; the page of provenance is made anew after accepting."""
    return [
        made.place
        for made, seed in plan.asked_for()
        if not Path(made.path(seed)).exists() and not made.place.endswith("/provenance")
    ]


def test_results_of_earlier_code_stand_for_those_of_now_and_nothing_is_moved(plan, edited, capsys):
    then = plan()
    fill(then)
    before = files_below(then.root)
    edited()
    assert len(missing(plan())) > 5
    assert accept.main([]) is None
    now = plan()
    assert missing(now) == []
    assert [made.stamp for made, _ in now.asked_for() if made.file == "run.json"] == [
        made.stamp for made, _ in then.asked_for() if made.file == "run.json"
    ]
    assert files_below(then.root) == before | {f"{then.root}/{ACCEPTED}"}
    assert re.search(r"^[1-9]\d* results of earlier code accepted, 0 refused", capsys.readouterr().out, re.M)


def test_results_of_other_settings_are_refused_with_the_difference(plan, edited, capsys):
    fill(plan())
    edited()
    now = plan(RATE)
    assert accept.main([]) is None, "the data are good"
    text = capsys.readouterr().out
    assert re.search(r"runs/\S+: made with other settings: recipe\.learning_rate 0\.01 → 0\.02", text)
    assert {place.split("/")[2] for place in missing(plan(RATE))} >= {"runs", "summaries"}
    assert "data" not in {place.split("/")[2] for place in missing(plan(RATE))}
    assert not any(path.exists() for path in runs(now))


@pytest.mark.parametrize("harm", ["missing", "altered"])
def test_a_result_is_accepted_whole_and_with_all_seeds_or_not_at_all(plan, edited, harm):
    then = plan()
    fill(then)
    path = runs(then)[-1]
    text = path.read_text().replace("mlp_1x512", "mlp_3x512")
    path.unlink() if harm == "missing" else path.write_text(text)
    edited()
    accept.main([])
    wanted = {made.place for made, seed in then.asked_for() if Path(made.path(seed)) == path}
    assert wanted < set(missing(plan()))
    others = {made.place for made, _ in then.asked_for() if made.file == "run.json"} - wanted
    assert not others & set(missing(plan()))


def test_with_nothing_to_accept_nothing_is_written(plan, capsys):
    now = plan()
    assert accept.main([]) is None
    assert not Path(now.root).exists()
    assert "0 results of earlier code accepted, 0 refused" in capsys.readouterr().out
