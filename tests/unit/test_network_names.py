"""Networks under other names than their entries: points of a grid, and names that say settings."""

import copy

import pytest

from paper_configuration import HERE, PAPER, check, problems, with_value
from pipeline.planning.plan import Plan
from pipeline.planning.runs import Run

GRID = {"grid": [0.01, 0.03]}


def test_a_grid_is_a_network_for_each_value_wherever_its_name_stands():
    config = with_value(("networks", "alexnet", "learning_rate"), GRID)
    checked = check(config)
    points = ["alexnet@learning_rate=0.01", "alexnet@learning_rate=0.03"]
    assert "alexnet" not in checked["networks"]
    assert [checked["networks"][point]["learning_rate"] for point in points] == [0.01, 0.03]
    assert checked["figures"]["fig1b"]["networks"] == ["inception", *points, "mlp_1x512"]
    rows = [row["network"] for row in checked["tables"]["table1"]["rows"]]
    assert rows.count(points[0]) == rows.count(points[1]) > rows.count("alexnet") == 0
    assert len({Plan(config, HERE).run(Run(point)).stamp for point in points}) == 2


@pytest.mark.parametrize(
    ("grid", "expected"),
    [
        ([], "networks.alexnet.learning_rate.grid: expected a list of values, found []"),
        (0.1, "networks.alexnet.learning_rate.grid: expected a list of values, found 0.1"),
        ([0.1, -1], "learning_rate: expected more than 0, found -1"),
    ],
)
def test_a_grid_that_names_no_networks_is_refused(grid, expected):
    (problem,) = problems(with_value(("networks", "alexnet", "learning_rate"), {"grid": grid}))
    assert expected in problem


def test_a_network_without_a_width_needs_none(tmp_path):
    (tmp_path / "mine.py").write_text("def net(image_shape, classes): ...")
    config = with_value(("networks", "own"), copy.deepcopy(PAPER["networks"]["alexnet"]))
    config["networks"]["own"]["factory"] = "mine:net"
    del config["networks"]["own"]["width"]
    assert "width" not in check(config, tmp_path)["networks"]["own"]


# A kind of figure of one's own, whose requests stand in for the last line.


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("alexnet@weight_decay=-1", "'alexnet@weight_decay=-1': weight_decay: expected more than 0"),
        ("alexnet@weight_decay=NaN", "weight_decay: expected number"),
        ("alexnet@weight_dekay=1", "unknown key 'weight_dekay'; did you mean 'weight_decay'?"),
        ("alexnet@decayed=biases", "decayed: 'biases' is not possible"),
        ("alexnet@epochs=2.5", "epochs: expected integer"),
        ("alexnet@width=0.0001", None),
        ("alexnot@epochs=3", "no network 'alexnot'; did you mean 'alexnet'?"),
        ("alexnet@", "each setting is written @key=value"),
        ("alexnet@epochs=../../x", "each setting is written @key=value"),
        (f"alexnet@epochs={'1' * 41}", "with a value of 1 to 40 characters"),
        ("alexnet@epochs=3@epochs=4", "epochs is set twice; remove one"),
        ("mlp_1x512@epochs=3", "mlp_1x512 is a grid; name one of mlp_1x512@learning_rate=0.01, mlp_1x512@"),
        ("mlp_1x512@learning_rate=0.01@epochs=3", None),
    ],
)
def test_settings_in_the_name_of_a_network_are_checked_as_those_of_an_entry(name, expected):
    config = copy.deepcopy(PAPER)
    row = {"network": name, "random_crop": True}
    config["tables"] = {"table4": {"kind": "regularised_random_labels", "rows": [row]}}
    config["figures"] = {}
    config["networks"]["mlp_1x512"]["learning_rate"] = {"grid": [0.01, 0.02]}
    if expected is None:
        assert Plan(config, HERE).requested("table4")[0].network == name
        return
    (problem,) = problems(config)
    assert problem.startswith("tables.table4: ")
    assert expected in problem


@pytest.mark.parametrize("key", ["weight_decay=0.1", "decayed=all"])
def test_settings_of_weight_decay_are_refused_where_there_is_none(key):
    row = {"network": f"alexnet@{key}", "random_crop": True}
    config = with_value(("tables", "table4"), {"kind": "regularised_random_labels", "rows": [row]})
    (problem,) = problems(config)
    assert problem.startswith("tables.table4.rows[0]: ")
    assert "its runs have no weight decay; switch weight_decay on, or remove the setting" in problem
    row["weight_decay"] = True
    assert Plan(config, HERE).requested("table4")


def test_an_entry_of_networks_has_no_name_with_settings():
    entry = PAPER["networks"]["alexnet"] | {"epochs": 1}
    (problem,) = problems(with_value(("networks", "alexnet@epochs=3"), entry))
    assert "a name with settings is for figures and tables; name the entry without @" in problem


def test_one_network_under_several_names_is_trained_once_and_called_as_it_was_asked_for():
    """Order, spelling and settings that the entry has already make no other run."""
    names = [
        *(
            "alexnet@epochs=3@width=0.5",
            "alexnet@width=0.50@epochs=3",
            "alexnet@learning_rate=1e-2@width=0.5@epochs=3",
        ),
        *("alexnet@epochs=80", "alexnet"),
    ]
    rows = [{"network": name, "random_crop": True} for name in names]
    config = with_value(("tables", "table4"), {"kind": "regularised_random_labels", "rows": rows})
    plan = Plan(config, HERE)
    found = [
        (where["network"], made.folder(seed)) for where, made, seed in plan.results_of("table4") if seed == 0
    ]
    assert [name for name, _ in found] == names
    folders = [folder for _, folder in found]
    assert len(set(folders[:3])) == len(set(folders[3:])) == 1
    assert "/alexnet@epochs=3@width=0.5/" in folders[0]
    assert "/alexnet/" in folders[3]


def test_weight_decay_by_coefficient_shares_runs_with_table_4():
    plan = Plan(PAPER, HERE)
    runs = {
        name: {made.folder(0) for _, made, _ in plan.results_of(name)}
        for name in ("table4", "fig_weight_decay")
    }
    shared = {folder.split("/")[-4] for folder in runs["table4"] & runs["fig_weight_decay"]}
    assert shared == {"inception", "alexnet"}


def test_at_p_0_the_labels_are_true_whatever_would_replace_them(tmp_path):
    path = tmp_path / "next_class.py"
    path.write_text(
        'ABOUT = {"kind": "corruption", "of": "labels", "title": "the next class"}\n\n\n'
        "def corrupt(labels, label_noise, classes, generator):\n    raise AssertionError\n"
    )
    config = copy.deepcopy(PAPER) | {"plugins": [str(path)]}
    config["figures"]["mine"] = {
        **{"kind": "noise_sweep", "quantity": "test_error", "networks": ["alexnet"]},
        **{"label_noise": [0.0, 0.5], "corruption": "next_class"},
    }
    plan = Plan(config, HERE)
    at_zero = {made.folder(0) for where, made, _ in plan.results_of("mine") if where["label_noise"] == 0}
    assert at_zero < {made.folder(0) for _, made, _ in plan.results_of("fig1c")}


def test_lines_of_weight_decay_do_not_set_what_the_figure_varies():
    config = copy.deepcopy(PAPER)
    config["figures"]["fig_weight_decay"]["lines"] = [
        {"network": "alexnet@decayed=all", "decayed": "weights"}
    ]
    found = problems(config)
    assert found
    assert all("decayed is set twice; remove one" in problem for problem in found)
