"""Kinds of figures and tables, ours and a user's: what each must have, is given, and is held against."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from finished import carry_out, finish, plan_of, scorecard
from pipeline.planning.configuration import ConfigurationError
from pipeline.planning.exhibits import READ, SETTINGS, Exhibit
from pipeline.planning.homes import HomeError, Homes
from pipeline.planning.kinds import CHOICES
from pipeline.storage.results import READERS
from small import merged

HERE = Path(__file__).parents[2]
OURS = Homes(HERE / "src")
KINDS = OURS.of("exhibit")
# A kind in one module: the least test accuracy of each network, as a bar, and a claim of its own.
BARS = '''
"""The least test accuracy of each network."""

from rethinking.exhibits.requests import Training

ABOUT = {
    "kind": "exhibit",
    "form": "figure",
    "title": "The least test accuracy of each network.",
    "reads": "histories",
    "options": {
        "networks": {
            "type": "array",
            "items": {"type": "string", "names": "network"},
            "description": "The bars.",
        },
        "colour": {"type": "string", "default": "grey", "description": "Of the bars."},
    },
}


def requests(options):
    return [Training(network) for network in options["networks"]]


def summarise(histories, confidence):
    from rethinking.statistics import last_epochs, summary_of

    return summary_of(last_epochs(histories), ["network"], "test_accuracy", confidence)


def draw(summary, networks, colour, dataset, seeds, width=5):
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(width, 3))
    drawn.subplots().bar(networks, summary["mean"], color=colour)
    drawn.suptitle(f"{dataset}, {seeds} seeds")
    return drawn


def claims(summary, networks):
    from rethinking.verdicts import Claim, measured

    for _, row in summary.iterrows():
        item, holds = f"{row['network']} works", row["mean"] > 0.5
        yield Claim(item, "test accuracy", "above 0.5", measured(row), holds, "above 0.5")
'''
FIGURE = "figures: {mine: {kind: bars, networks: [mlp_1x512, alexnet]}}"


@pytest.fixture(autouse=True)
def forget_plugins(monkeypatch):
    """Each test has plugins of its own under the same names."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    known = set(sys.modules)
    yield
    for name in {"bars", "bars.kind"} & (sys.modules.keys() - known):
        del sys.modules[name]


def plugin(folder, text, name="bars.py"):
    path = folder / "plugins" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


# --- every kind of ours ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_ours_has_its_parts_in_one_folder_and_is_given_what_it_needs(kind):
    home = KINDS[kind]
    assert home.path == HERE / "src" / "rethinking" / "exhibits" / kind / "kind.py"
    exhibit = Exhibit("x", {"kind": kind} | dict.fromkeys(home.options), home)
    assert exhibit.function("summarise").path.name == "summary.py"
    assert exhibit.maker.path.name == "drawing.py"
    assert exhibit.problems() == []
    assert exhibit.is_papers


def test_only_what_the_paper_has_no_experiment_on_is_held_against_nothing():
    scored = {kind for kind, home in KINDS.items() if home.function("claims") or "numbers" in home.about}
    unscored = {"double_descent", "ridge_path", "stability", "weight_decay_path", "width_sweep"}
    assert set(KINDS) - scored == unscored


def test_every_quantity_that_the_paper_prints_has_a_tolerance_that_is_described():
    for kind, home in KINDS.items():
        described = home.about.get("numbers", {}).get("tolerances", {})
        assert Exhibit("x", {"kind": kind}, home).tolerances == set(described)


def test_what_a_summary_may_be_made_from_is_known_to_planning_and_to_the_job():
    assert READERS.keys() == CHOICES["exhibit"]["reads"].keys()


def test_no_option_of_ours_but_the_data_set_has_the_name_of_something_that_is_provided():
    provided = {*SETTINGS, *(name for names in READ.values() for name in names)}
    assert {option for home in KINDS.values() for option in home.options if option in provided} == {"dataset"}


def test_planning_loads_nothing_heavy():
    code = (
        "import sys; from pathlib import Path; from pipeline.planning.homes import HEAVY, Homes\n"
        "[home.load() for home in Homes(Path('src')).of('exhibit').values()]\n"
        "sys.exit(', '.join(HEAVY & sys.modules.keys()) or None)"
    )
    path = os.pathsep.join((str(HERE / "src"), str(HERE / "workflow")))
    subprocess.run([sys.executable, "-c", code], cwd=HERE, env=os.environ | {"PYTHONPATH": path}, check=True)


# --- a kind of one's own --------------------------------------------------------------------------------


def test_a_kind_in_one_module_is_summarised_drawn_and_makes_its_own_claims(tmp_path):
    plan = plan_of(tmp_path / "results", FIGURE, [plugin(tmp_path, BARS)])
    finish(plan)
    status, log = carry_out(plan, tmp_path)
    assert status == 0, log
    assert (tmp_path / "results/figures/mine.pdf").read_bytes().startswith(b"%PDF")
    summary = pd.read_csv(tmp_path / "results/figures/mine.csv")
    assert list(summary["network"]) == ["mlp_1x512", "alexnet"]
    card = scorecard(plan)
    assert set(card["kind"]) == {"own claim"}
    assert list(card["item"]) == ["mlp_1x512 works", "alexnet works"]
    assert set(card["verdict"]) == {"matched"}
    page = (tmp_path / "results/scorecard.html").read_text()
    assert "Claims that are not the paper" in page
    assert '<th class="text">claimed</th>' in page
    assert plan.exhibits["mine"].category == "Figures and tables of one's own"


def test_a_kind_in_a_folder_is_found_by_the_name_of_the_folder(tmp_path):
    head, _, tail = BARS.partition("def summarise")
    summary, _, drawing = tail.partition("def draw")
    drawing, _, claims = drawing.partition("def claims")
    plugin(tmp_path, head, "bars/kind.py")
    plugin(tmp_path, "def summarise" + summary, "bars/summary.py")
    plugin(tmp_path, "def draw" + drawing, "bars/drawing.py")
    plugin(tmp_path, "def claims" + claims, "bars/claims.py")
    for named in (tmp_path / "plugins", tmp_path / "plugins" / "bars"):
        plan = plan_of(tmp_path / "results", FIGURE, [named])
        assert plan.summary("mine").spec["module"] == "bars.summary"
        assert plan.page("mine").result.spec["module"] == "bars.drawing"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "def draw(",
            "def render(",
            r"bars\.py, line 6: the kind 'exhibit' needs the function draw in bars\.py",
        ),
        (
            "def summarise(",
            "def sum_up(",
            r"bars\.py, line 6: the kind 'exhibit' needs the function summarise in bars",
        ),
        ('"figure"', '"figures"', r"bars\.py, line 6: ABOUT says form 'figures'; did you mean 'figure'"),
        ('"histories"', '"history"', r"ABOUT says reads 'history'; did you mean 'histories'"),
        ('"form": "figure",', "", r"the kind 'exhibit' needs in ABOUT 'form'"),
    ],
)
def test_a_kind_that_lacks_a_part_is_named_with_its_place(tmp_path, old, new, message):
    with pytest.raises(HomeError, match=message):
        plan_of(tmp_path, FIGURE, [plugin(tmp_path, BARS.replace(old, new))])


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("summarise(histories, confidence)", "summarise(histories, confidences)", "confidences"),
        ("dataset, seeds, width=5", "dataset, sees, width=5", "sees"),
        ("claims(summary, networks)", "claims(summary, *, network)", "network"),
        ("claims(summary, networks)", "claims(summary, papers)", "papers"),
    ],
)
def test_an_argument_that_nobody_provides_is_named_before_any_job(tmp_path, old, new, name):
    path = plugin(tmp_path, BARS.replace(old, new))
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if new in text)
    with pytest.raises(ConfigurationError, match=rf"line {line}: nobody provides the argument '{name}' of"):
        plan_of(tmp_path, FIGURE, [path])


@pytest.mark.parametrize(
    ("imported", "heavy"), [("import torch", "torch"), ("from rethinking.statistics import RUN", "pandas")]
)
def test_a_heavy_import_at_the_top_is_refused_with_its_line(tmp_path, imported, heavy):
    path = plugin(tmp_path, BARS.replace("from rethinking", f"{imported}\nfrom rethinking", 1))
    code = (
        "import sys; from pathlib import Path; from pipeline.planning.homes import HomeError, Homes\n"
        f"homes = Homes(Path('src'), [{str(path)!r}])\n"
        "try: homes.of('exhibit')['bars'].load()\n"
        "except HomeError as error: print(error)\n"
    )
    roots = os.pathsep.join((str(HERE / "src"), str(HERE / "workflow")))
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=HERE,
        env=os.environ | {"PYTHONPATH": roots},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"{path}, line 4: imports {imported.split()[1]}, and with it {heavy}" in done.stdout, done.stderr


@pytest.mark.parametrize("name", ["statistics.py", "json.py", "rethinking.py"])
def test_a_file_whose_name_is_taken_is_refused(tmp_path, name):
    path = plugin(tmp_path, BARS, name)
    with pytest.raises(HomeError, match=f"a module '{path.stem}' is there already"):
        Homes(HERE / "src", [path])


def test_a_table_that_lacks_a_form_says_so(tmp_path):
    text = BARS.replace('"form": "figure"', '"form": "table"')
    text = text.replace("def draw", "def render").replace("return drawn", "return {'csv': '', 'html': ''}")
    plan = plan_of(tmp_path / "results", FIGURE.replace("figures", "tables"), [plugin(tmp_path, text)])
    finish(plan)
    status, log = carry_out(plan, tmp_path)
    assert status == 1
    assert "bars.render gave csv, html; expected csv, html, tex" in log


def test_an_unknown_experiment_is_named(tmp_path):
    text = BARS.replace("import Training", "import Experiment, Training").replace(
        '[Training(network) for network in options["networks"]]',
        '[Experiment("minimum_norms", "digits", "pixels", {})]',
    )
    with pytest.raises(
        ConfigurationError, match="no experiment 'minimum_norms'; did you mean 'minimum_norm'"
    ):
        plan_of(tmp_path, FIGURE, [plugin(tmp_path, text)])


def test_an_option_that_an_experiment_needs_and_does_not_get_is_named(tmp_path):
    text = BARS.replace("import Training", "import Experiment, Training").replace(
        '[Training(network) for network in options["networks"]]',
        '[Experiment("interpolants", "digits", "pixels", {"examples": 20})]',
    )
    with pytest.raises(ConfigurationError, match=r"interpolants\.py, line \d+: nobody provides .* 'gamma'"):
        plan_of(tmp_path, FIGURE, [plugin(tmp_path, text)])


# --- what a stamp depends on ----------------------------------------------------------------------------

SWEEP = """
figures:
  fig1c:
    kind: noise_sweep
    claims: paper
    quantity: test_error
    networks: [alexnet]
    label_noise: [0.0, 1.0]
"""


def stamps(plan, name="fig1c"):
    """Of the summary, the picture and the scorecard."""
    made = (plan.summary(name), plan.pages[name].result, plan.pages["scorecard"].result)
    return [each.stamp for each in made]


@pytest.mark.parametrize(
    ("more", "changed"),
    [
        ("figures: {fig1c: {quantity: relative_time_to_fit}}", [False, True, True]),
        ("figures: {fig1c: {claims: none}}", [False, False, True]),
        ("interval: {confidence: 0.9}", [True, True, True]),
        ("fit: {train_accuracy: 0.9}", [True, True, True]),
        ("scorecard: {tolerance: {test_error: 0.1}}", [False, False, True]),
        ("datasets: {digits: {title: Digits}}", [False, True, True]),
    ],
)
def test_a_setting_changes_what_depends_on_it_alone(tmp_path, more, changed):
    before = stamps(plan_of(tmp_path, SWEEP))
    text = yaml.safe_dump(merged(yaml.safe_load(SWEEP), yaml.safe_load(more)))
    after = stamps(plan_of(tmp_path, text))
    assert [old != new for old, new in zip(before, after, strict=True)] == changed


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("drawing.py", '"test error"', '"error"', [False, True, False]),
        ("claims.py", "SLOWEST = 10", "SLOWEST = 11", [False, False, True]),
        ("summary.py", "1 / last", "2 / last", [True, True, True]),
        ("kind.py", "section 2.2, figure 1c", "elsewhere", [False, False, False]),
        ("kind.py", '"tolerance": "test_error"', '"tolerance": "norm"', [False, False, False]),
    ],
)
def test_an_edited_part_changes_what_is_made_by_it_alone(tmp_path, file, old, new, changed):
    plans = []
    for number in range(2):
        folder = tmp_path / str(number)
        for name in ("src", "workflow", "paper"):
            shutil.copytree(HERE / name, folder / name)
        shutil.copy(HERE / "config.yaml", folder)
        path = folder / "src/rethinking/exhibits/noise_sweep" / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new) if number else text)
        plans.append(plan_of(tmp_path / "results", SWEEP, folder=folder))
    before, after = map(stamps, plans)
    assert [old != new for old, new in zip(before, after, strict=True)] == changed


# --- verdicts in the paper's name -----------------------------------------------------------------------

OWN_NETWORK = """
def build(image_shape, classes):
    raise AssertionError("planning calls no function of a plugin that makes results")
"""
OWN_CORRUPTION = """
ABOUT = {"kind": "corruption", "of": "labels", "title": "labels moved on by one", "options": {}}


def corrupt(labels, classes, label_noise, seed):
    return (labels + 1) % classes
"""
NETWORKS = """
networks:
  own: {factory: "own_network:build", arguments: {}, learning_rate: 0.1, weight_decay: 0.1, epochs: 1}
"""
TABLE = """
tables:
  mine:
    kind: accuracy_table
    rows:
      - {network: alexnet, condition: true_labels, random_crop: false, weight_decay: false}
      - {network: alexnet, condition: random_labels, random_crop: false, weight_decay: false}
      - {network: alexnet, condition: moved, random_crop: false, weight_decay: false}
      - {network: own, condition: true_labels, random_crop: false, weight_decay: false}
      - {network: own, condition: random_labels, random_crop: false, weight_decay: false}
"""
CURVES = """
figures:
  mine:
    kind: learning_curves
    network: alexnet
    quantity: train_loss
    conditions: [true_labels, random_labels, moved]
"""
NOISY = """
figures:
  mine: {kind: noise_sweep, quantity: test_error, networks: [alexnet, own], label_noise: [0.0, 0.5, 1.0]}
"""


def planned(tmp_path, text, claims=None, **options):
    """The plan of one figure or table, with a network and a corruption of one's own."""
    plugins = [
        plugin(tmp_path, OWN_NETWORK, "own_network.py"),
        plugin(tmp_path, OWN_CORRUPTION, "moved.py"),
    ]
    overlay = yaml.safe_load(NETWORKS) | yaml.safe_load(text)
    (entry,) = (section["mine"] for key, section in overlay.items() if key != "networks")
    entry |= options | ({"claims": claims} if claims else {})
    return plan_of(tmp_path / "results", yaml.safe_dump(overlay), plugins)


def claimed_items(*arguments, **options):
    """The items of its scorecard with their verdicts; all results are there."""
    plan = planned(*arguments, **options)
    finish(plan)
    status, log = carry_out(plan, arguments[0])
    assert status == 0, log
    card = scorecard(plan)
    return dict(zip(card["item"], card["verdict"], strict=True))


@pytest.mark.parametrize("text", [TABLE, CURVES, NOISY])
def test_without_claims_an_entry_shows_numbers_and_gets_no_verdict(tmp_path, text):
    assert planned(tmp_path, text).pages["scorecard"].result.spec["exhibits"] == []


@pytest.mark.parametrize(
    ("text", "papers", "others"),
    [
        (TABLE, "alexnet fits random_labels", "own fits random_labels"),
        (CURVES, "alexnet fits random_labels", "alexnet fits moved"),
        (NOISY, "alexnet: test error grows with p", "own: test error grows with p"),
    ],
)
def test_claims_of_the_paper_are_about_its_networks_and_corruptions(tmp_path, text, papers, others):
    found = claimed_items(tmp_path / "paper", text, "paper")
    assert found[papers] == "matched"
    assert others not in found
    assert not any("own" in item or "moved" in item for item in found)
    every = claimed_items(tmp_path / "all", text, "all")
    assert every[others] == "matched"
    assert found.items() <= every.items()


def test_a_sweep_over_a_corruption_that_the_paper_does_not_have_gets_no_verdict(tmp_path):
    assert claimed_items(tmp_path, NOISY, "paper", corruption="moved") == {}


def test_a_network_of_the_papers_name_with_another_factory_is_not_the_papers(tmp_path):
    overlay = CURVES + 'networks: {alexnet: {factory: "own_network:build", arguments: {}, width: null}}'
    text = overlay.replace("width: null", "width: 1.0")
    plugin(tmp_path, OWN_NETWORK.replace("classes)", "classes, width)"), "own_network.py")
    plugin(tmp_path, OWN_CORRUPTION, "moved.py")
    text = text.replace("learning_curves", "learning_curves\n    claims: paper")
    plan = plan_of(tmp_path, text, [tmp_path / "plugins"])
    assert plan.pages["scorecard"].result.spec["exhibits"][0]["claimed"] == {"network": [], "condition": []}


def test_what_the_paper_claims_and_no_run_stands_for_is_not_run(tmp_path):
    found = claimed_items(tmp_path, NOISY, "paper", label_noise=[0.0, 0.5])
    assert found == {
        "alexnet: test error grows with p": "not run",
        "alexnet: test error at chance for p = 1": "not run",
    }


def test_a_tolerance_that_something_is_compared_with_must_be_there(tmp_path):
    text = NOISY.replace("noise_sweep", "noise_sweep, claims: paper").replace("alexnet, own", "alexnet")
    more = "scorecard: {tolerance: {test_error: null}}"
    with pytest.raises(ConfigurationError, match=r"scorecard\.tolerance"):
        plan_of(tmp_path, text + more)


def test_a_kind_without_claims_takes_no_such_key(tmp_path):
    text = "figures: {mine: {kind: ridge_path, claims: paper, systems: [mnist_pixels], ridge: [0.0, 0.1]}}"
    with pytest.raises(ConfigurationError, match=r"figures\.mine: unknown key 'claims'"):
        plan_of(tmp_path, text)
