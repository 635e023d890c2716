"""Measurements on trained networks, the weights that they need, and how both are planned."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from torch import nn

from measured import BOTH, LEARNED, NORMS, RUNS, write_plugins
from pipeline.planning import digest
from pipeline.planning.configuration import ConfigurationError
from pipeline.planning.plan import Plan
from pipeline.planning.results import UnknownResult
from rethinking.measurements.weight_norms import measure
from rethinking.networks.inception import inception
from rethinking.networks.weights import load_weights, weights_as_bytes, weights_sha256
from rethinking.preprocessing import centre_crop, standardise
from rethinking.recipe import Split
from small import merged

HERE = Path(__file__).parents[2]
PAPER = (HERE / "config.yaml").read_text()


def test_norms_are_of_the_weights_of_layers_and_of_nothing_else():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3))
    with torch.no_grad():
        network[0].weight.fill_(2.0)
        network[3].weight.copy_(torch.arange(24.0).view(3, 8))
    nothing = Split(torch.zeros(0, 1, 4, 4), torch.zeros(0, dtype=torch.int64))
    first, second = measure(network, nothing, nothing)
    assert first == {"layer": "0", "depth": 1, "weights": 18, "norm": 72**0.5, "root_mean_square": 2.0}
    assert second["layer"] == "3"
    assert second["norm"] == pytest.approx(np.linalg.norm(np.arange(24.0)), rel=1e-12)
    assert second["root_mean_square"] == pytest.approx(second["norm"] / 24**0.5, rel=1e-12)


def trained():
    """A network whose running averages are not those of the start."""
    torch.manual_seed(0)
    network = inception((1, 7, 7), 10, 0.125).to(memory_format=torch.channels_last)
    network.train()
    network(torch.randn(8, 1, 7, 7))
    return network


def test_weights_come_back_with_the_running_averages_and_in_evaluation_mode():
    network = trained()
    content = weights_as_bytes(network)
    again = load_weights(inception((1, 7, 7), 10, 0.125), content)
    assert not again.training
    assert weights_sha256(again) == weights_sha256(network)
    images = torch.randn(4, 1, 7, 7)
    torch.testing.assert_close(again(images), network.eval()(images))
    assert weights_as_bytes(again) == content


def test_a_tensor_that_layers_share_comes_back_shared():
    def tied():
        network = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
        network[1].weight = network[0].weight
        return network

    network = tied()
    again = load_weights(tied(), weights_as_bytes(network))
    assert again[1].weight is again[0].weight
    assert torch.equal(again[0].weight, network[0].weight)


def test_the_weights_of_another_network_are_refused():
    with pytest.raises(RuntimeError, match="size mismatch"):
        load_weights(inception((1, 7, 7), 10, 0.25), weights_as_bytes(trained()))


def test_stored_images_are_seen_as_whitened_centre_crops():
    images = np.random.default_rng(0).integers(0, 256, (5, 9, 8, 3), dtype=np.uint8)
    split = Split.from_stored(images, np.arange(5))
    assert split.images.shape == (5, 3, 9, 8)
    assert split.images[4, 2, 1, 3] == images[4, 1, 3, 2]
    seen = split.as_seen(7)
    assert torch.equal(seen.images, standardise(centre_crop(split.images, 7)))
    assert seen.labels.tolist() == [0, 1, 2, 3, 4]


# --- planning -------------------------------------------------------------------------------------


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """A function of an overlay that gives its plan."""
    monkeypatch.chdir(tmp_path)
    write_plugins(tmp_path)
    return lambda overlay: Plan(merged(yaml.safe_load(PAPER), yaml.safe_load(overlay)), HERE)


def stamps(plan, file):
    return {made.place: made.stamp for made, _ in plan.asked_for() if made.file == file}


def along(plan):
    return sorted(other.file for made, seed in plan.asked_for() if seed == 0 for other in made.along.values())


def test_asking_for_weights_traces_and_measurements_changes_no_stamp_of_a_run(plan):
    plans = {name: plan(text) for name, text in {"plain": RUNS, "norms": NORMS, "both": BOTH}.items()}
    runs = [stamps(each, "run.json") for each in plans.values()]
    assert len(runs[0]) == 2
    assert runs[0] == runs[1] == runs[2]
    assert [along(each) for each in plans.values()] == [
        [],
        ["weights.json"] * 2,
        ["trace.json", "weights.json", "weights.json"],
    ]
    receipts = {
        name: {made.receipt(0) for made, _ in each.asked_for() if made.file == "run.json"}
        for name, each in plans.items()
    }
    assert not receipts["plain"] & receipts["norms"]
    # Of the network on true labels the same is asked, of that on random labels a trace more.
    assert len(receipts["norms"] & receipts["both"]) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("examples: 20", "examples: 21"),
        ("epochs: [1, 2]", "epochs: every"),
        ("steps: [0, 3]", "steps: [0]"),
    ],
)
def test_another_sample_or_other_moments_are_another_trace_of_the_same_run(plan, old, new):
    before, after = plan(LEARNED), plan(LEARNED.replace(old, new))
    assert stamps(before, "run.json") == stamps(after, "run.json")
    assert stamps(before, "trace.json") != stamps(after, "trace.json")
    same = plan(LEARNED.replace("steps: [0, 3]", "steps: [3, 0]"))
    assert stamps(same, "trace.json") == stamps(before, "trace.json")


def test_other_training_is_another_trace_and_other_weights_and_measurements(plan):
    before, after = plan(BOTH), plan(BOTH.replace("epochs: 2", "epochs: 3"))
    for file in ("run.json", "weights.json", "trace.json", "measurement.json"):
        first, second = stamps(before, file), stamps(after, file)
        assert first.keys() == second.keys()
        assert not set(first.values()) & set(second.values())


@pytest.mark.parametrize(("keep", "kept"), [("none", 0), ("shown", 2), ("all", 2)])
def test_weights_are_kept_as_the_configuration_says(plan, keep, kept):
    made = plan(LEARNED.replace("keep_weights: none", f"keep_weights: {keep}"))
    assert along(made).count("weights.json") == kept
    # A run that only a trace is asked of is shown by nothing.
    only = LEARNED.replace("fig1c: {networks: [mlp_1x512], label_noise: [0.0, 1.0]}", "fig1c: null")
    made = plan(only.replace("keep_weights: none", f"keep_weights: {keep}"))
    assert along(made).count("weights.json") == (keep == "all")


def test_a_measurement_is_made_from_the_run_its_weights_and_its_data(plan):
    made = plan(NORMS)
    measurements = [each for each, seed in made.asked_for() if each.file == "measurement.json" and seed == 0]
    assert {each.place.removeprefix(f"{made.root}/") for each in measurements} == {
        f"measurements/weight_norms/digits/true/noise-{p}/mlp_1x512/none" for p in (0, 1)
    }
    for each in measurements:
        assert set(each.inputs) == {"run", "weights", "images", "labels"}
        assert each.inputs["weights"].maker is each.inputs["run"]
        # The rule reads receipts, and the receipt of the run is that of its weights.
        assert len(each.receipts(0)) == 3


def test_a_receipt_of_what_was_asked_before_is_explained(plan):
    made = plan(NORMS)
    run = next(each for each, _ in made.asked_for() if each.file == "run.json")

    class Wildcards:
        place, stamp, along = run.place.removeprefix(f"{made.root}/runs/"), run.stamp, "-00000000"

    with pytest.raises(UnknownResult, match=r"of other weights and traces .* the receipt of now is"):
        made.results.find("runs", Wildcards)
    Wildcards.along = ""
    assert made.results.find("runs", Wildcards) is run


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "probe: learned}",
            "probe: learnt}",
            "tables.learned.probe: no probe 'learnt'; did you mean 'learned'?",
        ),
        ("probe: example_correctness", "probe: example_correct", "did you mean 'example_correctness'?"),
        ("epochs: [1, 2], steps", "epochs: some, steps", "probes.learned.epochs: 'some' is not possible"),
        ("steps: [0, 3]", "steps: [-1]", "probes.learned.steps[0]: expected at least 0, found -1"),
        (
            "examples: 20",
            "exemplars: 20",
            "probes.learned: unknown key 'exemplars'; did you mean 'examples'?",
        ),
        ("keep_weights: none", "keep_weights: some", "execution.keep_weights: 'some' is not possible"),
    ],
)
def test_a_probe_that_cannot_be_is_named_before_any_job(plan, old, new, problem):
    assert old in LEARNED
    with pytest.raises(ConfigurationError) as caught:
        plan(LEARNED.replace(old, new))
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            '"weight_norms"',
            '"weight_norm"',
            "no measurement 'weight_norm'; did you mean 'weight_norms'?",
        ),
        (
            "condition))",
            'condition), {"order": 2})',
            "the measurement weight_norms: unknown key 'order'",
        ),
    ],
)
def test_a_measurement_that_cannot_be_is_named_before_any_job(plan, tmp_path, old, new, problem):
    path = tmp_path / "plugins" / "norms_by_labels" / "kind.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(ConfigurationError) as caught:
        plan(NORMS)
    assert problem in str(caught.value)


def test_training_reaches_no_measurement_no_probe_and_no_planning():
    roots = (HERE / "src", HERE / "workflow")
    reached = set(digest.sources(HERE / "workflow/scripts/train.py", (), roots))
    assert {"rethinking.probing", "rethinking.networks.weights"} <= reached
    foreign = ("pipeline.planning", "rethinking.measurements", "rethinking.probes", "rethinking.exhibits")
    assert not [name for name in reached if name.startswith(foreign)]
