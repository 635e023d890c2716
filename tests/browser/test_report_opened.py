"""The report, opened in a browser: all that was made is there, displays and says how it is made."""

import re

import pytest
import yaml
from chromium import Browser, chromium

from small import everything
from trees import Tree, copy_project, make_report

CATEGORIES = {
    "Data": ["gaussian", "random_labels", "random_pixels", "shuffled_pixels"],
    "How this was made": ["provenance"],
    "Scorecard": ["scorecard"],
    "Section 2, fitting random labels": ["fig1a", "fig1b", "fig1c", "mine"],
    "Section 3, regularisation": ["table1"],
    "Section 5, kernel systems": ["fig_minimum_norm", "fig_ridge", "interpolants", "table3"],
}
FORMS = {"fig": ["png", "csv"], "table": ["html", "tex", "csv"], "scorecard": ["html", "csv"]}
FORMS |= {"interpolants": FORMS["table"], "provenance": ["html"]}
ADDRESS = re.compile(r"^(file|data|about|blob):")
# A figure of a user's own.
MINE = {"kind": "noise_sweep", "quantity": "test_error", "networks": ["mlp_1x512"], "label_noise": [0.0, 1.0]}


@pytest.fixture(scope="module")
def reported(tmp_path_factory) -> Tree:
    """Networks and kernel systems run to their end, and their report."""
    config = everything()
    config["figures"]["mine"] = MINE
    config["execution"]["seeds_together"] = True
    tree = copy_project(tmp_path_factory.mktemp("report") / "tree", yaml.safe_dump(config, sort_keys=False))
    tree.snakemake()
    made = make_report(tree)
    assert made.returncode == 0, made.stdout
    return tree


@pytest.fixture(scope="module")
def page(reported, tmp_path_factory):
    """The report, opened."""
    assert chromium(), "there is no Chromium to open the report with; make test-browser says how it gets here"
    with Browser(chromium(), tmp_path_factory.mktemp("browser")) as browser:
        browser.open((reported.results / "report.html").as_uri())
        browser.wait_for("typeof app !== 'undefined' && !!document.querySelector('nav a')")
        yield browser


def click(page: Browser, text: str) -> None:
    """Click the entry of the menu that says ``text``."""
    found = f"[...document.querySelectorAll('nav li a')].find(a => a.textContent === {text!r})"
    page.wait_for(f"!!{found}")
    page.run(f"{found}.click()")


def test_every_figure_and_table_is_in_its_category(page):
    listed = {
        category: sorted(path.rpartition("/")[2] for paths in found.values() for path in paths)
        for category, found in page.run("categories").items()
    }
    forms = {
        name: next((ends for start, ends in FORMS.items() if name.startswith(start)), ["png", "csv"])
        for names in CATEGORIES.values()
        for name in names
    }
    assert listed == {
        category: sorted(f"{name}.{form}" for name in names for form in forms[name])
        for category, names in CATEGORIES.items()
    }
    for category, names in CATEGORIES.items():
        page.run("app.setView({navbarMode: 'menu'})")
        click(page, category)
        page.wait_for(f"document.querySelectorAll('nav tbody tr').length >= {len(names)}")


def test_every_result_displays_and_its_caption_says_what_and_how(reported, page):
    for path, mime in page.run("Object.entries(results).map(([path, r]) => [path, r.mime_type])"):
        page.run(f"app.showResultInfo({path!r})")
        caption = page.wait_for("document.querySelector('nav .prose')?.innerText")
        name = path.rpartition("/")[2].partition(".")[0]
        target = {"provenance": "all"}.get(name, path if "/contact_sheets/" in path else name)
        target = target.replace(".csv", ".png")
        assert f"snakemake {target} --cores all --configfile config/small.yaml" in caption
        assert "Here" in caption
        assert page.run("getComputedStyle(document.querySelector('nav .prose pre')).whiteSpace") == "pre-wrap"
        eye = page.run("document.querySelector('nav table td:last-child a').getAttribute('href')")
        if eye != "#":
            content = page.run(f"fetch({eye!r}).then(found => found.text())")
            assert content == (reported.folder / path).read_text()
            assert mime in ("text/csv", "text/x-tex", "application/x-tex")
            continue
        page.run("document.querySelector('nav table td:last-child a').click()")
        if mime == "image/png":
            shown = f"[...document.images].find(i => i.src === results[{path!r}].data_uri && i.complete)"
            assert page.wait_for(f"{shown}?.naturalWidth") > 300
        else:
            page.wait_for(f"document.querySelector('iframe')?.src === results[{path!r}].data_uri")
            height = "document.readyState === 'complete' && document.querySelector('tbody tr')?.offsetHeight"
            assert page.wait_for(height, in_frame=True) > 10


def test_links_of_the_description_lead_to_the_categories(page):
    page.run("app.setView({navbarMode: 'menu', content: 'rulegraph'})")
    links = "[...document.querySelectorAll('.prose a')]"
    page.wait_for(f"{links}.length")
    assert page.run(f"{links}.map(link => link.textContent)") == sorted(CATEGORIES)
    for category in CATEGORIES:
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


def test_each_rule_shows_its_own_script(page):
    # Rules that are made in a loop could all end with the script of the last one.
    code = page.run("Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, `${rule.code}`]))")
    scripts = {"scorecard": "printed_numbers", "provenance": "provenance_page", "fig1a": "write_figure"}
    scripts |= {"summarise_fig1a": "write_summary", "contact_sheet_gaussian": "contact_sheet"}
    scripts |= {"prepare_digits": "image_arrays", "train": "EpochLog", "transform_images": "transform"}
    assert [name for name in scripts if scripts[name] not in code[name]] == []
