"""Captions are sound reStructuredText whatever a user calls things, and say what came out."""

import shlex
from pathlib import Path

import docutils.core
import jinja2
import pandas as pd
import pytest

from pipeline.planning.exhibits import Exhibit
from pipeline.planning.homes import Homes
from rethinking.exhibits.ridge_path.summary import sentences
from rethinking.plotting import captions, provenance_page
from rethinking.scorecard import COLUMNS

HERE = Path(__file__).parents[2]
KINDS = Homes(HERE / "src").of("exhibit")
SAID = KINDS["learning_curves"].about["paper"]
HOSTILE = "*My* |data| `here`_ <b> {% endraw %}{{ 1 }} {# x #} pets_ \\alpha [1]_"


def shown_as_text(caption: str) -> str:
    """What a reader sees of a caption, filled in and set as Snakemake does it."""
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    settings = {"report_level": 1, "halt_level": 2}
    document = docutils.core.publish_doctree(
        environment.from_string(caption).render(), settings_overrides=settings
    )
    return document.astext()


def scored(*rows: tuple) -> pd.DataFrame:
    keys = ["kind", "source", "item", "measured", "paper", "ours", "verdict"]
    return pd.DataFrame(rows, columns=keys).reindex(columns=COLUMNS)


CLAIM = ("claim", "fig1a", "mlp_1x512 fits random_labels", "train accuracy", "0.993 to 1", 0.5, "not matched")
NOT_RUN = ("claim", "fig1a", "alexnet fits true_labels", "train accuracy", "1", None, "not run")
NUMBER = ("number", "fig1a", "p = 1", "test error", 0.9, 0.89, "matched")


def test_a_caption_says_what_the_paper_claims_what_came_out_and_how_it_is_made():
    how = captions.made_by("fig1a", "snakemake --configfile config/demo.yaml")
    caption = captions.exhibit(SAID, "digits", scored(CLAIM, NOT_RUN, NUMBER), [], how)
    text = shown_as_text(caption)
    assert "The paper (section 2.2, figure 1a): With the same settings" in text
    assert "Here (digits): 0 of 1 claims hold (1 not run):" in text
    assert "✗ MLP 1×512 fits random labels\n\n0.993 to 1\n\n0.5 (train accuracy)" in text
    assert "AlexNet" not in text
    assert "Of 1 numbers that the paper prints: 1 matched" in text
    assert "snakemake fig1a --cores all --configfile config/demo.yaml" in text


def test_a_caption_says_when_nothing_was_put_to_the_test():
    how = captions.made_by("fig1a", "snakemake")
    empty = scored()
    for rows, expected in (
        (scored(NOT_RUN), "none of 1 claims was put to"),
        (empty, "which are held against no claim"),
    ):
        assert expected in shown_as_text(captions.exhibit(SAID, "digits", rows, [], how))


def test_names_of_a_user_are_shown_as_they_are():
    rows = scored((*CLAIM[:2], f"{HOSTILE} fits", *CLAIM[3:]))
    how = captions.made_by("fig1a", "snakemake")
    text = shown_as_text(captions.exhibit(SAID, HOSTILE, rows, [HOSTILE], how))
    assert " ".join(text.split()).count(HOSTILE) == 2
    assert HOSTILE in " ".join(shown_as_text(captions.contact_sheet("", HOSTILE, how)).split())
    assert "1 of 1" not in shown_as_text(captions.scorecard(rows, {"fig1a": HOSTILE}, HOSTILE, how))


# What would act if Jinja or docutils took it for more than text; %s is a file that would be made or shown.
ACTS = [
    "{{ cycler.__init__.__globals__.os.system('touch %s') }}",
    "{% endraw %}{{ cycler.__init__.__globals__.os.system('touch %s') }}",
    "{%- for x in ().__class__.__base__.__subclasses__() -%}{{ x }}{%- endfor -%}",
    "{# hidden #} shown",
    "{{ '{{' }} 7 {{ 7*7 }}",
    ".. include:: %s",
    ".. raw:: html",
    ":raw-html:`<script>` |x|_ `a <javascript:x>`_ http://x.y a@b.c",
    "======= ======= ------",
    "- x * y + z 1. a) (i) :field: >>> doctest ::",
    "\\\\ \\` ends with a backslash \\",
]


@pytest.mark.parametrize("text", ACTS)
def test_nothing_foreign_acts_wherever_it_stands(text, tmp_path):
    (tmp_path / "secret").write_text("secret content")
    text = text.replace("%s", str(tmp_path / "secret"))
    rows = scored(
        (*CLAIM[:2], text, text, text, *CLAIM[5:]), ("claim", "fig1a", text, text, text, 1.0, "matched")
    )
    how = captions.made_by("fig1a", shlex.join(["snakemake", "--configfile", f"{text}.yaml"]))
    for caption in (
        captions.exhibit(SAID, text, rows, [text, text], how),
        captions.scorecard(rows, {"fig1a": text}, text, how),
        captions.contact_sheet("", text, how),
        captions.provenance(text, how),
    ):
        shown = shown_as_text(caption)
        found = " ".join(shown.split()).count(" ".join(text.split()))
        assert found >= 1, shown
        assert "secret content" not in shown
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


@pytest.mark.parametrize("end", ["\n\n", "\r", "\x0b\x0b", "\x85\x85", "\u2028\u2028"])
def test_line_breaks_in_names_end_no_block(end, tmp_path):
    (tmp_path / "secret").write_text("secret content")
    hostile = f"a{end}.. include:: {tmp_path / 'secret'}{end}b"
    how = captions.made_by("fig1a", shlex.join(["snakemake", "--configfile", hostile]))
    caption = captions.exhibit(SAID, hostile, scored(), [hostile], how)
    shown = shown_as_text(caption)
    assert " ".join(shown.split()).count(".. include::") == 3
    assert "secret content" not in shown


def test_what_cannot_be_printed_is_no_part_of_a_caption():
    hostile = "a\x00b\x1b[31mred\u202ebackwards"
    shown = shown_as_text(captions.contact_sheet("", hostile, captions.made_by("x", "snakemake")))
    assert "a\N{REPLACEMENT CHARACTER}b" in shown
    assert not any(each in shown for each in "\x00\x1b\u202e")


def test_the_target_comes_before_options_that_would_swallow_it():
    call = captions.command_for("mine", "snakemake --configfile a.yaml 'b c.yaml' --config seeds='[0, 1]'")
    assert shlex.split(call)[:4] == ["snakemake", "mine", "--cores", "all"]
    assert shlex.split(call)[4:] == ["--configfile", "a.yaml", "b c.yaml", "--config", "seeds=[0, 1]"]


def test_every_kind_and_quantity_of_ours_has_a_category_and_a_claim():
    asked = 0
    for name, home in KINDS.items():
        for quantity in home.options.get("quantity", {}).get("enum", [None]):
            exhibit = Exhibit("x", {"kind": name, "quantity": quantity}, home)
            assert exhibit.category.startswith("Section")
            assert exhibit.said["paper"].keys() == {"where", "claim"}
            assert exhibit.shows != name
            asked += 1
    assert asked >= 9


def test_a_kind_of_which_the_paper_says_nothing_has_claims_of_its_own():
    own = ("own claim", "mine", "norms grow", "ratio", "grows", 2.0, "matched")
    text = shown_as_text(
        captions.exhibit(None, "digits", scored(own), [], captions.made_by("mine", "snakemake"))
    )
    assert "The paper" not in text
    assert "1 of 1 claims hold" in text
    assert "claimed" in text


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.188, "0.19 s"), (59.6, "60 s"), (200, "3 min 20 s"), (3599.7, "1 h 0 min"), (18120, "5 h 2 min")],
)
def test_durations_as_one_would_say_them(seconds, expected):
    assert provenance_page.duration(seconds) == expected


def test_the_page_of_how_it_was_made_counts_each_kind_where_it_ran():
    run = {"network": "mlp", "precision": "float32", "threads": 1, "seconds": 2.0, "peak_memory_bytes": 3e9}
    solve = {**run, "network": None, "system": "pixels", "device": "CPU", "precision": "float64"}
    about = {"versions": {"python": "3.11.7"}, "platform": "Linux"}
    made = pd.DataFrame(
        {**about, **each}
        for each in (
            *({**run, "device": "cpu"} for _ in range(2)),
            {**run, "device": "GPU", "versions": {"python": "3.13.1"}},
            solve,
            {},
        )
    )
    assert provenance_page.total(made) == (
        "3 training runs (6 s of computing), 1 kernel system (2 s of computing), 1 measurement"
    )
    part = {"shape": [1000, 8, 8, 1], "per_class": {"a": 400, "b": 600}}
    moments = {"overall_mean": 10.0, "overall_standard_deviation": 2.0}
    data = {"title": "pets", "classes": 2, "duplicates": None, "origin": "<here>", "licence": "none"}
    data |= {"train": part | moments, "test": part}
    page = provenance_page.html([data], made, "snakemake all").replace(' class="text"', "")
    assert "<td>mlp</td><td>2</td><td>cpu</td><td>float32</td><td>1</td><td>2 s</td><td>4 s</td>" in page
    assert "<td>mlp</td><td>1</td><td>GPU</td>" in page
    assert "<td>pixels</td><td>1</td><td>CPU</td><td>float64</td>" in page
    assert "<td>python</td><td>3.11.7</td><td>3.13.1</td>" in page
    assert "<th>results</th><th>4</th><th>1</th>" in page
    assert "<td>processor</td><td>not recorded</td>" in page
    assert "<td>training images a class</td><td>400 to 600</td>" in page
    assert "&lt;here&gt;" in page


def test_what_a_ridge_gains_in_words():
    rows = [
        ("a", "0.0", 0.05),
        ("a", "0.1", 0.04),
        ("a", "chosen", 0.01),
        ("b", "0.0", None),
        ("b", "1.0", 0.1),
    ]
    summary = pd.DataFrame(rows, columns=["system", "ridge", "mean"]).assign(quantity="test_error")
    assert sentences(summary) == [
        "a: test error 5.00 % without ridge; the lowest of 2 ridges is 4.00 % (ridge 0.1).",
        "b: no solution without ridge; the lowest of 2 ridges is 10.00 % (ridge 1).",
    ]
