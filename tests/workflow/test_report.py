"""The report, opened in a browser: all that was made is there, displays and says how it is made."""

import re
import shutil

import pytest
from conftest import Tree

from browser import Browser, chromium

NETWORKS = {
    "Data": ["gaussian", "random_labels", "random_pixels", "shuffled_pixels"],
    "How this was made": ["provenance"],
    "Scorecard": ["scorecard"],
    "Section 2, fitting random labels": ["fig1a", "fig1b", "fig1c"],
    "Section 3, regularisation": ["table1"],
}
KERNELS = {
    **{name: NETWORKS[name] for name in ("Data", "How this was made", "Scorecard")},
    "Section 5, kernel systems": ["fig_minimum_norm", "fig_ridge", "interpolants", "table3"],
}
FORMS = {"fig": ["png", "csv"], "table": ["html", "tex", "csv"], "scorecard": ["html", "csv"]}
FORMS |= {"interpolants": FORMS["table"], "provenance": ["html"]}
ADDRESS = re.compile(r"^(file|data|about|blob):")


def made_report(finished: Tree, folder) -> Tree:
    """A copy of a finished workflow with a report of it."""
    shutil.copytree(finished.folder, folder)
    tree = Tree(folder)
    tree.snakemake("--report", "results/small/report.html")
    return tree


@pytest.fixture(scope="module", params=["networks", "kernels"])
def report(request, tmp_path_factory):
    """A finished workflow with its report, and the names that each category must have."""
    finished, expected = {"networks": ("finished", NETWORKS), "kernels": ("finished_kernels", KERNELS)}[
        request.param
    ]
    tree = made_report(request.getfixturevalue(finished), tmp_path_factory.mktemp("report") / "tree")
    return tree, expected


@pytest.fixture(scope="module")
def page(report, tmp_path_factory):
    """The report, opened."""
    if not chromium():
        pytest.skip("there is no Chromium to open the report with")
    tree, _ = report
    with Browser(chromium(), tmp_path_factory.mktemp("browser")) as browser:
        browser.open((tree.results / "report.html").as_uri())
        browser.wait_for("typeof app !== 'undefined' && !!document.querySelector('nav a')")
        yield browser


def click(page: Browser, text: str) -> None:
    """Click the entry of the menu that says ``text``."""
    found = f"[...document.querySelectorAll('nav li a')].find(a => a.textContent === {text!r})"
    page.wait_for(f"!!{found}")
    page.run(f"{found}.click()")


def test_every_figure_and_table_is_in_its_category(report, page):
    _, expected = report
    listed = {
        category: sorted(path.rpartition("/")[2] for paths in found.values() for path in paths)
        for category, found in page.run("categories").items()
    }
    forms = {
        name: next((ends for start, ends in FORMS.items() if name.startswith(start)), ["png", "csv"])
        for names in expected.values()
        for name in names
    }
    assert listed == {
        category: sorted(f"{name}.{form}" for name in names for form in forms[name])
        for category, names in expected.items()
    }
    for category, names in expected.items():
        page.run("app.setView({navbarMode: 'menu'})")
        click(page, category)
        page.wait_for(f"document.querySelectorAll('nav tbody tr').length >= {len(names)}")


def test_every_result_displays_and_its_caption_says_what_and_how(report, page):
    tree, _ = report
    for path, mime in page.run("Object.entries(results).map(([path, r]) => [path, r.mime_type])"):
        page.run(f"app.showResultInfo({path!r})")
        caption = page.wait_for("document.querySelector('nav .prose')?.innerText")
        name = path.rpartition("/")[2].partition(".")[0]
        target = {"provenance": "all"}.get(name, path if "/contact_sheets/" in path else name)
        target = target.replace(".csv", ".png")
        assert f"snakemake {target} --cores all --configfile config/small.yaml" in caption
        assert "Here" in caption
        eye = page.run("document.querySelector('nav table td:last-child a').getAttribute('href')")
        if eye != "#":
            content = page.run(f"fetch({eye!r}).then(found => found.text())")
            assert content == (tree.folder / path).read_text()
            assert mime in ("text/csv", "text/x-tex", "application/x-tex")
            continue
        page.run("document.querySelector('nav table td:last-child a').click()")
        if mime == "image/png":
            shown = f"[...document.images].find(i => i.src === results[{path!r}].data_uri && i.complete)"
            assert page.wait_for(f"{shown}?.naturalWidth") > 300
        else:
            page.wait_for(f"document.querySelector('iframe')?.src === results[{path!r}].data_uri")
            rows = "document.readyState === 'complete' && document.querySelectorAll('tbody tr').length"
            page.wait_for("true")
            assert page.run_in_frame(rows) > 0, path
            assert page.run_in_frame("document.querySelector('tbody tr').offsetHeight") > 0, path


def test_links_of_the_description_lead_to_the_categories(report, page):
    _, expected = report
    page.run("app.setView({navbarMode: 'menu', content: 'rulegraph'})")
    links = "[...document.querySelectorAll('.prose a')]"
    page.wait_for(f"{links}.length")
    assert page.run(f"{links}.map(link => link.textContent)") == sorted(expected)
    for category in expected:
        page.run("app.setView({navbarMode: 'menu'})")
        page.run(f"{links}.find(link => link.textContent === {category!r}).click()")
        page.wait_for(f"app.state.category === {category!r} && !!document.querySelector('nav tbody tr')")


def test_the_report_needs_nothing_else_and_nothing_is_wrong_in_it(page):
    """After all that the other tests have done with the page."""
    asked = [each["request"]["url"] for each in page.told("Network.requestWillBeSent")]
    assert asked
    assert [address[:200] for address in asked if not ADDRESS.match(address)] == []
    assert page.told("Runtime.exceptionThrown") == []
    assert [each for each in page.told("Log.entryAdded") if each["entry"]["level"] == "error"] == []
    assert [each for each in page.told("Runtime.consoleAPICalled") if each["type"] == "error"] == []


def test_captions_are_well_formed(report):
    tree, _ = report
    text = (tree.results / "report.html").read_text()
    assert "system-message" not in text
    assert "problematic" not in text
