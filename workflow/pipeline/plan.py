"""Which runs and figures exist for a configuration, where they lie and what exactly makes each.

A data set is images × labels; a run is a data set × a network × regularisers × a seed; a figure is a
query over finished runs. Paths say the same, below the results folder (``data_plan`` has those of data):

    runs/<dataset>/<images>/noise-<p>/<network>/<regularisers>/seed-<k>/run.json

``kernel_plan`` has the kernel systems. Every ``*_job`` method returns the two parameters of a rule:
``spec``, one dict that holds all that the job's result depends on (the stamps of what it reads
included), and ``code``, the digest of what it runs. Snakemake reruns a job when either changes.
"""

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pipeline.configuration import check
from pipeline.data_plan import DataPlan
from pipeline.digest import Scripts
from pipeline.files import mentions
from pipeline.kernel_plan import MEASURED, KernelPlan
from pipeline.runs import CONDITIONS, Run, noise_text
from pipeline.stamps import stamp

RECIPE = ("epochs", "learning_rate", "batch_size", "momentum", "decay", "decayed", "stop_after_fit")


class Plan:
    """A checked configuration and the queries that rules make of it.

    ``folder`` is the workflow's own folder: relative paths to code and to the paper's numbers start
    there. Raises ``ConfigurationError`` for a configuration that cannot be run.
    """

    def __init__(self, config: dict, folder: Path):
        self.folder = folder
        self.scripts = Scripts(folder)
        self.config = check(config, folder, self.scripts.roots)
        self.results = str(Path(self.config["results"]).expanduser())
        # The data set that networks are trained on, then those of kernel systems.
        self.dataset = self.config["dataset"]
        names = [self.dataset, *(other for name in self.shown for other in sorted(self.about(name)))]
        self.datasets = {
            name: DataPlan(name, self.config, self.results, self.scripts) for name in dict.fromkeys(names)
        }
        self.data = self.datasets[self.dataset]
        self.kernels = KernelPlan(self.config, self.results, self.scripts, self.datasets)
        # Snakemake asks for the parameters of a job several times, and every figure for those of its runs.
        self.train_job = cache(self.train_job)
        self.summary_job = cache(self.summary_job)
        self.shown_results = cache(self.shown_results)

    # --- where things lie -------------------------------------------------------------------------

    def run_folder(self, run: Run) -> str:
        """The folder of one run."""
        return (
            f"{self.results}/runs/{self.dataset}/{run.images}/noise-{noise_text(run.label_noise)}/"
            f"{run.network}/{run.regularisers}/seed-{run.seed}"
        )

    def summary(self, name: str) -> str:
        """The numbers that a figure draws or a table sets, in long form."""
        if name in self.config["tables"]:
            return f"{self.results}/tables/{name}.summary.csv"
        return f"{self.results}/figures/{name}.csv"

    def summary_result(self, name: str) -> str:
        """The file that says what made a summary."""
        return str(Path(self.summary(name)).with_suffix(".json"))

    def scorecard(self, form: str) -> str:
        """The scorecard, as "html", as "csv", or what made the latter, "json"."""
        return f"{self.results}/scorecard.{form}"

    @property
    def provenance(self) -> str:
        """The page that says how everything was made."""
        return f"{self.results}/provenance.html"

    def _summary_entry(self, name: str) -> dict:
        made_by = stamp(**self.summary_job(name))
        return {"csv": self.summary(name), "result": self.summary_result(name), "stamp": made_by}

    # --- what makes each --------------------------------------------------------------------------

    def train_job(self, run: Run) -> dict:
        """One training run."""
        # What a network says of its own training takes the place of what holds for all.
        settings = self.config["training"] | self.config["networks"][run.network]
        images = (
            self.data.prepare_job() if run.images == "true" else self.data.images_job(run.images, run.seed)
        )
        labels = (
            self.data.prepare_job()
            if run.label_noise == 0
            else self.data.labels_job(run.label_noise, run.seed)
        )
        recipe = {key: settings[key] for key in RECIPE}
        spec = {
            **self.describe(run),
            "images_stamp": stamp(**images),
            "labels_stamp": stamp(**labels),
            **{key: settings[key] for key in ("factory", "arguments", "width", "initialisation")},
            "recipe": {
                **recipe,
                "crop": self.data.crop,
                "weight_decay": settings["weight_decay"] if run.weight_decay else 0.0,
                "random_crop": run.random_crop,
            },
        }
        return self.scripts.job("train.py", spec, modules=(settings["factory"].partition(":")[0],))

    def runs_of(self, wildcards) -> list[Run]:
        """The runs of one training job: that of the wildcards' seed, or without one those of all seeds."""
        seed = wildcards.get("seed")
        seeds = self.config["seeds"] if seed is None else [int(seed)]
        return [Run.from_path(wildcards, seed) for seed in seeds]

    def train_inputs(self, runs: list[Run]) -> dict[str, list[str]]:
        """The manifests of images and labels that runs read, in their order."""
        return {
            "images": [self.data.images_manifest(run.images, run.seed) for run in runs],
            "labels": [self.data.labels_manifest(run.label_noise, run.seed) for run in runs],
        }

    def kind(self, name: str) -> str:
        """What a figure draws or a table shows, which names its summary, its script and its claims."""
        return self.shown[name].get("plot") or self.shown[name]["shows"]

    def words(self, name: str) -> str:
        """What a figure or table shows, for people: noise sweep of test error."""
        quantity = self.shown[name].get("quantity")
        return (self.kind(name) + (f" of {quantity}" if quantity else "")).replace("_", " ")

    def summary_job(self, name: str) -> dict:
        """The numbers of a figure or table, from every result that it shows and the stamp each must have."""
        settings = {
            "summary": self.kind(name),
            "confidence": self.config["interval"]["confidence"],
            "runs": self.shown_results(name),
        }
        if self.kind(name) == "noise_sweep":
            settings["fit"] = self.config["fit"]["train_accuracy"]
        return self.scripts.job("summarise.py", settings)

    def figure_job(self, name: str) -> dict:
        """The picture of a figure, from its summary."""
        shown = {"summary": self._summary_entry(name), "paper": self.paper(name)}
        spec = self.config["figures"][name] | shown | self._settings(name)
        return self.scripts.job(f"plot_{self.kind(name)}.py", spec)

    def table_job(self, name: str) -> dict:
        """The CSV, HTML and LaTeX of a table, from its summary."""
        spec = {"name": name, "shows": self.kind(name)}
        spec |= {"summary": self._summary_entry(name), "paper": self.paper(name)}
        return self.scripts.job(f"write_{self.kind(name)}.py", spec | self._settings(name))

    def scorecard_job(self) -> dict:
        """The comparison with the paper, from the summaries of all figures and tables."""
        shown = [
            {
                "name": name,
                "summary": self._summary_entry(name),
                "kind": self.kind(name),
                "quantity": entry.get("quantity"),
                "paper": self.paper(name),
            }
            for name, entry in self.shown.items()
            if name in self.main
        ]
        spec = {"shown": shown, "tolerance": self.config["scorecard"]["tolerance"]}
        spec["fit"] = self.config["fit"]["train_accuracy"]
        return self.scripts.job("write_scorecard.py", spec | self._settings())

    def provenance_job(self) -> dict:
        """Data, machines, versions and times, from the descriptions and results behind everything shown."""
        results = {entry["path"]: entry for name in self.main for entry in self.shown_results(name)}
        described = [
            {"path": data.description, "stamp": stamp(**data.describe_job())} for data in self.described
        ]
        spec = {"results": list(results.values()), "described": described}
        return self.scripts.job("write_provenance.py", spec)

    @property
    def described(self) -> list[DataPlan]:
        """The configuration's data set, and those of its figures and tables."""
        about = {dataset for name in self.main for dataset in self.about(name)} | {self.dataset}
        return [data for data in self.datasets.values() if data.name in about]

    @property
    def shown(self) -> dict[str, dict]:
        """Every figure and table of the configuration by name."""
        return self.config["figures"] | self.config["tables"]

    @property
    def main(self) -> list[str]:
        """Figures and tables about the configuration's data set: ``all`` and the scorecard have these."""
        return [name for name in self.shown if self.dataset in self.about(name)]

    def about(self, name: str) -> set[str]:
        """The data sets of a figure or table."""
        shown = self.shown[name]
        systems = [*shown.get("systems", []), *(row.get("system") for row in shown.get("rows", []))]
        named = {self.config["systems"][system]["dataset"] for system in systems if system}
        return named or {shown.get("dataset", self.dataset)}

    def paper(self, name: str) -> str | None:
        """The file with the paper's numbers for a figure or table on this data set, None without one."""
        file = self.shown[name].get("paper", {}).get(self.dataset)
        return file and os.path.relpath(self.folder / file)

    def _settings(self, name: str | None = None) -> dict:
        """What figures, tables and the scorecard say of themselves."""
        dataset = self.shown[name].get("dataset", self.dataset) if name else self.dataset
        return {
            "dataset": self.datasets[dataset].title,
            "confidence": self.config["interval"]["confidence"],
            "seeds": len(self.config["seeds"]),
            "widths": {
                name: network["width"]
                for name, network in self.config["networks"].items()
                if network["width"] != 1
            },
        }

    def describe(self, run: Run) -> dict:
        """The coordinates of a run, as results and tables name them."""
        return {"dataset": self.dataset, "condition": run.condition, **run._asdict()}

    # --- queries ----------------------------------------------------------------------------------

    def _replicates(self, cells: Iterable[tuple]) -> list[Run]:
        return [Run(*cell, seed) for cell in cells for seed in self.config["seeds"]]

    def shown_runs(self, name: str) -> list[Run]:
        """Every run that a figure or table shows, in the order in which it shows them."""
        shown, kind = self.shown[name], self.kind(name)
        if kind == "accuracy_table":
            return self._replicates(
                (
                    *CONDITIONS[row["condition"]],
                    row["network"],
                    row["random_crop"],
                    row["weight_decay"],
                )
                for row in shown["rows"]
            )
        if kind == "learning_curves":
            return self._replicates(
                (*CONDITIONS[condition], shown["network"], False, False) for condition in shown["conditions"]
            )
        if kind == "noise_sweep":
            return self._replicates(
                ("true", noise, network, False, False)
                for network in shown["networks"]
                for noise in sorted(shown["label_noise"])
            )
        return []

    def shown_results(self, name: str) -> list[dict]:
        """Every result that a figure or table shows: its coordinates, ``path`` and expected ``stamp``."""
        runs = [
            {
                **self.describe(run),
                "path": f"{self.run_folder(run)}/run.json",
                "stamp": stamp(**self.train_job(run)),
            }
            for run in self.shown_runs(name)
        ]
        return runs or self.kernels.entries(self.kind(name), name)

    def stale_results(self) -> dict[str, str]:
        """Finished results that are shown and made by other settings or other code, each with its rule."""
        stale = {}
        for name in self.shown:
            rule = f"measure_{name}" if self.kind(name) in MEASURED else "solve_system"
            for entry in self.shown_results(name):
                path = Path(entry["path"])
                if path.is_file() and not mentions(path, entry["stamp"]):
                    stale[str(path)] = "train" if path.name == "run.json" else rule
        return stale
