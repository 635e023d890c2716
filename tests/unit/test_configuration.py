"""A configuration that cannot be run is refused with every problem named and a way out."""

import copy
import datetime
import os
import re

import numpy as np
import pytest
import yaml

from paper_configuration import HERE, HOMES, PAPER, ROOTS, check, problems, with_value
from pipeline.planning import configuration
from pipeline.planning.configuration import RESERVED, RESERVED_STARTS, ConfigurationError
from pipeline.planning.homes import Homes
from pipeline.planning.plan import Plan
from pipeline.planning.report import contact_sheet_name
from pipeline.planning.runs import Run, plain_decimal
from pipeline.planning.schema import schema_with
from small import merged

FOLDER = {"source": "image_folder", "folder": "data/mine", "size": 32, "crop": 28}


def test_the_paper_and_the_demo_can_be_run(monkeypatch):
    monkeypatch.chdir(HERE)
    for overlay in (None, "demo.yaml"):
        config = copy.deepcopy(PAPER)
        if overlay:
            config = merged(config, yaml.safe_load((HERE / "config" / overlay).read_text()))
        plan = Plan(config, HERE)
        assert {"fig1a", "fig1b", "fig1c", "fig2b", "fig_ridge", "fig_minimum_norm"} <= set(config["figures"])
        assert {"table1", "table3", "table4", "interpolants"} <= set(config["tables"])
        assert plan.requested("fig1a")


@pytest.mark.parametrize("overlay", sorted(path.name for path in (HERE / "config").glob("*.yaml")))
def test_every_overlay_can_be_run(overlay, monkeypatch):
    monkeypatch.chdir(HERE)
    plan = Plan(merged(copy.deepcopy(PAPER), yaml.safe_load((HERE / "config" / overlay).read_text())), HERE)
    assert plan.data.corruptions


def test_every_rule_is_a_name_that_no_figure_can_have():
    text = "".join(path.read_text() for path in (HERE / "workflow").rglob("*.smk"))
    text += (HERE / "workflow" / "Snakefile").read_text()
    plain = re.findall(r"^rule (\w+):", text, re.M)
    made = re.findall(r'^ +name:\n +f"(\w+_|\{features\}_of_)\{', text, re.M)
    assert len(plain) >= 8
    assert len(made) >= 5
    assert set(plain) <= RESERVED
    assert all(start.startswith(RESERVED_STARTS) or "_of_" in start for start in made)
    assert contact_sheet_name("gaussian").startswith(RESERVED_STARTS)


def as_yaml_reads(text):
    return yaml.safe_load(f"x: {text}")["x"]


@pytest.mark.parametrize(
    ("path", "written"),
    [
        (("networks", "alexnet", "learning_rate"), "1.0e9"),
        (("networks", "alexnet", "learning_rate"), "1e-4"),
        (("networks", "alexnet", "learning_rate"), "1e-300"),
        (("networks", "alexnet", "learning_rate"), "1.5e20"),
        (("networks", "alexnet", "epochs"), "1e2"),
    ],
)
def test_a_number_that_yaml_takes_for_text_is_given_as_it_must_be_written(path, written):
    assert isinstance(as_yaml_reads(written), str)
    (problem,) = problems(with_value(path, as_yaml_reads(written)))
    remedy = re.search(r"write it as (\S+) \(", problem)[1]
    assert as_yaml_reads(remedy) == float(written)
    assert not isinstance(as_yaml_reads(remedy), str)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999", "fast", "0x1p3"])
def test_what_is_no_number_gets_no_such_remedy(text):
    (problem,) = problems(with_value(("networks", "alexnet", "learning_rate"), text))
    assert "YAML" not in problem


LONG = "x" * 10**6
ECHOED = [
    (("dataset",), LONG),
    (("dataset",), [LONG] * 3),
    (("seeds",), [LONG]),
    (("seeds",), list(range(10**5)) * 2),
    (("results",), LONG),
    (("results",), "\n" + LONG),
    (("data_folder",), LONG),
    (("training", LONG), 1),
    (("training", "initialisation"), LONG),
    (("networks", LONG), 1),
    (("networks", "alexnet", "factory"), LONG),
    (("networks", "alexnet", "factory"), f"{LONG}:{LONG}"),
    (("networks", "alexnet", "arguments"), {LONG: LONG}),
    (("networks", "mlp_1x512", "arguments"), {"hidden_layers": LONG}),
    (("figures", "fig1a", "network"), LONG),
    (("figures", "fig1a", "paper"), {"cifar10": LONG}),
    (("figures", "fig1a", "paper"), {LONG: "paper/fig1a.csv"}),
    (("figures", "fig_ridge", "systems"), [LONG]),
    (("systems", "mnist_pixels", "dataset"), LONG),
    (("datasets", "mine"), {"source": "npz", "file": LONG, "crop": 28}),
    (("datasets", "mine"), {"source": "npz", "file": "x", "crop": 28, "title": LONG}),
    (("datasets", "mine"), {"source": LONG}),
    (("corruption_stage",), {LONG: LONG}),
]


@pytest.mark.parametrize(("path", "value"), ECHOED)
def test_no_message_repeats_a_megabyte(path, value):
    with pytest.raises(ConfigurationError) as caught:
        check(with_value(path, value))
    assert len(str(caught.value)) < 5000


def test_many_problems_are_counted():
    config = with_value(("seeds",), [f"seed{number}" for number in range(1000)])
    found = problems(config)
    assert found[0].startswith("seeds[0]: expected")
    assert found[-1] == "and 960 more"


@pytest.mark.parametrize(
    ("entry", "stands", "message"),
    [
        ({"source": "npz", "file": "x", "crop": 28}, "pipe", "file: '{x}' is a named pipe; expected a file"),
        ({"source": "npz", "file": "x", "crop": 28}, "zero", "file: '{x}' is a device; expected a file"),
        ({"source": "npz", "file": "x", "crop": 28}, "folder", "file: '{x}' is a folder; expected a file"),
        ({**FOLDER, "folder": "x"}, "pipe", "folder: '{x}' is a named pipe; expected a folder"),
        ({**FOLDER, "folder": "x"}, "file", "folder: '{x}' is a file; expected a folder"),
    ],
)
def test_own_data_that_would_be_read_for_ever_are_refused_at_once(entry, stands, message, tmp_path):
    path = tmp_path / "x"
    {
        "pipe": lambda: os.mkfifo(path),
        "zero": lambda: path.symlink_to("/dev/zero"),
        "folder": path.mkdir,
        "file": path.touch,
    }[stands]()
    entry = {key: str(path) if value == "x" else value for key, value in entry.items()}
    (problem,) = problems(with_value(("datasets", "mine"), entry))
    assert message.replace("{x}", str(path)) in problem


@pytest.mark.parametrize("stands", ["pipe", "zero", "binary", "folder"])
def test_numbers_of_the_paper_that_are_no_text_file_are_named(stands, tmp_path):
    path = tmp_path / "x.csv"
    {
        "pipe": lambda: os.mkfifo(path),
        "zero": lambda: path.symlink_to("/dev/zero"),
        "binary": lambda: path.write_bytes(b"\xff\xfe\x00"),
        "folder": path.mkdir,
    }[stands]()
    (problem,) = problems(with_value(("figures", "fig1a", "paper"), {"cifar10": str(path)}))
    assert problem.startswith(f"figures.fig1a.paper.cifar10: {path} cannot be read: ")


def test_where_own_data_lie_is_no_part_of_what_they_are():
    def prepared(entry):
        config = with_value(("datasets", "mine"), entry)
        return Plan(config | {"dataset": "mine"}, HERE).data.images("true").stamp

    here = prepared(FOLDER)
    assert prepared({**FOLDER, "folder": "/elsewhere", "title": "Mine", "crop": 20}) == here
    assert prepared({**FOLDER, "resize": "none", "colour": "rgb"}) == here
    assert prepared({**FOLDER, "size": 40}) != here
    assert prepared({**FOLDER, "colour": "grey"}) != here


def test_the_size_of_images_in_a_numpy_file_is_known_before_it_is_read(tmp_path):
    path = tmp_path / "mine.npz"
    np.savez_compressed(path, x_train=np.zeros((9, 30, 20, 3), np.uint8), y_train=np.zeros(9, int))
    found = problems(with_value(("datasets", "mine"), {"source": "npz", "file": str(path), "crop": 28}))
    assert found == [
        "datasets.mine.crop: images of mine are 20 pixels wide, so the crop is at most that, found 28"
    ]
    path.write_bytes(b"no archive")
    check(with_value(("datasets", "mine"), {"source": "npz", "file": str(path), "crop": 28}))
    found = problems(
        with_value(("datasets", "mine"), {"source": "npz", "file": "~nobody-here/x", "crop": 28})
    )
    assert "datasets.mine.file: '~nobody-here/x' is no path here" in found[0]


def test_table_1_has_the_rows_of_the_paper():
    import csv

    with open(HERE / "paper" / "table1.csv") as file:
        printed = [
            (r["network"], r["condition"], r["random_crop"] == "True", r["weight_decay"] == "True")
            for r in csv.DictReader(file)
        ]
    ours = [tuple(row.values()) for row in PAPER["tables"]["table1"]["rows"]]
    assert ours == printed


NPZ = {"source": "npz", "file": "data/mine.npz", "crop": 28}
SYSTEM = PAPER["systems"]["mnist_pixels"]
LINEAR = {"dataset": "mnist", "features": "pixels", "kernel": "linear", "ridge": [0.1]}
CASES = [
    (("epoch",), 3, "the configuration: unknown key 'epoch'"),
    (("seed",), [0], "unknown key 'seed'; did you mean 'seeds'?"),
    (("training", "batchsize"), 3, "training: unknown key 'batchsize'; did you mean 'batch_size'?"),
    (("networks", "alexnet", "learningrate"), 0.1, "did you mean 'learning_rate'?"),
    (("training", "momentum"), "high", "training.momentum: expected number, found str 'high'"),
    (("networks", "alexnet", "weight_decay"), "5e-4", "YAML reads this as text"),
    (("networks", "alexnet", "epochs"), 1.5, "networks.alexnet.epochs: expected integer, found float 1.5"),
    (("networks", "alexnet", "epochs"), True, "expected integer, found bool True"),
    (("networks", "alexnet", "epochs"), 0, "expected a value in [1, 1000000], found 0"),
    (("networks", "alexnet", "learning_rate"), float("nan"), "expected a finite number of reasonable size"),
    (("networks", "alexnet", "learning_rate"), float("inf"), "expected a finite number of reasonable size"),
    (("networks", "alexnet", "learning_rate"), -1, "expected more than 0, found -1"),
    (("networks", "alexnet", "factory"), "alexnet", "expected module:function"),
    (("networks", "alexnet", "factory"), "rethinking.networks.alex:alexnet", "no module"),
    (("networks", "alexnet", "factory"), "rethinking.networks.alexnet:alex", "defines no function 'alex'"),
    (
        ("networks", "alexnet", "arguments"),
        {"width": 2},
        "width is a key of the network; set it beside its arguments",
    ),
    (("networks", "alexnet", "initialisation"), "xavier", "'xavier' is not possible"),
    (("networks", "alexnet", "arguments"), {"hidden_layer": 2}, "alexnet takes no 'hidden_layer'"),
    (("networks", "mlp_1x512", "arguments"), {"hidden": 2}, "did you mean 'hidden_layers'?"),
    (("networks", "alexnet", "arguments"), {"day": datetime.date(2026, 1, 1)}, "found date 2026-01-01"),
    (("networks", "alexnet", "epochs"), 10**400, "reasonable size"),
    (("networks", 1), PAPER["networks"]["alexnet"], "networks: the key 1 is int"),
    (("figures", "fig1b", "label_noise"), [0.0, 1e-9], "at most six decimals"),
    (("networks", "alexnet", "factory"), "rethinking..networks:alexnet", "expected module:function"),
    (("figures", "fig1b", "paper"), {"cifar10": "paper/fig1c.csv"}, "has no column relative_time_to_fit"),
    (("figures", "fig1b", "quantity"), "test_error", "has no column test_error"),
    (("tables", "table1", "paper"), {"cifar10": "paper/fig1a.csv"}, "has no column network"),
    (("results",), "~nosuchuser/x", "nothing can be written"),
    (("results",), "r" * 300, "nothing can be written"),
    (("results",), "results\n", "has characters"),
    (("results",), "-x", "has characters"),
    (("networks", "Alex Net"), PAPER["networks"]["alexnet"], "'Alex Net' is not a possible name"),
    (("networks",), {}, "networks: is empty"),
    (("seeds",), [], "seeds: is empty; expected at least 1"),
    (("seeds",), [0, 1, 0], "seeds: has an entry twice"),
    (("seeds",), [-1], "seeds[0]: expected a value in [0, 4294967295], found -1"),
    (("seeds",), 3, "seeds: expected a list, found int 3"),
    (("seeds",), None, "seeds: expected a list, found NoneType None"),
    (("dataset",), "cifar", "dataset: 'cifar' is not defined; did you mean 'cifar10'?"),
    (("execution", "precision"), "bf16", "did you mean 'bfloat16'?"),
    (("execution", "tensorboard"), True, "pip install tensorboard, or set it to false"),
    (("execution", "runs_per_gpu"), 0, "execution.runs_per_gpu: expected a value in [1, 64], found 0"),
    (("execution", "checkpoint_minutes"), 0, "expected more than 0, found 0"),
    (("datasets", "cifar11"), {"crop": 28}, "datasets.cifar11: the key 'source' is missing"),
    (("datasets", "mine"), {"source": "folder", "crop": 28}, "did you mean 'image_folder'?"),
    (("datasets", "mine"), {"source": "image_folder", "crop": 28, "size": 32}, "the key 'folder' is missing"),
    (("datasets", "mine"), {**FOLDER, "crop": 40}, "datasets.mine.crop: images of mine are 32 pixels"),
    (("datasets", "mine"), {**FOLDER, "resize": "scaled"}, "did you mean 'scale'?"),
    (("datasets", "mine"), {**FOLDER, "color": "grey"}, "unknown key 'color'; did you mean 'colour'?"),
    (("datasets", "mine"), {**FOLDER, "file": "x.npz"}, "unknown key 'file'"),
    (("datasets", "My data"), FOLDER, "'My data' is not a possible name"),
    (
        ("datasets", "mine"),
        {**NPZ, "value_range": [1, 0]},
        "expected [black, white] rising, found [1.0, 0.0]",
    ),
    (("datasets", "mine"), {**NPZ, "value_range": [0]}, "datasets.mine.value_range"),
    (("datasets", "mine"), {**NPZ, "size": 32}, "unknown key 'size'"),
    (("figures", "fig1b", "paper"), {"cifar": "paper/fig1b.csv"}, "no data set 'cifar' is defined"),
    (("datasets", "cifar10", "crop"), 40, "datasets.cifar10.crop: images of cifar10 are 32 pixels"),
    (("corruptions", "random_labels", "pool"), "all", "did you mean 'all_classes'?"),
    (("corruptions", "gaussian", "pool"), "all", "corruptions.gaussian: unknown key 'pool'; known: moments"),
    (("corruptions", "blurred"), {}, "corruptions: unknown key 'blurred'"),
    (
        ("figures", "fig1b", "label_noise"),
        [0.0, 1.5],
        "label_noise[1]: expected a value in [0, 1], found 1.5",
    ),
    (("figures", "fig1b", "label_noise"), [0.5, 1.0], "times are relative to p = 0; add 0.0"),
    (("figures", "fig1b", "networks"), ["incption"], "did you mean 'inception'?"),
    (("figures", "fig1b", "quantity"), "loss", "figures.fig1b.quantity: 'loss' is not possible"),
    (("figures", "fig1a", "conditions"), ["gausian"], "did you mean 'gaussian'?"),
    (("figures", "fig1a", "network"), "lenet", "no network 'lenet'; did you mean 'alexnet'?"),
    (("figures", "fig1a", "kind"), "bars", "figures.fig1a.kind: 'bars' is not possible"),
    (("figures", "fig1a", "paper"), {"cifar10": "paper/fig9.csv"}, "cannot be read"),
    (("figures", "fig1a", "paper"), {"cifar": "paper/fig1a.csv"}, "did you mean 'cifar10'?"),
    (("figures", "fig9"), {}, "figures.fig9: the key 'kind' is missing"),
    (("figures", "train"), PAPER["figures"]["fig1a"], "'train' is the name of a rule"),
    (("figures", "table1"), PAPER["figures"]["fig1a"], "'table1' is the name of a figure and of a table"),
    (("tables", "table1", "rows"), [], "tables.table1.rows: is empty"),
    (("results",), "", "results: '' has characters"),
    (("results",), "results/{seed}", "has characters that a folder here cannot have"),
    (("results",), str(HERE / "config.yaml" / "results"), "is not a folder"),
    (("interval", "confidence"), 1, "interval.confidence: expected less than 1"),
    (("fit", "train_accuracy"), 99, "expected at most 1, found 99"),
    (("features",), {}, "features: is empty; expected at least 1"),
    (("features", "Wavelets"), PAPER["features"]["gabor"], "'Wavelets' is not a possible name"),
    (("features", "pixels", "transform"), "pixel", "features.pixels.transform: 'pixel' is not possible"),
    (("features", "pixels", "stride"), 2, "features.pixels: unknown key 'stride'; known: transform"),
    (("features", "gabor", "strid"), 2, "unknown key 'strid'; did you mean 'stride'?"),
    (("features", "gabor", "frequencies"), [], "features.gabor.frequencies: is empty"),
    (("features", "gabor", "frequencies"), [0.25, 0.6], "frequencies[1]: expected less than 0.5, found 0.6"),
    (("features", "gabor", "orientations"), 65, "orientations: expected a value in [1, 64], found 65"),
    (("features", "gabor", "window"), 0, "expected a value in [0.1, 100], found 0"),
    (("features", "gabor", "stride"), 0, "features.gabor.stride: expected at least 1, found 0"),
    (("features", "gabor", "margin"), -1, "features.gabor.margin: expected a value in [0, 100], found -1"),
    (("features", "gabor", "margin"), 10**9, "features.gabor.margin: expected a value in [0, 100]"),
    (("features", "random_patches", "filters"), 0, "expected a value in [1, 10000000], found 0"),
    (("features", "random_patches", "bias"), -1, "expected a value in [0, 1000000], found -1"),
    (("features", "random_patches", "regularisation"), 0, "expected at least 1e-10, found 0"),
    (
        ("features", "patches"),
        {"transform": "random_patches", "filters": 9, "patch": 6, "bias": 1.0, "pool": 15, "stride": 6},
        "features.patches: the key 'regularisation' is missing",
    ),
    (("systems", "Mnist"), SYSTEM, "systems: 'Mnist' is not a possible name"),
    (
        ("systems", "mnist_pixels", "dataset"),
        "mnits",
        "no data set 'mnits' is defined; did you mean 'mnist'?",
    ),
    (
        ("systems", "mnist_pixels", "features"),
        "pixel",
        "no features 'pixel' is defined; did you mean 'pixels'?",
    ),
    (("systems", "mnist_pixels", "kernel"), "rbf", "systems.mnist_pixels.kernel: 'rbf' is not possible"),
    (("systems", "mnist_pixels", "kernel"), "linear", "systems.mnist_pixels: unknown key 'gamma'"),
    (("systems", "mine"), {**LINEAR, "kernel": "gaussian"}, "systems.mine: the key 'gamma' is missing"),
    (("systems", "mine"), {**SYSTEM, "norm": 1}, "systems.mine: unknown key 'norm'"),
    (("systems", "mnist_pixels", "gamma"), [0.0], "gamma[0]: expected more than 0, found 0.0"),
    (("systems", "mnist_pixels", "gamma"), [0.1, -1], "gamma[1]: expected more than 0, found -1"),
    (("systems", "mnist_pixels", "gamma"), [], "systems.mnist_pixels.gamma: is empty"),
    (("systems", "mnist_pixels", "gamma"), [1, 1.0], "gamma: has an entry twice"),
    (("systems", "mnist_pixels", "gamma"), 0.02, "gamma: expected a list, found float 0.02"),
    (("systems", "mnist_pixels", "ridge"), [0.1, 0], "ridge[1]: expected more than 0, found 0"),
    (("figures", "fig_ridge", "ridge"), [0.0, 1e300], "fig_ridge.ridge: expected 1e-15 to 1e+15"),
    (("figures", "fig_minimum_norm", "batch_size"), 201, "201 of 200 examples; expected at most as many"),
    (("validation", "share"), 0.00001, "validation.share: expected a value in [0.01, 0.99], found 1e-05"),
    (("validation",), {"examples": 4, "share": 0.1}, "0.1 of 4 examples are none or all of them"),
    (("features", "gabor", "stride"), 29, "gabor needs images of at least 29 pixels a side"),
    (("systems", "mnist_pixels", "ridge"), [0.1, 1e-16], "ridge: expected 1e-15 to 1e+15, found 1e-16"),
    (("systems", "mnist_pixels", "ridge"), "chosen", "ridge: expected a list, found str 'chosen'"),
    (
        ("systems", "mnist_pixels", "ridge"),
        ["1e-4"],
        "ridge[0]: expected number, found str '1e-4'; YAML reads",
    ),
    (("validation", "examples"), 3, "validation.examples: expected at least 4, found 3"),
    (("validation", "share"), 0, "validation.share: expected a value in [0.01, 0.99], found 0"),
    (("validation", "share"), 1.0, "validation.share: expected a value in [0.01, 0.99], found 1.0"),
    (
        ("solver", "precision"),
        "float16",
        "solver.precision: 'float16' is not possible",
    ),
    (("execution", "systems", "threads"), 0, "execution.systems.threads: expected at least 1, found 0"),
    (("execution", "systems", "mem_mb"), 99, "execution.systems.mem_mb: expected at least 100, found 99"),
    (("execution", "systems"), None, "execution.systems: expected a mapping, found NoneType None"),
    (
        ("figures", "fig_ridge", "systems"),
        ["mnist_pixel"],
        "fig_ridge.systems[0]: no system 'mnist_pixel'; did you mean",
    ),
    (("figures", "fig_ridge", "systems"), ["mnist_pixels"] * 2, "fig_ridge.systems: has an entry twice"),
    (("figures", "fig_ridge", "ridge"), [0.1], "figures.fig_ridge.ridge: has only 1 entries"),
    (("figures", "fig_ridge", "ridge"), [0.1, -0.1], "ridge[1]: expected at least 0, found -0.1"),
    (("figures", "fig_ridge", "ridge"), [0.0, -0.0], "figures.fig_ridge.ridge: has an entry twice"),
    (("figures", "fig_ridge", "paper"), {"cifar10": "paper/table3.csv"}, "fig_ridge: unknown key 'paper'"),
    (("figures", "fig_minimum_norm", "dataset"), "mnits", "fig_minimum_norm.dataset: no dataset 'mnits'"),
    (
        ("figures", "fig_minimum_norm", "features"),
        "pixel",
        "fig_minimum_norm.features: no plain features 'pixel'; did you mean 'pixels'?",
    ),
    (
        ("figures", "fig_minimum_norm", "features"),
        "random_patches",
        "no plain features 'random_patches'; known: gabor, pixels",
    ),
    (("figures", "fig_minimum_norm", "gamma"), 0, "gamma: expected more than 0, found 0"),
    (("figures", "fig_minimum_norm", "gamma"), [0.1], "gamma: expected number, found list [0.1]"),
    (("figures", "fig_minimum_norm", "examples"), 1, "examples: expected a value in [2, 10000], found 1"),
    (("figures", "fig_minimum_norm", "steps"), 9, "steps: expected a value in [10, 10000000], found 9"),
    (("figures", "fig_minimum_norm", "batch_size"), 0, "batch_size: expected at least 1, found 0"),
    (("figures", "solve_system"), PAPER["figures"]["fig_ridge"], "'solve_system' is the name of a rule"),
    (("figures", "provenance"), PAPER["figures"]["fig_ridge"], "'provenance' is the name of a rule"),
    (("figures", "contact_sheet_gaussian"), PAPER["figures"]["fig_ridge"], "is the name of a rule"),
    (("tables", "contact_sheet_mine"), PAPER["tables"]["table3"], "is the name of a rule"),
    (("figures", "measure_mine"), PAPER["figures"]["fig_ridge"], "'measure_mine' is the name of a rule"),
    (("tables", "select_kernel"), PAPER["tables"]["table3"], "'select_kernel' is the name of a rule"),
    (("tables", "gabor_of_mnist"), PAPER["tables"]["table3"], "'gabor_of_mnist' is the name of a rule"),
    (
        ("tables", "table3", "rows", 0, "system"),
        "mnist",
        "tables.table3.rows[0].system: no system 'mnist'",
    ),
    (
        ("tables", "table3", "rows", 0, "ridge"),
        "choosen",
        "'choosen' is not possible; did you mean 'chosen'?",
    ),
    (
        ("tables", "table3", "rows", 0, "ridge"),
        0.1,
        "rows[0].ridge: 0.1 is not possible; known: chosen, none",
    ),
    (("tables", "table3", "rows", 1, "ridge"), "none", "rows[1]: the same row stands above already"),
    (("tables", "table3", "rows", 0, "network"), "alexnet", "rows[0]: unknown key 'network'"),
    (("tables", "table3", "paper"), {"cifar10": "paper/table1.csv"}, "has no column norm, ridge, system"),
    (("tables", "interpolants", "dataset"), "mnits", "tables.interpolants.dataset: no dataset 'mnits'"),
    (
        ("tables", "interpolants", "features"),
        "random_patches",
        "no plain features 'random_patches'; known: gabor, pixels",
    ),
    (("tables", "interpolants", "examples"), 10_001, "expected a value in [2, 10000], found 10001"),
    (("scorecard", "tolerance", "norm"), -1, "tolerance.norm: expected a value in [0, 0.5], found -1"),
    (("scorecard", "tolerance", "loss"), 0.6, "tolerance.loss: expected a value in [0, 0.5], found 0.6"),
]


@pytest.mark.parametrize(
    ("path", "value", "expected"), CASES, ids=[".".join(map(str, case[0])) for case in CASES]
)
def test_each_mistake_is_named(path, value, expected):
    found = problems(with_value(path, value))
    assert any(expected in problem for problem in found), found
    assert len(found) == 1, found


def test_imagenet_can_only_be_listed():
    found = problems(with_value(("datasets", "cifar10"), {"source": "imagenet", "folder": "x"}))
    assert "images of cifar10 are only listed, so no network is trained on them yet" in found[0]
    systems = [name for name, system in PAPER["systems"].items() if system["dataset"] == "cifar10"]
    exhibits = [
        f"{section}.{name}"
        for section in ("figures", "tables")
        for name, entry in PAPER[section].items()
        if "dataset" in HOMES.of("exhibit")[entry["kind"]].options
        and entry.get("dataset", "cifar10") == "cifar10"
    ]
    assert len(exhibits) > 2
    assert sorted(found[1:]) == sorted(
        f"{place}.dataset: images of cifar10 are only listed, so no kernel or experiment sees them"
        for place in exhibits + [f"systems.{name}" for name in systems]
    )


@pytest.mark.parametrize("path", [("figures", "fig_minimum_norm"), ("tables", "interpolants")])
def test_no_interpolant_sees_images_that_are_only_listed(path):
    config = with_value((*path, "dataset"), "listed")
    config["datasets"]["listed"] = {"source": "imagenet", "folder": "x"}
    assert problems(config) == [
        f"{'.'.join(path)}.dataset: images of listed are only listed, so no kernel or experiment sees them"
    ]


@pytest.mark.parametrize(
    ("source", "arguments", "expected"),
    [
        ("def net(image_shape, classes): ...", {}, "networks.own.width: net takes no 'width'"),
        ("def net(image_shape, classes, width, depth): ...", {}, "net needs 'depth'"),
        ("def net(image_shape, classes, width, *, depth): ...", {}, "net needs 'depth'"),
        ("def net(image_shape, classes, width, /): ...", {}, "must take"),
        (
            "def net(image_shape, classes, width, depth: int = 1): ...",
            {"depth": 1.0},
            "expected int, found float",
        ),
        (
            "def net(image_shape, classes, width, norm: bool = 1): ...",
            {"norm": "no"},
            "expected bool, found str",
        ),
        ("def net(image_shape, classes, width) ...", {}, "line 1"),
        ("def net(**arguments): ...", {"depth": 1.0}, None),
        ("def net(image_shape, classes, width, depth=1, *, norm=True): ...", {"depth": "x"}, None),
    ],
)
def test_a_factory_that_could_not_be_called_is_refused(tmp_path, source, arguments, expected):
    (tmp_path / "mine.py").write_text(source)
    config = with_value(("networks", "own"), copy.deepcopy(PAPER["networks"]["alexnet"]))
    config["networks"]["own"] |= {"factory": "mine:net", "arguments": arguments}
    if expected is None:
        check(config, tmp_path)
        return
    with pytest.raises(ConfigurationError) as caught:
        check(config, tmp_path)
    assert expected in str(caught.value)


def test_a_figure_that_an_overlay_sets_to_null_is_not_there():
    plan = Plan(with_value(("figures", "fig1b"), None), HERE)
    assert "fig1b" not in plan.exhibits
    assert set(plan.exhibits) == (set(PAPER["figures"]) | set(PAPER["tables"])) - {"fig1b"}


def test_the_papers_numbers_stand_beside_the_papers_data_set_only():
    assert Plan(PAPER, HERE).paper("fig1a")["file"] == "paper/fig1a.csv"
    assert Plan(with_value(("dataset",), "digits"), HERE).paper("fig1a") is None


def test_a_misspelt_network_in_an_overlay_is_told_from_a_new_one():
    found = problems(with_value(("networks", "alexnt"), {"width": 0.5}))
    assert all("check its name" in problem for problem in found)


def test_a_missing_key_is_named():
    config = copy.deepcopy(PAPER)
    del config["training"]["batch_size"]
    assert problems(config) == ["training: the key 'batch_size' is missing"]


def test_every_problem_is_listed_at_once():
    config = with_value(("seeds",), [])
    config["training"]["batch_size"] = 0
    assert len(problems(config)) == 2


def test_a_random_crop_of_images_corrupted_after_the_crop_is_refused():
    row = {"network": "inception", "condition": "gaussian", "random_crop": True, "weight_decay": False}
    config = with_value(("tables", "table1", "rows"), [row])
    assert "corruption_stage to before_crop" in problems(config)[0]
    config["corruption_stage"] = "before_crop"
    check(config)


def test_a_network_may_have_its_own_training():
    config = with_value(("networks", "alexnet", "batch_size"), 32)
    plan = Plan(config, HERE)
    sizes = {
        run.network: plan.run(run).spec["recipe"]["batch_size"]
        for run in map(plan.run_of, plan.requested("fig1b"))
    }
    assert sizes == {"inception": 128, "alexnet": 32, "mlp_1x512": 128}


def test_whole_numbers_and_decimals_are_the_same_run():
    ours = Plan(with_value(("training", "decay"), 1), HERE)
    theirs = Plan(with_value(("training", "decay"), 1.0), HERE)
    run = ours.run_of(ours.requested("fig1a")[0])
    assert repr(ours.run(run).spec) == repr(theirs.run(run).spec)
    assert ours.run(run).stamp == theirs.run(run).stamp


def test_figures_and_tables_in_another_order_are_the_same_scorecard():
    """Snakemake puts the keys of the last file first, ``make check`` those of the first."""
    turned = copy.deepcopy(PAPER)
    for section in ("figures", "tables", "systems"):
        assert len(turned[section]) > 1
        turned[section] = dict(reversed(turned[section].items()))
    plans = [Plan(config, HERE) for config in (PAPER, turned)]
    scorecards = [plan.pages["scorecard"].result.stamp for plan in plans]
    assert scorecards[0] == scorecards[1]
    assert plans[0].pages["provenance"].result.stamp == plans[1].pages["provenance"].result.stamp


def test_minus_zero_is_zero_and_order_does_not_matter():
    config = with_value(("figures", "fig1b", "label_noise"), [-0.0, 1])
    config["seeds"] = [2, 0, 1]
    checked = check(config)
    assert repr(checked["figures"]["fig1b"]["label_noise"]) == "[0.0, 1.0]"
    assert checked["seeds"] == [0, 1, 2]


def test_integers_may_be_written_with_a_point():
    config = with_value(("seeds",), [0.0, 1.0])
    config["networks"]["alexnet"]["epochs"] = 80.0
    checked = check(config)
    assert repr(checked["seeds"]) == "[0, 1]"
    assert repr(checked["networks"]["alexnet"]["epochs"]) == "80"


@pytest.mark.parametrize(("noise", "text"), [(0.0, "0"), (1.0, "1"), (0.25, "0.25"), (1e-7, "0.0000001")])
def test_probabilities_in_paths_are_plain_decimals(noise, text):
    assert plain_decimal(noise) == text
    assert float(text) == noise


def test_every_key_of_the_schema_is_described():
    def undescribed(schema, path=""):
        for key, part in schema.get("properties", {}).items():
            if part and "description" not in part and "properties" not in part and "enum" not in part:
                yield f"{path}.{key}"
            yield from undescribed(part, f"{path}.{key}")

    assert list(undescribed(schema_with(HOMES))) == []


def test_conda_users_get_the_locked_versions():
    locked = re.findall(r"^([a-z0-9-]+)==([^\s;\\]+)", (HERE / "envs/requirements.txt").read_text(), re.M)
    conda = re.findall(r'- "([a-z0-9-]+)==([^\s;"]+)', (HERE / "envs/environment.yaml").read_text())
    assert locked == conda
    assert len(locked) > 50


KIND = """ABOUT = {{
    "kind": "exhibit", "form": "table", "title": "Mine", "reads": "histories",
    "options": {{}},
}}


def summarise(results):
    return results


def render(summary):
    return summary


def requests(options):
    from rethinking.exhibits.requests import Experiment, Measurement, Solve, Trace, Training

    return [{request}]
"""


@pytest.mark.parametrize("regulariser", ["random_crop", "augmentation"])
@pytest.mark.parametrize("stage", ["after_crop", "before_crop"])
def test_images_corrupted_after_the_crop_have_lost_what_some_regularisers_need(regulariser, stage):
    config = with_value(("corruption_stage",), stage)
    config["figures"] = {
        "mine": {
            **{"kind": "learning_curves", "quantity": "train_loss", "network": "inception"},
            **{"conditions": ["true_labels", "gaussian"], "regularisers": [regulariser]},
        }
    }
    if stage == "before_crop":
        assert Plan(config, HERE).requested("mine")
        return
    (problem,) = problems(config)
    assert problem.startswith("figures.mine: images corrupted after the crop ")
    assert problem.endswith(f"set {regulariser} to false, or corruption_stage to before_crop")


@pytest.mark.parametrize(
    ("figure", "options", "scored"),
    [
        ("fig2b", {}, True),
        ("fig2b", {"condition": "random_labels"}, False),
        ("fig2b", {"regularisers": ["weight_decay"]}, False),
        ("fig1c", {"regularisers": ["weight_decay"]}, False),
        ("fig1a", {"regularisers": ["weight_decay"]}, False),
    ],
)
def test_figures_under_other_conditions_are_not_held_against_the_paper(figure, options, scored):
    config = copy.deepcopy(PAPER)
    config["figures"][figure] |= options
    exhibits = Plan(config, HERE).pages["scorecard"].result.spec["exhibits"]
    assert (figure in [each["name"] for each in exhibits]) == scored
    config["figures"][figure]["claims"] = "all"
    (about,) = [
        each
        for each in Plan(config, HERE).pages["scorecard"].result.spec["exhibits"]
        if each["name"] == figure
    ]
    assert (about["numbers"] is not None) == scored, "the numbers are those of the paper's conditions"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ("Training('alexnt')", "tables.mine: no network 'alexnt'; did you mean 'alexnet'?"),
        ("Training('alexnet', 'blurred')", "tables.mine: no condition 'blurred'"),
        ("Training('alexnet', regularisers=('dropout',))", "tables.mine: no regulariser 'dropout'"),
        ("Training('alexnet', 'gaussian', 0.5)", "tables.mine: gaussian replaces no labels"),
        ("Measurement('norms', Training('alexnet'))", "no measurement 'norms'; did you mean 'weight_norms'?"),
        (
            "Measurement('weight_norms', Training('alexnet'), {'p': 1})",
            "measurement weight_norms: unknown key 'p'",
        ),
        ("Measurement('weight_norms', Training('alexnt'))", "tables.mine: no network 'alexnt'"),
        ("Trace('learned', Training('alexnet'))", "tables.mine: no probe 'learned'; known: none"),
        ("Solve('mnist', 'none')", "tables.mine: no kernel system 'mnist'; did you mean 'mnist_gabor'?"),
        (
            "Solve('mnist_pixels', 'best')",
            "tables.mine.ridge: no ridge 'best'; known: chosen, none",
        ),
        ("Solve('mnist_pixels', 1e-99)", "tables.mine.ridge: expected 1e-15 to 1e+15, found 1e-99"),
        ("Experiment('descent', 'mnist', 'pixels', {})", "tables.mine: no experiment 'descent'"),
        ("Experiment('interpolants', 'mnits', 'pixels', {})", "tables.mine.dataset: no data set 'mnits'"),
        ("'alexnet'", "tables.mine: its kind asks for 'alexnet'; expected Training, Measurement"),
    ],
)
def test_what_a_kind_of_ones_own_asks_for_must_be_there(request_, expected, tmp_path):
    (tmp_path / "own_kind.py").write_text(KIND.format(request=request_))
    config = with_value(("tables", "mine"), {"kind": "own_kind"})
    homes = Homes(HERE / "src", [str(tmp_path / "own_kind.py")])
    with pytest.raises(ConfigurationError) as caught:
        configuration.check(config, HERE, homes, (*ROOTS, tmp_path))
    assert expected in str(caught.value)


UPDATE_RULE = """import torch

ABOUT = {
    "kind": "update_rule",
    "title": "Steps of one length.",
    "options": {
        "length": {"type": "number", "exclusiveMinimum": 0, "default": 1.0, "description": "Of a step."},
    },
}


def update_rule(network, weight_decay, decayed, length=1.0):
    raise AssertionError("planning calls no function of a plugin that makes results")
"""


def test_an_update_rule_of_ones_own_has_options_beside_those_of_training(tmp_path):
    path = tmp_path / "steps_of_one_length.py"
    path.write_text(UPDATE_RULE)

    def recipe(name, **settings):
        config = copy.deepcopy(PAPER) | {"plugins": [str(path)]}
        config["networks"]["alexnet"] |= settings
        return Plan(config, HERE).run(Run(name))

    own = recipe("alexnet", update_rule="steps_of_one_length", length=2)
    assert own.spec["recipe"]["update_rule"] == "steps_of_one_length"
    assert own.spec["recipe"]["update_options"] == {"length": 2.0}
    assert str(path) in own.code["files"], "an edit of the rule makes other runs"
    assert recipe("mlp_1x512").stamp == Plan(PAPER, HERE).run(Run("mlp_1x512")).stamp
    with pytest.raises(ConfigurationError, match=r"alexnet\.length: the update rule sgd has no such option"):
        recipe("alexnet", length=2)
    with pytest.raises(ConfigurationError, match=r"alexnet\.length: expected more than 0, found 0"):
        recipe("alexnet", update_rule="steps_of_one_length", length=0)


def test_claims_are_those_of_kinds_that_have_some():
    with_claims = schema_with(HOMES)["properties"]["figures"]["additionalProperties"]["allOf"]
    takes = {
        block["if"]["properties"]["kind"]["const"]
        for block in with_claims
        if "claims" in block["then"]["properties"]
    }
    assert "ridge_path" not in takes
    assert {"learning_curves", "noise_sweep", "minimum_norm"} <= takes
    (problem,) = problems(with_value(("figures", "fig1b", "claims"), "own"))
    assert "figures.fig1b.claims: 'own' is not possible" in problem
