"""Pictures have the size and fonts that print needs, and pages say what the numbers are."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from rethinking.plotting import contact_sheet, learning_curves, noise_sweep, pages, style
from rethinking.statistics import table_rows

ABOUT = (3, 0.95, "CIFAR-10")


def curves():
    epochs = np.arange(1, 6)
    frame = pd.DataFrame({"epoch": epochs, "step": 391 * epochs, "mean": 2.0 / epochs})
    frame = frame.assign(lower=frame["mean"] - 0.1, upper=frame["mean"] + 0.1, quantity="train_loss", runs=3)
    return pd.concat([frame.assign(condition=c) for c in ("true_labels", "gaussian")])


def sweep(quantity="relative_time_to_fit", not_fitted=0):
    frame = pd.DataFrame({"label_noise": [0.0, 0.5, 1.0], "mean": [1.0, 2.0, 3.0]})
    frame = frame.assign(lower=frame["mean"] - 0.1, upper=frame["mean"] + 0.1, chance=0.9, runs=3)
    return frame.assign(network="alexnet", quantity=quantity, not_fitted=[0, 0, not_fitted])


def legend(drawn):
    return [text.get_text() for text in drawn.axes[0].get_legend().get_texts()]


@pytest.fixture
def drawn():
    conditions = ["true_labels", "gaussian"]
    return learning_curves.draw(
        curves(), "train_loss", conditions, None, *ABOUT, "inception", {"inception": 0.5}
    )


def test_pictures_are_sharp_and_their_fonts_are_truetype(drawn, tmp_path):
    style.save(drawn, tmp_path / "x.png")
    style.save(drawn, tmp_path / "x.pdf")
    assert Image.open(tmp_path / "x.png").size[0] > 1300
    content = (tmp_path / "x.pdf").read_bytes()
    assert b"/Type3" not in content
    assert b"/Type42" in content or b"/CIDFontType2" in content


def test_a_figure_says_what_it_shows(drawn):
    assert legend(drawn) == ["true labels", "Gaussian"]
    title = drawn.axes[0].get_title(loc="left")
    assert title == "Inception (width ×0.5) on CIFAR-10\nmean of 3 seeds with 95% interval"


def test_the_papers_curve_is_named_where_it_is_drawn():
    paper = pd.DataFrame({"condition": "gaussian", "step": [391, 782], "average_loss": [2.3, 2.0]})
    drawn = learning_curves.draw(curves(), "train_loss", ["gaussian"], paper, *ABOUT, "inception", {})
    assert legend(drawn) == ["Gaussian", "paper"]


def test_a_lower_bound_is_marked_as_one():
    fitted = noise_sweep.draw(sweep(), "relative_time_to_fit", ["alexnet"], None, *ABOUT, {})
    assert legend(fitted) == ["AlexNet"]
    missed = noise_sweep.draw(sweep(not_fitted=2), "relative_time_to_fit", ["alexnet"], None, *ABOUT, {})
    assert "at least this" in legend(missed)[-1]


def test_chance_is_drawn_into_test_errors():
    drawn = noise_sweep.draw(sweep("test_error"), "test_error", ["alexnet"], None, *ABOUT, {})
    assert legend(drawn) == ["AlexNet", "chance"]
    assert [0.9, 0.9] in [list(line.get_ydata()) for line in drawn.axes[0].lines]


def accuracy_rows(diverged=0, mean=0.9):
    keys = {"network": "alexnet", "condition": "true_labels", "random_crop": False, "weight_decay": True}
    rows = [("parameters", 1_387_786, np.nan, np.nan)]
    rows += [(quantity, mean, mean - 0.01, mean + 0.01) for quantity in ("train_accuracy", "test_accuracy")]
    summary = pd.DataFrame(rows, columns=["quantity", "mean", "lower", "upper"])
    summary = summary.assign(**keys, runs=3, diverged=diverged, chance=0.1)
    paper = pd.DataFrame([{**keys, "parameters": 1, "train_accuracy": 1.0, "test_accuracy": 0.7736}])
    return pages.accuracy_rows(table_rows(summary, paper), {"alexnet": 0.5})


def test_a_table_is_in_per_cent_with_half_the_interval_and_the_papers_numbers():
    (row,) = accuracy_rows().to_dict("records")
    assert row["model"] == "AlexNet (width ×0.5)"
    assert row["parameters"] == "1,387,786"
    assert row["test accuracy"] == "90.00 ± 1.00"
    assert row["paper: test"] == "77.36"
    assert row["weight decay"] == "yes"


def test_diverged_runs_stand_in_the_table():
    assert accuracy_rows(diverged=1)["train accuracy"][0] == "90.00 ± 1.00 (1 diverged)"
    assert accuracy_rows(diverged=3, mean=np.nan)["train accuracy"][0] == "– (3 diverged)"


def test_latex_escapes_what_it_must():
    tex = pages.accuracy_latex(accuracy_rows(), "table1", r"my_data & 5% \x", 3, 0.95)
    assert r"on my\_data \& 5\% \textbackslash{}x (\%)" in tex
    assert r"$\times$0.5" in tex
    assert r"90.00 $\pm$ 1.00" in tex
    assert "%" not in tex.replace(r"\%", "")


def test_a_contact_sheet_takes_its_images_from_all_over_the_data():
    # Sorted by class, as folders are: the first hundred with any one random label are of one class.
    true = np.repeat(np.arange(10), 1000)
    random = np.random.default_rng(0).integers(0, 10, 10_000)
    picked = contact_sheet.pick(random)
    for label, indices in enumerate(picked):
        assert (random[indices] == label).all()
        assert len(set(indices.tolist())) == 10
        assert len(set(true[indices].tolist())) >= 8
    assert [len(found) for found in contact_sheet.pick(np.array([0, 0, 1]), rows=3)] == [2, 1, 0]


def test_a_mosaic_shows_every_image_in_its_place_and_clips_what_is_no_colour():
    images = [[np.full((8, 8, 1), 25 * row + column) for column in range(10)] for row in range(3)]
    images[2][9] = np.full((8, 8, 1), -40, dtype=np.int16)
    images[1].pop()
    sheet = contact_sheet.mosaic(images)
    assert sheet.shape == (3 * 9 - 1, 10 * 9 - 1, 1)
    assert (sheet[9:17, 18:26] == 27).all()
    assert (sheet[18:, -8:] == 0).all()
    assert (sheet[9:17, -8:] == 255).all(), "a class with fewer images leaves a gap"


def test_images_of_a_mosaic_need_not_be_square():
    assert contact_sheet.mosaic([[np.zeros((8, 20, 3))] * 10] * 2).shape == (2 * 10 - 2, 10 * 22 - 2, 3)


def test_a_contact_sheet_says_what_its_halves_are():
    panel = [[np.zeros((8, 8, 3), dtype=np.uint8)] * 10] * 2
    left = contact_sheet.Panel("true labels", panel, ["cat", "a very long name of a class"])
    drawn = contact_sheet.draw(left, left._replace(title="random labels"), "digits")
    assert [axes.get_title(loc="left") for axes in drawn.axes] == ["true labels", "random labels"]
    assert [text.get_text() for text in drawn.axes[0].get_yticklabels()] == ["cat", "a very long nam…"]
