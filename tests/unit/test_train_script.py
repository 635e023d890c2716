"""The training script, run as a job: what it makes is fixed by its seed, and what it refuses it names."""

import pytest

from training_job import run

OWN = """
import torch
from torch import nn


class Noisy(nn.Module):
    '''A network with parameters that are neither of a linear layer nor of a convolution.'''

    def __init__(self, inputs, classes):
        super().__init__()
        self.offset = nn.Parameter(torch.randn(inputs))
        self.readout = nn.Linear(inputs, classes)

    def forward(self, x):
        return self.readout(x.flatten(1) + self.offset)


def noisy(image_shape, classes, width):
    channels, height, image_width = image_shape
    return Noisy(channels * height * image_width, classes)


def nothing(image_shape, classes, width):
    return noisy


def dead(image_shape, classes, width):
    return nn.Flatten()
"""


@pytest.fixture
def modules(tmp_path):
    folder = tmp_path / "modules"
    folder.mkdir()
    folder.joinpath("own.py").write_text(OWN)
    return folder


def test_a_network_with_parameters_of_its_own_is_the_same_in_every_process(tmp_path, modules):
    ended = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        ended.append(run(tmp_path / name, "own:noisy", modules=modules))
    assert [each.status for each in ended] == [0, 0], ended[0].terminal
    first, second = (each.result for each in ended)
    assert first["weights_sha256"] == second["weights_sha256"]
    assert (first["precision"], first["float32_products"], first["device"]) == ("float32", "ieee", "cpu")


@pytest.mark.parametrize(
    ("factory", "problem"),
    [
        (
            "own:nothing",
            "networks.own.factory: own:nothing returned a function; expected a torch.nn.Module",
        ),
        ("own:dead", "Flatten has no parameters to train"),
    ],
)
def test_a_factory_that_makes_no_network_to_train_is_named(tmp_path, modules, factory, problem):
    ended = run(tmp_path, factory, modules=modules)
    assert ended.status == 1
    assert problem in ended.terminal
    assert ended.result is None


def test_images_smaller_than_the_crop_are_named(tmp_path):
    ended = run(tmp_path, "rethinking.networks.mlp:mlp", crop=10)
    assert ended.status == 1
    assert "training images are 9×9; expected 10×10, the crop, or larger" in ended.terminal


def test_weight_decay_on_layers_that_a_network_lacks_is_named_with_its_layers(tmp_path):
    decay = {"weight_decay": 0.004, "decayed": "rethinking.decayed.hidden_linear"}
    ended = run(tmp_path, "rethinking.networks.inception:inception", **decay)
    assert ended.status == 1
    assert "hidden fully connected layers, and this network has none" in ended.terminal
    assert "1 Linear" in ended.terminal
    assert ended.result is None


def test_a_directory_in_place_of_the_checkpoint_does_not_cost_the_finished_run(tmp_path):
    tmp_path.joinpath("run/checkpoint.pt").mkdir(parents=True)
    # After every batch it is time to save.
    ended = run(tmp_path, "rethinking.networks.mlp:mlp", execution={"checkpoint_minutes": 0})
    assert ended.status == 0, ended.terminal
    assert ended.result["verdict"] == "finished"
    assert "checkpoint.pt" in ended.terminal
    assert len((tmp_path / "run/history.csv").read_text().splitlines()) == 3


def test_a_full_disk_under_the_log_does_not_cost_the_run(tmp_path):
    tmp_path.joinpath("log").symlink_to("/dev/full")
    ended = run(tmp_path, "rethinking.networks.mlp:mlp")
    assert ended.status == 0, ended.terminal
    assert ended.terminal.count("No space left on device") == 1
    assert ended.result["verdict"] == "finished"
