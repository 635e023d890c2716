"""`make report`: one page of what is finished. tests/browser opens it."""

import re

import pytest

from trees import Tree, make_report

# A figure of a user's own, of runs that are there.
MINE = {"kind": "noise_sweep", "quantity": "test_error", "networks": ["mlp_1x512"], "label_noise": [0.0, 1.0]}


@pytest.fixture(scope="module")
def report(finished, tmp_path_factory) -> Tree:
    """A finished workflow with its report."""
    tree = finished.copied(tmp_path_factory.mktemp("report") / "tree")
    tree.put("figures", "mine", value=MINE)
    refused = make_report(tree)
    assert refused.returncode != 0
    assert "no report yet" in refused.stdout
    assert re.search(r"snakemake --cores \d+ --configfile config/small.yaml", refused.stdout)
    tree.snakemake()
    made = make_report(tree)
    assert made.returncode == 0, made.stdout
    assert "results/small/report.html" in made.stdout
    return tree


def test_captions_are_well_formed(report):
    text = (report.results / "report.html").read_text()
    assert "system-message" not in text
    assert "problematic" not in text
