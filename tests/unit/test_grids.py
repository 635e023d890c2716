"""A grid of settings makes one network for each value, and figures show all of them."""

import pytest

from pipeline.planning.grids import GridError, expand, network_grids


def test_a_grid_makes_a_network_for_each_value():
    networks = {"mlp": {"learning_rate": {"grid": [0.01, 0.1]}, "epochs": 3}, "other": {"epochs": 1}}
    config, names = network_grids({"networks": networks, "seeds": [0]})
    assert config["networks"] == {
        "mlp@learning_rate=0.01": {"learning_rate": 0.01, "epochs": 3},
        "mlp@learning_rate=0.1": {"learning_rate": 0.1, "epochs": 3},
        "other": {"epochs": 1},
    }
    assert names == {"mlp": ["mlp@learning_rate=0.01", "mlp@learning_rate=0.1"], "other": ["other"]}
    assert config["seeds"] == [0]


def test_several_grids_make_every_combination():
    config, names = network_grids({"networks": {"mlp": {"a": {"grid": [1, 2]}, "b": {"grid": [3, 4]}}}})
    assert names["mlp"] == ["mlp@a=1@b=3", "mlp@a=1@b=4", "mlp@a=2@b=3", "mlp@a=2@b=4"]
    assert config["networks"]["mlp@a=2@b=3"] == {"a": 2, "b": 3}


@pytest.mark.parametrize("values", [[], "0.1", None, 3, {}])
def test_a_grid_that_is_no_list_of_values_is_named(values):
    with pytest.raises(GridError, match=r"networks\.mlp\.learning_rate\.grid: expected a list of values"):
        network_grids({"networks": {"mlp": {"learning_rate": {"grid": values}}}})


@pytest.mark.parametrize("values", [[0.1, 0.2, 0.1], [1, 1.0], [{}, {}]])
def test_a_value_that_stands_twice_would_be_one_network_under_two_names(values):
    with pytest.raises(GridError, match=r"networks\.mlp\.learning_rate\.grid: has a value twice"):
        network_grids({"networks": {"mlp": {"learning_rate": {"grid": values}}}})


def test_lists_of_networks_and_rows_of_tables_show_every_point():
    names = {"mlp": ["mlp@a=1", "mlp@a=2"], "other": ["other"]}
    listed = {"type": "array", "items": {"type": "string", "names": "network"}}
    assert expand(["other", "mlp"], listed, names) == ["other", "mlp@a=1", "mlp@a=2"]
    row = {"type": "object", "properties": {"network": {"names": "network"}, "crop": {}}}
    rows = [{"network": "mlp", "crop": True}, {"network": "unknown", "crop": False}]
    assert expand(rows, {"items": row}, names) == [
        {"network": "mlp@a=1", "crop": True},
        {"network": "mlp@a=2", "crop": True},
        {"network": "unknown", "crop": False},
    ]
    assert expand([0.1, 0.2], {"items": {"type": "number"}}, names) == [0.1, 0.2]
