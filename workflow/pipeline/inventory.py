"""All results of a configuration: where each lies, which rule and job make it, and what it vouches for."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.kernel_plan import MEASURED, NONE
from pipeline.plan import Plan
from pipeline.runs import CONDITIONS


class Made(NamedTuple):
    """A manifest or result, the rule and the job that make it, and what else it vouches for."""

    path: str
    rule: str
    job: dict
    inputs: dict[str, str] = {}  # noqa: RUF012 - files whose hashes it records
    attached: str | None = None  # a file whose hash it records


def prepared(plan: Plan, dataset: str) -> list[Made]:
    """The clean images and labels of a data set."""
    data = plan.datasets[dataset]
    paths = (data.images_manifest("true", 0), data.labels_manifest(0.0, 0))
    return [Made(path, f"prepare_{dataset}", data.prepare_job()) for path in paths]


def images_of(plan: Plan, images: str, seed: int) -> Made:
    """Images that networks are trained on."""
    if images == "true":
        return prepared(plan, plan.dataset)[0]
    return Made(plan.data.images_manifest(images, seed), "corrupt_images", plan.data.images_job(images, seed))


def labels_of(plan: Plan, noise: float, seed: int) -> Made:
    """Labels that networks are trained on."""
    if noise == 0:
        return prepared(plan, plan.dataset)[1]
    return Made(plan.data.labels_manifest(noise, seed), "corrupt_labels", plan.data.labels_job(noise, seed))


def points_of(plan: Plan, dataset: str, features: str, seed: int) -> Made:
    """Features that kernels are computed from."""
    path = plan.kernels.features_manifest(dataset, features, seed)
    pixels = plan.config["features"][features]["transform"] == "pixels"
    rule = f"prepare_{dataset}" if pixels else f"{features}_of_{dataset}"
    return Made(path, rule, plan.kernels.features_job(dataset, features, seed))


def system_of(plan: Plan, system: str, ridge: float | str, seed: int) -> Iterator[Made]:
    """A solved system and what it is solved from."""
    kernels, settings = plan.kernels, plan.config["systems"][system]
    inputs = kernels.system_inputs(system, ridge, seed)
    yield points_of(plan, settings["dataset"], settings["features"], seed)
    if "selection" in inputs:
        yield Made(inputs["selection"], "select_kernel", kernels.selection_job(system))
    if "plain" in inputs:
        yield from system_of(plan, system, NONE, seed)
    job = kernels.system_job(system, ridge, seed)
    yield Made(kernels.system(system, ridge, seed), "solve_system", job, inputs)


def described(plan: Plan, dataset: str) -> Iterator[Made]:
    """A data set and its description."""
    data = plan.datasets[dataset]
    for path in data.download().values():
        yield Made(path, f"download_{dataset}", data.download_job())
    yield from prepared(plan, dataset)
    yield Made(data.description, f"describe_{dataset}", data.describe_job())


def shown_by(plan: Plan, name: str) -> Iterator[Made]:
    """The summary of a figure or table and everything that it is made from."""
    for dataset in sorted(plan.about(name)):
        yield from described(plan, dataset)
    for run in plan.shown_runs(name):
        images, labels = images_of(plan, run.images, run.seed), labels_of(plan, run.label_noise, run.seed)
        folder = plan.run_folder(run)
        inputs = {"images": images.path, "labels": labels.path}
        yield from (images, labels)
        yield Made(f"{folder}/run.json", "train", plan.train_job(run), inputs, f"{folder}/history.csv")
    if plan.kind(name) in MEASURED:
        shown = plan.shown[name]
        for seed in plan.config["seeds"]:
            yield points_of(plan, shown["dataset"], shown["features"], 0)
            job = plan.kernels.measurement_job(name, seed)
            yield Made(plan.kernels.measurement(name, seed), f"measure_{name}", job)
    elif not plan.shown_runs(name):
        for entry in plan.shown_results(name):
            yield from system_of(plan, entry["system"], entry["ridge"], entry["seed"])
    job = plan.summary_job(name)
    yield Made(plan.summary_result(name), f"summarise_{name}", job, attached=plan.summary(name))


def all_results(plan: Plan) -> list[Made]:
    """All that carries a stamp, what others are made from first.

    What ``snakemake`` makes only where it is named (figures about other data sets than the
    configuration's) is among them where it is there.
    """
    found = {made.path: made for made in described(plan, plan.dataset)}
    for corruption in plan.data.corruptions:
        images, noise = CONDITIONS[corruption]
        seed = plan.config["seeds"][0]
        made = labels_of(plan, noise, seed) if noise else images_of(plan, images, seed)
        found[made.path] = made
    for name in sorted(plan.shown, key=lambda name: name not in plan.main):
        for made in shown_by(plan, name):
            if name in plan.main or Path(made.path).exists():
                found.setdefault(made.path, made)
    if plan.main:
        path, table = plan.scorecard("json"), plan.scorecard("csv")
        found[path] = Made(path, "scorecard", plan.scorecard_job(), attached=table)
    return list(found.values())


def all_pages(plan: Plan) -> list[str]:
    """All pictures, tables and pages that ``snakemake`` makes; they carry no stamp."""
    sheets = [f"{plan.data.folder}/contact_sheets/{name}" for name in plan.data.corruptions]
    figures = [f"{plan.results}/figures/{name}" for name in plan.main if name in plan.config["figures"]]
    tables = [f"{plan.results}/tables/{name}" for name in plan.main if name in plan.config["tables"]]
    alone = [f"{plan.results}/{name}" for name in ("scorecard", "provenance")] if plan.main else []
    forms = [
        (sheets, ("pdf", "png", "csv")),
        (figures, ("pdf", "png")),
        (tables, ("html", "tex", "csv")),
        (alone, ("html",)),
    ]
    return [f"{page}.{form}" for pages, endings in forms for page in pages for form in endings]


def others_on_disk(plan: Plan, results: list[Made]) -> list[str]:
    """Results in the configuration's folder that it does not ask for (any more)."""
    names = ("manifest.json", "run.json", "selection.json", "system.json", "measurement.json")
    folders = [Path(plan.results, kind) for kind in ("data", "runs", "systems", "measurements")]
    found = {str(path) for folder in folders for name in names for path in folder.rglob(name)}
    return sorted(found - {made.path for made in results})
