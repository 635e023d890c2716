"""Section 5's kernel systems through the workflow: numbers, reruns, interruptions, what has no solution."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from scipy import linalg
from scipy.spatial.distance import cdist

from rethinking.kernels.backends import gpu_or_none
from small import ROWS
from trees import KERNEL_TARGETS, system_place


def solved(tree, system, ridge, seed=0):
    return json.loads((tree.result(system_place(system, ridge), seed) / "system.json").read_text())


def selected(tree, system):
    return json.loads((tree.result(f"systems/{system}/selection") / "selection.json").read_text())


def receipts(tree, *systems):
    """What Snakemake is asked for to solve systems, each a name and a ridge, with the first seed."""
    return tree.receipts(*((system_place(*each), 0) for each in systems))


def table(tree, name="table3"):
    return pd.read_csv(tree.results / f"tables/{name}.csv").set_index(["system", "ridge"])


def html_rows(tree, name):
    """The cells of each row of a table's page."""
    page = (tree.results / f"tables/{name}.html").read_text()
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.S)
    return [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S) for row in rows]


def test_figures_and_tables_of_kernel_systems_are_there_in_every_form(finished_kernels):
    results = finished_kernels.results
    for name in ("fig_ridge", "fig_minimum_norm"):
        assert (results / f"figures/{name}.png").read_bytes().startswith(b"\x89PNG")
        assert (results / f"figures/{name}.pdf").read_bytes().startswith(b"%PDF")
        assert len(pd.read_csv(results / f"figures/{name}.csv"))
    for name in ("table3", "interpolants"):
        assert r"\begin{tabular}" in (results / f"tables/{name}.tex").read_text()
        assert len(pd.read_csv(results / f"tables/{name}.csv"))
        assert len(html_rows(finished_kernels, name)) > 2
    assert finished_kernels.planned(*KERNEL_TARGETS) == Counter()


def test_table_3_has_the_numbers_of_the_solves(finished_kernels):
    rows = table(finished_kernels)
    assert list(rows.index) == [tuple(row.values()) for row in ROWS]
    for (system, ridge), row in rows.iterrows():
        results = [solved(finished_kernels, system, ridge, seed) for seed in range(1 + (system == "patches"))]
        assert row["runs"] + row["not_solved"] == len(results)
        for name in ("test_error", "train_error", "norm", "norm_of_signs", "condition_number", "gamma"):
            values = [np.nan if result[name] is None else result[name] for result in results]
            assert row[name] == pytest.approx(np.mean(values), rel=1e-14, nan_ok=True)
    assert rows.loc[("patches", "none"), "test_error_upper"] > rows.loc[("patches", "none"), "test_error"]


def test_the_page_and_the_latex_have_the_numbers_of_the_table(finished_kernels):
    tex = (finished_kernels.results / "tables/table3.tex").read_text()
    header, *rows = html_rows(finished_kernels, "table3")
    for cells, (_, row) in zip(rows, table(finished_kernels).iterrows(), strict=True):
        shown = dict(zip(header, cells, strict=True))
        if row["not_solved"]:
            continue
        assert shown["test error"].split(" ")[0] == f"{100 * row['test_error']:.2f}"
        assert shown["norm, ±1"].split(" ")[0] == f"{row['norm_of_signs']:.1f}"
        assert f"{100 * row['test_error']:.2f}" in tex


@pytest.mark.parametrize("ridge", ["none", "0.1"])
def test_a_system_is_what_scipy_makes_of_the_prepared_images(finished_kernels, ridge):
    images = finished_kernels.result("data/digits/images/true")
    labelled = finished_kernels.result("data/digits/labels/noise-0")
    points = {part: np.load(images / f"{part}.npy") for part in ("train", "test")}
    points = {part: images.reshape(len(images), -1) / 255 for part, images in points.items()}
    labels = {part: np.load(labelled / f"{part}.npy") for part in ("train", "test")}
    result = solved(finished_kernels, "pixels", ridge)
    kernel = {
        part: np.exp(-result["gamma"] * cdist(points[part], points["train"], "sqeuclidean"))
        for part in points
    }
    system = kernel["train"] + (0.0 if ridge == "none" else 0.1) * np.eye(len(labels["train"]))
    targets = (labels["train"][:, None] == np.arange(10)).astype(float)
    for key, right in (("norm", targets), ("norm_of_signs", 2 * targets - 1)):
        weights = linalg.solve(system, right, assume_a="pos")
        norm = np.sqrt(np.trace(weights.T @ kernel["train"] @ weights))
        assert result[key] == pytest.approx(norm, rel=1e-8)
    weights = linalg.solve(system, targets, assume_a="pos")
    for part in points:
        error = np.mean((kernel[part] @ weights).argmax(axis=1) != labels[part])
        assert result[f"{part}_error"] == error


def test_the_kernel_is_chosen_by_the_validation_error(finished_kernels):
    selection = selected(finished_kernels, "pixels")
    rows = selection["errors"]
    assert [(row["gamma"], row["ridge"]) for row in rows] == [
        (width, ridge) for width in (0.1, 0.2) for ridge in (0.0, 0.01, 0.1)
    ]
    assert selection["chosen"]["error"] == min(row["error"] for row in rows)
    result = solved(finished_kernels, "pixels", "chosen")
    assert [result[key] for key in ("gamma", "ridge")] == [
        selection["chosen"][key] for key in ("gamma", "ridge")
    ]
    for ridge in ("none", "0.1"):
        assert solved(finished_kernels, "pixels", ridge)["gamma"] == selection["none"]["gamma"]


def test_nothing_is_chosen_by_test_labels(finished_kernels):
    ours, theirs = (selected(finished_kernels, name) for name in ("pixels", "relabelled"))
    assert ours["stamp"] != theirs["stamp"]
    for key in ("errors", "chosen", "none"):
        assert ours[key] == theirs[key]
    ours, theirs = (solved(finished_kernels, name, "none") for name in ("pixels", "relabelled"))
    assert ours["norm"] == theirs["norm"]
    assert ours["test_error"] < 0.1 < 0.8 < theirs["test_error"]


def test_a_system_without_a_solution_is_a_result(finished_kernels):
    result = solved(finished_kernels, "copies", "none")
    assert result["verdict"].startswith("not solved: ")
    assert "20 points are exact copies of others" in result["verdict"]
    assert result["test_error"] is result["norm"] is None
    for ridge in ("0.1", "chosen"):
        assert solved(finished_kernels, "copies", ridge)["verdict"] == "solved"
    row = table(finished_kernels).loc[("copies", "none")]
    assert (row["runs"], row["not_solved"]) == (0, 1)
    assert np.isnan(row["test_error"])
    header, *rows = html_rows(finished_kernels, "table3")
    (cells,) = [row for row in rows if row[0] == "copies" and row[header.index("ridge")] == "none"]
    assert cells[header.index("test error")] == "not solved"
    for name in ("train error", "residual"):
        assert cells[header.index(name)] == "–"
    scorecard = pd.read_csv(finished_kernels.results / "scorecard.csv").set_index("item")
    assert scorecard.loc["copies interpolates", "verdict"] == "not matched"
    figure = pd.read_csv(finished_kernels.results / "figures/fig_ridge.csv")
    known = figure[(figure["system"] == "copies") & (figure["quantity"] == "test_error")]
    assert known.set_index("ridge")["mean"].notna().to_dict() == {"0.0": False, "0.1": True, "chosen": True}


def test_what_is_not_a_number_stands_nowhere(finished_kernels):
    results = finished_kernels.results
    made = [*results.glob("*.*"), *(results / "figures").glob("*"), *(results / "tables").glob("*")]
    made += (results / "summaries").rglob("summary.csv")
    texts = {path: path.read_text() for path in made if path.suffix in (".csv", ".html", ".tex", ".json")}
    assert len(texts) >= 14
    for path, text in texts.items():
        assert not re.search(r"\b(nan|inf|none type)\b", text, re.I), path


def test_a_solved_system_leaves_no_panels(finished_kernels):
    left = {path.name for path in (finished_kernels.results / "systems").rglob("*") if path.is_file()}
    assert left == {"selection.json", "system.json", "receipt.json"}
    assert not list((finished_kernels.results / "systems").rglob("panels"))


def test_the_check_tells_what_is_missing_and_altered_among_kernel_systems(kernels):
    assert " 0 altered, 0 missing" not in kernels.check().stdout  # `all` was not made
    features = kernels.result("data/digits/features/random_patches", 1) / "filters.npy"
    features.write_bytes(features.read_bytes()[:-4])
    result = kernels.result(system_place("gabor", "none"), 0) / "system.json"
    result.write_text(result.read_text().replace('"solved"', '"not solved"'))
    kernels.put("systems", "pixels", "gamma", value=[0.1, 0.3])
    done = kernels.check()
    assert done.returncode == 1
    assert f"{features.relative_to(kernels.folder)}: truncated or altered" in done.stdout
    assert f"{result.relative_to(kernels.folder)}: altered since it was made" in done.stdout
    assert " 2 altered, " in done.stdout
    missing = re.findall(r"^results/small/(systems/\S+)/\w{16}/\S+: missing", done.stdout, re.M)
    # The choice, and the systems that hang on it.
    assert set(missing) == {
        "systems/pixels/selection", *(system_place("pixels", ridge) for ridge in ("none", "0.1", "chosen")),
    }  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_solve_that_is_stopped_goes_on_to_the_numbers_of_the_undisturbed_one(kernels, number):
    if number == signal.SIGTERM:
        # It keeps its panels because it is asked to end, not because the time has come.
        kernels.put("execution", "checkpoint_minutes", value=600)
    whole = solved(kernels, "large", "none")
    folder, log = (
        kernels.result(system_place("large", "none"), 0),
        kernels.log(system_place("large", "none"), 0),
    )
    target = str((folder / "receipt.json").relative_to(kernels.folder))
    shutil.rmtree(folder)
    log.unlink()
    command = [sys.executable, "-m", "snakemake", target, "--configfile", "config/small.yaml"]
    run = subprocess.Popen(
        [*command, "--cores", "1", "--nolock"],
        cwd=kernels.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    deadline = time.time() + 120
    while not (log.exists() and re.search(r"^\S+ of \S+ FLOP", log.read_text(), re.M)):
        assert time.time() < deadline
        assert run.poll() is None
        time.sleep(0.002)
    os.killpg(run.pid, number)
    run.wait()
    assert not (folder / "system.json").exists()
    kernels.snakemake(target)
    found = re.search(r"going on from .*: (\d+) of (\d+) panels are there", log.read_text())
    assert 1 <= int(found[1]) < int(found[2])
    assert not (folder / "panels").exists()
    result = solved(kernels, "large", "none")
    for each in (result, whole):
        del each["measured"], each["sha256"]
    assert result == whole


def shown_by(*names):
    """The summaries and pictures of some figures or tables, and the scorecard of all."""
    return Counter([f"summarise_{name}" for name in names] + [*names, "scorecard"])


CHANGES = [
    # Of this figure nothing is claimed.
    (
        ("figures", "fig_ridge", "ridge"),
        [0.0, 0.1, 0.5],
        Counter(solve_system=2, summarise_fig_ridge=1, fig_ridge=1),
    ),
    (
        ("systems", "pixels", "gamma"),
        [0.1, 0.3],
        Counter(select_kernel=1, solve_system=3) + shown_by("fig_ridge", "table3"),
    ),
    (
        ("validation",),
        {"share": 0.25},
        Counter(select_kernel=3, solve_system=5) + shown_by("fig_ridge", "table3"),
    ),
    (
        ("features", "random_patches", "filters"),
        30,
        Counter(add_inner_products=2, solve_system=2) + shown_by("table3"),
    ),
    # One more of what is drawn at random.
    (
        ("seeds",),
        [0, 1, 7],
        Counter(add_inner_products=1, solve_system=1, run_experiment=2)
        + shown_by("fig_minimum_norm", "table3", "interpolants"),
    ),
    (("interval",), {"confidence": 0.9}, shown_by(*KERNEL_TARGETS[:4])),
    # No figure or table asks for the best ridge of this one.
    (("systems", "gabor", "ridge"), [0.5], Counter()),
    (
        ("execution",),
        {"gpu": 1, "systems": {"threads": 2, "mem_mb": 2000}},
        Counter(),
    ),
]


@pytest.mark.parametrize(
    ("path", "value", "expected"), CHANGES, ids=[".".join(change[0]) for change in CHANGES]
)
def test_a_changed_value_reruns_what_it_reaches(kernels, path, value, expected):
    kernels.put(*path, value=value)
    assert kernels.planned(*KERNEL_TARGETS) == expected


def test_comments_and_docstrings_of_the_solver_rerun_nothing(kernels):
    edited = 0
    for file in (kernels.folder / "src/rethinking/kernels").glob("*.py"):
        if text := file.read_text():
            file.write_text(text.replace('"""', '"""Other words: ', 1) + "# a remark\n")
            edited += 1
    assert edited > 5
    assert kernels.planned(*KERNEL_TARGETS) == Counter()


def test_an_edited_factorisation_solves_everything_again_and_transforms_nothing(kernels):
    kernels.edit("src/rethinking/kernels/cholesky.py", "alpha=-1.0", "alpha=-1.5")
    solves = Counter(select_kernel=3, solve_system=11, run_experiment=4)
    assert kernels.planned(*KERNEL_TARGETS) == solves + shown_by(*KERNEL_TARGETS[:4])


def test_truncated_features_are_refused_and_the_named_command_mends_them(kernels):
    array = kernels.result("data/digits/features/gabor") / "train.npy"
    content = array.read_bytes()
    array.write_bytes(content[:-9])
    shutil.rmtree(kernels.result(system_place("gabor", "none"), 0))
    (target,) = receipts(kernels, ("gabor", "none"))
    failed = kernels.snakemake(target, check=False)
    assert failed.returncode == 1
    assert "train.npy: truncated or altered since it was made" in failed.stdout
    made = (array.parent / "receipt.json").relative_to(kernels.folder)
    assert f"snakemake --configfile config/small.yaml --cores 1 --force {made}" in failed.stdout
    assert "Traceback" not in failed.stdout
    kernels.mend(failed.stdout)
    assert array.read_bytes() == content
    kernels.snakemake(target)


def test_a_truncated_system_is_refused_and_the_named_command_mends_it(kernels):
    file = kernels.result(system_place("gabor", "none"), 0) / "system.json"
    content = file.read_bytes()
    file.write_bytes(content[:-9])
    shutil.rmtree(kernels.results / "summaries/table3")
    failed = kernels.snakemake("summarise_table3", check=False)
    assert failed.returncode == 1
    assert "system.json: truncated or altered" in failed.stdout
    made = (file.parent / "receipt.json").relative_to(kernels.folder)
    assert f"snakemake --configfile config/small.yaml --cores 1 --force {made}" in failed.stdout
    kernels.mend(failed.stdout)
    assert solved(kernels, "gabor", "none")["norm"] == json.loads(content)["norm"]


@pytest.mark.skipif(gpu_or_none() is not None, reason="there is a GPU")
@pytest.mark.parametrize("resources", [(), ("--resources", "gpu=0")], ids=["asked for", "refused"])
def test_without_a_gpu_a_system_is_solved_on_the_cpu(kernels, resources):
    before = solved(kernels, "gabor", "none")
    kernels.put("execution", "gpu", value=1)
    shutil.rmtree(kernels.result(system_place("gabor", "none"), 0))
    kernels.snakemake(*receipts(kernels, ("gabor", "none")), *resources)
    log = kernels.log(system_place("gabor", "none"), 0).read_text()
    assert ("a GPU was asked for and CuPy sees none: solving on the CPU" in log) == (not resources)
    result = solved(kernels, "gabor", "none")
    assert (result["device"], result["place"]) == ("CPU", "memory")
    assert result["norm"] == before["norm"]


def test_without_snakemakes_records_only_what_settings_reach_is_solved(kernels):
    shutil.rmtree(kernels.folder / ".snakemake")
    assert kernels.planned(*KERNEL_TARGETS) == Counter()
    kernels.put("systems", "pixels", "gamma", value=[0.1, 0.3])
    planned = kernels.planned(*KERNEL_TARGETS)
    assert planned == Counter(select_kernel=1, solve_system=3) + shown_by("fig_ridge", "table3")


def test_copies_are_a_result_where_a_gamma_is_chosen(kernels):
    kernels.put("systems", "copies", "gamma", value=[0.1, 0.2])
    kernels.snakemake(*receipts(kernels, ("copies", "none"), ("copies", "0.1")))
    assert solved(kernels, "copies", "none")["verdict"].startswith("not solved")
    assert solved(kernels, "copies", "0.1")["verdict"] == "solved"


def test_a_slip_in_the_code_loses_no_solved_system(kernels):
    before = {path: path.read_bytes() for path in kernels.results.glob("systems/**/*.json")}
    assert before
    module = kernels.folder / "src/rethinking/kernels/systems.py"
    code = module.read_text()
    module.write_text(code.replace("factor = factorise(", "factor = factorize("))
    # The choice of a kernel is solved by the same code, and so are systems with and without a choice.
    systems = [("pixels", "chosen"), ("gabor", "none"), ("patches", "none")]
    failed = kernels.snakemake(*receipts(kernels, *systems), "--keep-going", check=False)
    assert failed.returncode != 0
    module.write_text(code)
    assert kernels.planned(*receipts(kernels, *systems)) == Counter()
    assert {path: path.read_bytes() for path in before} == before
