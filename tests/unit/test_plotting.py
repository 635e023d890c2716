"""Pictures have the size and fonts that print needs, and pages say what the numbers are."""

import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pictures import legend, written
from rethinking.baseline import Baseline
from rethinking.exhibits.accuracy_table import drawing as accuracy_table
from rethinking.exhibits.learning_curves import drawing as learning_curves
from rethinking.exhibits.noise_sweep import drawing as noise_sweep
from rethinking.plotting import contact_sheet, pages, style
from rethinking.scorecard import COLUMNS

ABOUT = (3, 0.95, "CIFAR-10")


def curves():
    epochs = np.arange(1, 6)
    frame = pd.DataFrame({"epoch": epochs, "step": 391 * epochs, "mean": 2.0 / epochs})
    frame = frame.assign(lower=frame["mean"] - 0.1, upper=frame["mean"] + 0.1, quantity="train_loss", runs=3)
    return pd.concat([frame.assign(condition=c) for c in ("true_labels", "gaussian")])


def sweep(quantity="relative_time_to_fit", not_fitted=0):
    frame = pd.DataFrame({"label_noise": [0.0, 0.5, 1.0], "mean": [1.0, 2.0, 3.0]})
    frame = frame.assign(lower=frame["mean"] - 0.1, upper=frame["mean"] + 0.1, chance=0.9, runs=3)
    return frame.assign(network="alexnet", quantity=quantity, failed=[0, 0, not_fitted])


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
    wrong = noise_sweep.draw(sweep("test_error", not_fitted=2), "test_error", ["alexnet"], None, *ABOUT, {})
    assert legend(wrong) == ["AlexNet", "not fitted by every run", "chance"]


def test_chance_is_drawn_into_test_errors():
    drawn = noise_sweep.draw(sweep("test_error"), "test_error", ["alexnet"], None, *ABOUT, {})
    assert legend(drawn) == ["AlexNet", "chance"]
    assert [0.9, 0.9] in [list(line.get_ydata()) for line in drawn.axes[0].lines]


ACCURACIES = ("train_accuracy", "test_accuracy", "best_test_accuracy")


def accuracy_rows(diverged=0, mean=0.9, not_fitted=0, best=False):
    keys = {"network": "alexnet", "condition": "true_labels", "random_crop": False, "weight_decay": True}
    rows = [("parameters", 1_387_786, np.nan, np.nan)]
    rows += [(quantity, mean, mean - 0.01, mean + 0.01) for quantity in ACCURACIES]
    summary = pd.DataFrame(rows, columns=["quantity", "mean", "lower", "upper"])
    summary = summary.assign(**keys, runs=3, diverged=diverged, not_fitted=not_fitted, chance=0.1)
    paper = pd.DataFrame([{**keys, "parameters": 1, "train_accuracy": 1.0, "test_accuracy": 0.7736}])
    return accuracy_table.text_rows(accuracy_table.table_rows(summary, paper), {"alexnet": 0.5}, best)


def test_a_table_is_in_per_cent_with_half_the_interval_and_the_papers_numbers():
    (row,) = accuracy_rows().to_dict("records")
    assert row["model"] == "AlexNet (width ×0.5)"
    assert row["parameters"] == "1,387,786"
    assert row["test accuracy"] == "90.00 ± 1.00"
    assert row["paper: test"] == "77.36"
    assert row["weight decay"] == "yes"
    assert "best test accuracy" not in row
    assert accuracy_rows(best=True)["best test accuracy"][0] == "90.00 ± 1.00"


def test_diverged_runs_stand_in_the_table():
    assert accuracy_rows(diverged=1)["train accuracy"][0] == "90.00 ± 1.00 (1 diverged)"
    assert accuracy_rows(diverged=3, mean=np.nan)["train accuracy"][0] == "– (3 diverged)"
    row = accuracy_rows(diverged=1, not_fitted=2).iloc[0]
    assert row["train accuracy"] == "90.00 ± 1.00 (1 diverged, 2 not fitted)"
    assert row["test accuracy"] == "90.00 ± 1.00 (1 diverged)"


def test_latex_escapes_what_it_must():
    data = r"my_data & 5% \x"
    linear = pages.baseline_notes({data: Baseline(0.1, 0.2, 100)})
    tex = accuracy_table._latex(accuracy_rows(), "table1", data, 3, 0.95, linear)
    assert r"fitted to my\_data \& 5\% \textbackslash{}x by least squares" in tex
    assert r"on my\_data \& 5\% \textbackslash{}x (\%)" in tex
    assert r"$\times$0.5" in tex
    assert r"90.00 $\pm$ 1.00" in tex
    assert "%" not in tex.replace(r"\%", "")


@pytest.mark.parametrize(
    "hostile", [r"\input{/etc/passwd}", r"\immediate\write18{id}", "a^^5cinput", "$x$ % &"]
)
def test_latex_runs_nothing_that_a_name_says(hostile):
    rows = pd.DataFrame({hostile: [hostile], "error": ["1 ± 2"]})
    for tex in (
        pages.text_latex(rows, 1, "table3", hostile),
        accuracy_table._latex(accuracy_rows(), "table1", hostile, 3, 0.95, []),
    ):
        assert not re.search(r"\\(input|immediate|write)", tex)
        assert "^^" not in tex
        assert hostile not in tex


def test_pages_show_names_and_tags_as_text():
    hostile = "<script>alert(1)</script> {{ 7 * 7 }}"
    page = pages.page(hostile, [hostile], [{"title": hostile, "columns": [], "rows": []}])
    assert "<script>" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 * 7 }}") == 4


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


def test_names_of_classes_are_no_formulas():
    assert contact_sheet.cell("cat") == "cat"
    for name in ("=cmd|'/C calc'!A0", "+1", "-1", "@SUM(A1)"):
        assert contact_sheet.cell(name) == f"'{name}"


def test_images_of_a_mosaic_need_not_be_square():
    assert contact_sheet.mosaic([[np.zeros((8, 20, 3))] * 10] * 2).shape == (2 * 10 - 2, 10 * 22 - 2, 3)


def test_a_contact_sheet_says_what_its_halves_are():
    panel = [[np.zeros((8, 8, 3), dtype=np.uint8)] * 10] * 2
    left = contact_sheet.Panel("true labels", panel, ["cat", "a very long name of a class"])
    drawn = contact_sheet.draw(left, left._replace(title="random labels"), "digits")
    assert [axes.get_title(loc="left") for axes in drawn.axes] == ["true labels", "random labels"]
    assert [text.get_text() for text in drawn.axes[0].get_yticklabels()] == ["cat", "a very long nam…"]


def test_a_user_s_dollars_and_backslashes_are_no_mathematics(tmp_path):
    title = r"$\frac{1}{0}$ & 5% _a_ \input"
    curve = learning_curves.draw(curves(), "train_loss", ["gaussian"], None, 3, 0.95, title, "inception", {})
    assert any(title in text for text in written(curve, tmp_path / "x.png"))
    panel = contact_sheet.Panel("true labels", [[np.zeros((8, 8, 3), dtype=np.uint8)] * 10] * 2, ["$a", "$b"])
    assert {"$a", "$b"} <= set(written(contact_sheet.draw(panel, panel, title), tmp_path / "y.png"))


LINEAR = Baseline(0.0386, 0.0793, 1097)


def test_the_linear_classifier_is_shown_with_what_was_done_to_large_images():
    (note,) = pages.baseline_notes({"digits": LINEAR})
    assert note == (
        "For comparison, a linear classifier fitted to digits by least squares: train error 3.86 %, test "
        "error 7.93 % (1,097 test images)."
    )
    (note,) = pages.baseline_notes({"photos": LINEAR._replace(averaged_over=7)})
    assert "least squares, images averaged over 7 × 7 pixels: train" in note
    assert "digits by least squares" in accuracy_table._html(
        accuracy_rows(), "table1", "digits", 3, 0.95, pages.baseline_notes({"digits": LINEAR})
    )


def test_the_scorecard_shows_what_counts_apart_from_what_does_not():
    rows = [
        ("claim", "fig1a", "alexnet fits <b>", 0.5, 0.4, 0.6, "seeds, test set", 3, 1, None, "not matched"),
        ("number", "table1", "alexnet", 0.76, None, None, "", 3, 0, 0.01, "matched"),
        ("consequence", "interpolants", "random labels", 0.9, None, None, "", 3, 0, None, "matched"),
        ("uncounted", "table1", "alexnet", 9.0, None, None, "", 3, 0, 0.0, "matched"),
    ]
    columns = ["kind", "source", "item", "ours", "lower", "upper", "interval", "runs", "failed", "difference"]
    card = pd.DataFrame(rows, columns=[*columns, "verdict"]).reindex(columns=COLUMNS)
    card = card.assign(measured="x", rule="a rule", paper="1")
    html = pages.scorecard_html(card, "digits", {"digits": LINEAR}, 0.95)
    titles = re.findall("<h2>(.*?)</h2>", html)
    assert titles == [
        "Claims",
        "Numbers that the paper prints",
        "Consequences, which are not counted",
        "Numbers that are not counted",
    ]
    assert "claims: 0 matched, 1 not matched, 0 not run; numbers: 1 matched" in html
    assert "0.4 to 0.6 (seeds, test set)</td><td>3 (1 failed)" in html
    assert "AlexNet fits &lt;b&gt;" in html
    assert html.count("<th>difference</th>") == 2
    assert "digits by least squares" in html
