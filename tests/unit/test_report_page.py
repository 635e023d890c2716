"""In the page of the report nothing runs but Snakemake's own code."""

import json
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from pipeline.commands.report_page import EXPECTED, FRAME, UnknownPage, inert

HOSTILE = "</script><img src=x onerror=alert(1)><!--<script>"


def page(value, names=EXPECTED, frames=1):
    scripts = "".join(
        f'<script id="{name}">\n    var {name.replace("-", "_")} = {json.dumps(value)};\n    </script>\n'
        for name in sorted(names)
    )
    return f"<html><body>{scripts}<script>{(FRAME + 'x })') * frames}</script></body></html>"


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append(tag)


def tags(text):
    parser = Tags()
    parser.feed(text)
    return parser.found


def test_markup_in_data_is_text_of_the_same_value():
    assert "img" in tags(page(HOSTILE)), "Snakemake's own page has the tag"
    made = inert(page(HOSTILE))
    assert tags(made) == ["html", "body", *["script"] * (len(EXPECTED) + 1)]
    (results,) = [line for line in made.splitlines() if line.startswith("    var results = ")]
    assert json.loads(results.partition(" = ")[2].rstrip(";")) == HOSTILE


def test_a_line_break_in_data_begins_no_script():
    value = '\n    </script>\n<script id="results">\n    var results = 1;\n    </script>' + HOSTILE
    assert tags(inert(page(value))) == tags(inert(page("x")))


def test_tables_are_shown_in_a_sandbox():
    assert '{ sandbox: "", src: x })' in inert(page(""))


@pytest.mark.parametrize(
    "changed", [page("", EXPECTED - {"results"}), page("", frames=0), page("", frames=2), "", "<html>"]
)
def test_a_page_that_is_built_in_another_way_is_refused(changed):
    with pytest.raises(UnknownPage, match="another way"):
        inert(changed)


def test_snakemake_s_template_is_built_in_the_known_way():
    template = files("snakemake.report.html_reporter") / "template"
    text = (template / "index.html.jinja2").read_text()
    assert {part.partition('"')[0] for part in text.split('<script id="')[1:]} == EXPECTED | {"logo"}
    assert (template / "components" / "content.js").read_text().count(FRAME) == 1
    # Nothing else shows a result, and every frame is one of these.
    assert (
        sum("iframe" in each.read_text() for each in (template / "components").iterdir() if each.is_file())
        == 1
    )
