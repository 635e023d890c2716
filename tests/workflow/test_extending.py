"""Code of one's own, outside the project: the examples of CONTRIBUTING, as they stand there."""

import csv
import json
import re
import shutil
from collections import Counter

import numpy as np
import pytest

from trees import HERE, Tree, run_place

BLOCKS = re.findall(
    r"```(?:python|yaml)\n# mine/(\S+)\n(.*?)```", (HERE / "CONTRIBUTING.md").read_text(), re.S
)


def with_example(tree: Tree, name: str, *beside: str) -> list[str]:
    """The files of one example beside the project, as CONTRIBUTING has them; the options that name them."""
    folder = tree.folder.with_name("mine")
    folder.mkdir(exist_ok=True)
    wanted = {f"{name}.py", f"{name}.yaml", *beside}
    files = {file: text for file, text in BLOCKS if file in wanted}
    assert set(files) == wanted
    for file, text in files.items():
        (folder / file).write_text(text)
    return ["--configfile", "config/small.yaml", f"../mine/{name}.yaml"]


def source(folder):
    """All code and configuration of the project, byte for byte."""
    parts = ("config.yaml", "config", "src", "workflow")
    files = [path for part in parts for path in [folder / part, *(folder / part).rglob("*")]]
    return {path: path.read_bytes() for path in files if path.is_file() and path.suffix != ".pyc"}


def edit(tree, file, old, new):
    path = tree.folder.with_name("mine") / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_corruption_of_images_is_one_file_and_an_entry(tree):
    before = source(tree.folder)
    options = with_example(tree, "inverted")
    planned = tree.planned("fig1a", *options)
    # True labels are there.
    assert planned == Counter(corrupt_images=2, train=2, summarise_fig1a=1, fig1a=1)
    tree.snakemake("fig1a", "contact_sheet_inverted", "scorecard", *options)
    clean = np.load(tree.result("data/digits/images/true") / "train.npy")
    for seed in (0, 1):
        manifest = tree.result("data/digits/images/inverted", seed) / "manifest.json"
        assert json.loads(manifest.read_text())["spec"]["options"] == {"share": 0.9}
        images = np.load(manifest.with_name("train.npy"))
        side = images.shape[1]
        start = (clean.shape[1] - side) // 2
        centre = clean[:, start : start + side, start : start + side]
        inverted = (images == 255 - centre).all(axis=(1, 2, 3))
        assert ((images == centre).all(axis=(1, 2, 3)) | inverted).all()
        assert 0.85 < inverted.mean() < 0.95
    with open(tree.results / "figures/fig1a.csv") as file:
        assert {row["condition"] for row in csv.DictReader(file)} == {"true_labels", "inverted"}
    assert (tree.results / "data/digits/contact_sheets/inverted.png").stat().st_size > 5000
    # The paper says nothing of it, so nothing is said in the paper's name.
    with open(tree.results / "scorecard.csv") as file:
        items = [row["item"] for row in csv.DictReader(file)]
    assert items
    assert not [item for item in items if "inverted" in item]
    assert source(tree.folder) == before
    # An edited plugin reaches its own results; a comment in it none.
    edit(tree, "inverted.py", "import numpy", "# a remark\nimport numpy")
    assert tree.planned("fig1a", *options) == Counter()
    edit(tree, "inverted.py", "< share", "<= share")
    assert tree.planned("fig1a", *options) == Counter(corrupt_images=2, train=2, summarise_fig1a=1, fig1a=1)
    done = tree.check("config/small.yaml", "../mine/inverted.yaml")
    assert "results/small/data/digits/images/inverted/" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_network_is_one_file_and_starts_from_the_same_weights_in_every_process(tree):
    before = source(tree.folder)
    options = with_example(tree, "gated")
    assert tree.planned("fig1c", *options) == Counter(train=4, summarise_fig1c=1, fig1c=1)
    tree.snakemake("fig1c", *options)
    assert source(tree.folder) == before
    folder = tree.result(run_place(network="gated"), 0)
    first = json.loads((folder / "run.json").read_text())
    # Units, gates, and outputs of 7 × 7 pixels and 10 classes.
    assert first["parameters"] == 49 * 32 + 32 + 32 + 32 * 10 + 10
    shutil.rmtree(folder)
    tree.snakemake(str((folder / "receipt.json").relative_to(tree.folder)), *options)
    assert json.loads((folder / "run.json").read_text())["weights_sha256"] == first["weights_sha256"]
    edit(tree, "gated.py", "torch.randn(hidden)", "torch.ones(hidden)")
    jobs, runs = tree.plan("fig1c", *options)
    assert jobs == Counter(train=4, summarise_fig1c=1, fig1c=1)
    assert all("/gated/" in place for place, _ in runs)


def test_a_measurement_and_its_figure_are_two_files_and_an_entry(tree):
    before = source(tree.folder)
    options = with_example(tree, "small_weights", "small_weights_by_labels.py")
    runs = {path: path.read_bytes() for path in tree.results.glob("runs/**/run.json")}
    planned = tree.planned("small_weights", *options)
    # The runs are there without weights, which are made beside them: two seeds of two conditions.
    assert planned == Counter(train=4, measure=4, summarise_small_weights=1, small_weights=1)
    tree.snakemake("small_weights", *options)
    assert source(tree.folder) == before
    assert {path: path.read_bytes() for path in runs} == runs
    with open(tree.results / "figures/small_weights.csv") as file:
        rows = list(csv.DictReader(file))
    assert {row["condition"] for row in rows} == {"true_labels", "random_labels"}
    # Of normally distributed weights 8 % are below a tenth of the root mean square, of uniform ones 6 %.
    assert all(0.02 < float(row["small"]) < 0.2 for row in rows), rows
    assert (tree.results / "figures/small_weights.png").stat().st_size > 5000
    edit(tree, "small_weights_by_labels.py", '"share of small weights"', '"small weights"')
    assert tree.planned("small_weights", *options)["measure"] == 0
    edit(tree, "small_weights.py", "< below", "<= below")
    planned = tree.planned("small_weights", *options)
    assert (planned["measure"], planned["train"]) == (4, 0)


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("inverted.py", "def corrupt(", "def corrupts(", "needs the function corrupt"),
        ("inverted.py", "generator, share)", "generator, chance)", "corrupt takes no 'share'"),
        ("inverted.py", '"of": "images"', '"of": "image"', "ABOUT says of 'image'; did you mean 'images'?"),
        ("inverted.py", "import numpy", "import nunpy", "imports nunpy, which is not installed"),
        ("inverted.py", "import numpy", "import numpy as", "invalid syntax"),
        ("inverted.yaml", "inverted]", "inverte]", "did you mean 'inverted'?"),
        ("inverted.yaml", "share: 0.9", "shares: 0.9", "did you mean 'share'?"),
        (
            "inverted.yaml",
            "inverted.py",
            "inverts.py",
            "../mine/inverts.py is no folder and no file of Python",
        ),
    ],
)
def test_a_slip_in_a_plugin_is_named_before_any_job(fresh, file, old, new, problem):
    options = with_example(fresh, "inverted")
    edit(fresh, file, old, new)
    failed = fresh.snakemake("fig1a", "--dry-run", *options, check=False)
    assert failed.returncode == 1
    assert problem in failed.stdout
    if file.endswith(".py"):
        assert re.search(r"mine/inverted\.py, line \d+", failed.stdout)
    assert "Traceback" not in failed.stdout


def test_a_name_of_ours_is_refused_to_a_plugin(fresh):
    options = with_example(fresh, "inverted")
    folder = fresh.folder.with_name("mine")
    (folder / "inverted.py").rename(folder / "gaussian.py")
    edit(fresh, "inverted.yaml", "inverted.py", "gaussian.py")
    failed = fresh.snakemake("fig1a", "--dry-run", *options, check=False)
    assert "mine/gaussian.py, line" in failed.stdout
    assert "the corruption 'gaussian' has a home already" in failed.stdout
