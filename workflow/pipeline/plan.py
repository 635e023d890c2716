"""Which runs and figures exist for a configuration, where they lie and what exactly makes each.

A data set is images × labels; a run is a data set × a network × regularisers × a seed; a figure is a
query over finished runs. Paths say the same, below the results folder (``data_plan`` has those of data):

    runs/<dataset>/<images>/noise-<p>/<network>/<regularisers>/seed-<k>/run.json

Every ``*_job`` method returns the two parameters of a rule: ``spec``, one dict that holds all that
the job's result depends on (the stamps of what it reads included), and ``code``, the digest of what
it runs. Snakemake reruns a job when either changes.
"""

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pipeline.configuration import check
from pipeline.data_plan import DataPlan
from pipeline.digest import Scripts
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
        self.data = DataPlan(self.config, self.results, self.scripts)
        self.dataset = self.data.name
        # Snakemake asks for the parameters of a job several times, and every figure for those of its runs.
        self.train_job = cache(self.train_job)
        self.summary_job = cache(self.summary_job)

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

    def summary_job(self, name: str) -> dict:
        """The numbers of a figure or table, from every run that it shows and the stamp each must have."""
        if name in self.config["figures"]:
            settings = {
                "summary": self.config["figures"][name]["plot"],
                "fit": self.config["fit"]["train_accuracy"],
            }
        else:
            settings = {"summary": "accuracy_table"}
        runs = [
            {
                **self.describe(run),
                "folder": self.run_folder(run),
                "stamp": stamp(**self.train_job(run)),
            }
            for run in self.shown_runs(name)
        ]
        settings |= {"confidence": self.config["interval"]["confidence"], "runs": runs}
        return self.scripts.job("summarise.py", settings)

    def figure_job(self, name: str) -> dict:
        """The picture of a figure, from its summary."""
        figure = self.config["figures"][name]
        spec = {**figure, "summary": self._summary_entry(name), "paper": self.paper(name)}
        spec |= self._settings()
        return self.scripts.job(f"plot_{figure['plot']}.py", spec)

    def table_job(self, name: str) -> dict:
        """The CSV, HTML and LaTeX of a table, from its summary."""
        spec = {"name": name, "summary": self._summary_entry(name), "paper": self.paper(name)}
        return self.scripts.job("write_table.py", spec | self._settings())

    def scorecard_job(self) -> dict:
        """The comparison with the paper, from the summaries of all figures and tables."""
        shown = [
            {
                "name": name,
                "summary": self._summary_entry(name),
                "kind": entry.get("plot", "accuracy_table"),
                "quantity": entry.get("quantity"),
                "paper": self.paper(name),
            }
            for name, entry in self.shown.items()
        ]
        spec = {"shown": shown, "tolerance": self.config["scorecard"]["tolerance"]}
        spec["fit"] = self.config["fit"]["train_accuracy"]
        return self.scripts.job("write_scorecard.py", spec | self._settings())

    @property
    def shown(self) -> dict[str, dict]:
        """Every figure and table of the configuration by name."""
        return self.config["figures"] | self.config["tables"]

    def paper(self, name: str) -> str | None:
        """The file with the paper's numbers for a figure or table on this data set, None without one."""
        file = self.shown[name].get("paper", {}).get(self.dataset)
        return file and os.path.relpath(self.folder / file)

    def _settings(self) -> dict:
        return {
            "dataset": self.data.title,
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
        if name in self.config["tables"]:
            return self._replicates(
                (
                    *CONDITIONS[row["condition"]],
                    row["network"],
                    row["random_crop"],
                    row["weight_decay"],
                )
                for row in self.config["tables"][name]["rows"]
            )
        figure = self.config["figures"][name]
        if figure["plot"] == "learning_curves":
            return self._replicates(
                (*CONDITIONS[condition], figure["network"], False, False)
                for condition in figure["conditions"]
            )
        return self._replicates(
            ("true", noise, network, False, False)
            for network in figure["networks"]
            for noise in sorted(figure["label_noise"])
        )

    def stale_runs(self) -> list[str]:
        """Finished runs that are shown and were not made by these settings and this code."""
        stale = []
        for run in dict.fromkeys(run for name in self.shown for run in self.shown_runs(name)):
            path = Path(self.run_folder(run)) / "run.json"
            if path.is_file() and stamp(**self.train_job(run)) not in path.read_text():
                stale.append(str(path))
        return stale
