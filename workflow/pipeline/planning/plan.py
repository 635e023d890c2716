"""Guarantee: a run that several figures show exists once, and every result of a configuration can be listed.

A data set is images × labels; a run is a data set × a network × regularisers × a seed; a figure is a query
over finished runs. Below the results folder, each followed by its stamp:

    runs/<dataset>/<images>/noise-<p>/<network>/<regularisers>
    weights, traces, measurements        of a run (``measurements``)
    experiments/<experiment>/<dataset>/<features>       and /<network>, of those that train one
    summaries/<figure or table>          the numbers that it shows
    figures/<figure>, tables/<table>     the picture, or the table set in several forms
    scorecard, provenance

``data`` has the data sets and ``kernels`` the kernel systems.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from pipeline.planning.cached import cached_method
from pipeline.planning.configuration import check
from pipeline.planning.data import DataPlan
from pipeline.planning.digest import Scripts
from pipeline.planning.exhibits import FILES, Exhibit
from pipeline.planning.grids import canonical
from pipeline.planning.homes import Homes
from pipeline.planning.kernels import KernelPlan
from pipeline.planning.measurements import MeasurementPlan
from pipeline.planning.pages import Page
from pipeline.planning.provenance import provenance
from pipeline.planning.recipes import trained_as
from pipeline.planning.results import Result, Results
from pipeline.planning.runs import TRUE_LABELS, Run
from pipeline.planning.scoring import scorecard
from rethinking.exhibits.requests import Experiment, Measurement, Solve, Trace, Training


class Plan:
    """A checked configuration and everything that it asks for.

    ``folder`` is the workflow's own folder: relative paths to code and to the paper's numbers start
    there. With ``look`` the user's own data are looked at for changes; the jobs of a cluster need not.
    Raises ``ConfigurationError`` for a configuration that cannot be run.
    """

    def __init__(self, config: dict, folder: Path, look: bool = True):
        self.folder = folder
        self.homes = Homes(folder / "src", config.get("plugins", ()))
        scripts = Scripts(folder, self.homes.folders)
        self.config = check(config, folder, self.homes, scripts.roots)
        self.root = str(Path(self.config["results"]).expanduser())
        self.results = Results(self.root, scripts)
        self.exhibits = {
            name: Exhibit(name, entry, self.homes.of("exhibit")[entry["kind"]])
            for name, entry in (self.config["figures"] | self.config["tables"]).items()
        }
        # The data set that networks are trained on, then those of kernel systems.
        self.dataset = self.config["dataset"]
        names = [self.dataset, *(other for name in self.exhibits for other in sorted(self.about(name)))]
        self.datasets = {
            name: DataPlan(name, self.config, self.results, self.homes, look) for name in dict.fromkeys(names)
        }
        self.data = self.datasets[self.dataset]
        self.kernels = KernelPlan(self.config, self.results, self.homes, self.datasets)
        self.measurements = MeasurementPlan(self.config, self.results, self.homes)
        self.pages = self._pages()

    # --- results ----------------------------------------------------------------------------------

    @cached_method
    def run(self, run: Run) -> Result:
        """One training run, for all seeds."""
        training, modules = trained_as(run.network, self.config, self.homes, self.data.crop, run.regularisers)
        labels = self.data.labels(run.label_noise, run.labels)
        place = f"{run.images}/{labels.place.rpartition('/')[2]}/{run.network}/{run.regularisers_text}"
        return self.results.plan(
            f"runs/{self.dataset}/{place}",
            "train.py",
            self.describe(run) | training,
            {"images": self.data.images(run.images), "labels": labels},
            file="run.json",
            seeded=True,
            modules=modules,
        )

    def experiment(self, asked: Experiment) -> Result:
        """An experiment on the features of a data set, such as gradient descent on a small system."""
        run = self.homes.of("experiment")[asked.experiment].needed("run")
        data, seen = self.datasets[asked.dataset or self.dataset], asked.features or "images"
        points = self.kernels.features(data.name, asked.features) if asked.features else data.images("true")
        spec = {
            **{"dataset": data.name, "features": seen, "experiment": asked.experiment},
            **{"module": run.module, "arguments": run.arguments(asked.options)},
        }
        place = f"experiments/{asked.experiment}/{data.name}/{seen}"
        modules: tuple[str, ...] = (run.module,)
        if asked.network is not None:
            name = canonical(asked.network, self.config["networks"], self.config["training"])
            training, trained_by = trained_as(name, self.config, self.homes, data.crop)
            spec |= {"network": name, "training": training}
            place, modules = f"{place}/{name}", (*modules, *trained_by)
        return self.results.plan(
            place,
            "train_experiment.py" if asked.network else "run_experiment.py",
            spec,
            {"points": points, "labels": data.labels()},
            file="experiment.json",
            seeded=True,
            modules=modules,
        )

    @cached_method
    def summary(self, name: str) -> Result:
        """The numbers of a figure or table, from every result that it shows."""
        results, exhibit = self.results_of(name), self.exhibits[name]
        summarise = exhibit.home.needed("summarise")
        spec = {
            "module": summarise.module,
            "reads": exhibit.home.about["reads"],
            "arguments": summarise.arguments(self.provided(exhibit)),
            "coordinates": [coordinates for coordinates, _, _ in results],
        }
        inputs = {"results": [(made, seed) for _, made, seed in results]}
        place, modules = f"summaries/{name}", (summarise.module,)
        return self.results.plan(place, "summarise.py", spec, inputs, file="summary.json", modules=modules)

    # --- pages ------------------------------------------------------------------------------------

    @cached_method
    def page(self, name: str) -> Page:
        """A figure, as a picture and the numbers that it shows, or a table in several forms."""
        exhibit = self.exhibits[name]
        maker, folder, form = exhibit.maker, exhibit.folder, exhibit.form
        spec: dict = {
            "form": form,
            "module": maker.module,
            "arguments": maker.arguments(self.provided(exhibit)),
        }
        inputs: dict = {"summary": self.summary(name)}
        if "paper" in maker.named:
            spec["paper"] = self.paper(name)
        if "baselines" in maker.named:
            spec["baselines"] = self.titles(name)
            inputs["baselines"] = self.baselines(name)
        made = self.results.plan(f"{folder}/{name}", "show.py", spec, inputs, modules=(maker.module,))
        files = {file: f"{self.root}/{folder}/{name}{Path(file).suffix}" for file in FILES[form]}
        return Page(made, files)

    def _pages(self) -> dict[str, Page]:
        """Every page by the name of the rule that makes it."""
        pages = {f"describe_{data.name}": data.description() for data in self.datasets.values()}
        pages |= {
            f"contact_sheet_{corruption}": self.data.contact_sheet(corruption)
            for corruption in self.data.corruptions
        }
        pages |= {name: self.page(name) for name in self.exhibits}
        if self.in_all:
            pages |= {"scorecard": scorecard(self), "provenance": provenance(self)}
        return pages

    # --- what figures and tables show -------------------------------------------------------------

    @property
    def in_all(self) -> list[str]:
        """Figures and tables about the configuration's data set: ``all`` and the scorecard have these."""
        return [name for name in self.exhibits if self.dataset in self.about(name)]

    @property
    def described(self) -> list[DataPlan]:
        """The configuration's data set, and those of its figures and tables."""
        about = {dataset for name in self.in_all for dataset in self.about(name)} | {self.dataset}
        return [data for data in self.datasets.values() if data.name in about]

    def about(self, name: str) -> set[str]:
        """The data sets of a figure or table."""
        named = {
            self.config["systems"][request.system]["dataset"]
            if isinstance(request, Solve)
            else request.dataset or self.dataset
            for request in self.requested(name)
            if not isinstance(request, Training | Measurement | Trace)
        }
        return named or {self.dataset}

    def titles(self, name: str) -> list[str]:
        """The names in print of the data sets of a figure or table."""
        return [self.datasets[dataset].title for dataset in sorted(self.about(name))]

    def baselines(self, name: str) -> list[tuple[Result, None]]:
        """The linear classifier of each data set of a figure or table, in the order of ``titles``."""
        found = (self.datasets[dataset].baseline() for dataset in sorted(self.about(name)))
        return [(baseline, None) for baseline in found if baseline]

    def paper(self, name: str) -> dict | None:
        """The file with the paper's numbers for a figure or table on this data set, and its hash."""
        file = self.exhibits[name].entry.get("paper", {}).get(self.dataset)
        if not file:
            return None
        content = (self.folder / file).read_bytes()
        return {"file": file, "sha256": hashlib.sha256(content).hexdigest()}

    def provided(self, exhibit: Exhibit) -> dict:
        """The values for the functions of a figure or table, by argument (``exhibits``)."""
        named = self.about(exhibit.name)
        return exhibit.options | {
            "name": exhibit.name,
            "dataset": self.datasets[min(named) if len(named) == 1 else self.dataset].title,
            "seeds": len(self.config["seeds"]),
            "confidence": self.config["interval"]["confidence"],
            "widths": {
                name: network["width"]
                for name, network in self.config["networks"].items()
                if network.get("width", 1) != 1
            },
            "fit": self.config["fit"]["train_accuracy"],
        }

    def describe(self, run: Run) -> dict:
        """The coordinates of a run, as results and tables name them."""
        return {"dataset": self.dataset, **run.coordinates()}

    @cached_method
    def requested(self, name: str) -> list:
        """The requests of a figure or table: runs, kernel systems, experiments."""
        return self.exhibits[name].home.load().requests(self.exhibits[name].options)

    @cached_method
    def results_of(self, name: str) -> list[tuple[dict, Result, int]]:
        """Every result that a figure or table shows: its coordinates, the result and the seed."""
        return [answer for request in self.requested(name) for answer in self._answers(request)]

    def _answers(self, request) -> Iterator[tuple[dict, Result, int]]:
        if isinstance(request, Training | Measurement | Trace):
            answers = *self._of_run(request), self.config["seeds"]
        elif isinstance(request, Solve):
            coordinates = self.kernels.coordinates(*request)
            answers = coordinates, self.kernels.system(*request), self.kernels.seeds(request.system)
        else:
            about = {"network": request.network} if request.network else {}
            answers = about, self.experiment(request), self.config["seeds"]
        coordinates, made, seeds = answers
        return ((coordinates | {"seed": seed}, made, seed) for seed in seeds)

    def _of_run(self, request: Training | Measurement | Trace) -> tuple[dict, Result]:
        """A run, or a measurement on it: its coordinates and the result."""
        training = request if isinstance(request, Training) else request.training
        run = self.run_of(training)
        # A run has one name, and is called as it was asked for.
        coordinates, made = self.describe(run) | {"network": training.network}, self.run(run)
        keep = self.config["execution"]["keep_weights"]
        if keep == "all" or (keep == "shown" and isinstance(request, Training)):
            made.make_along(self.measurements.weights(made))
        if isinstance(request, Measurement):
            made = self.measurements.measurement(request, made)
        elif isinstance(request, Trace):
            made = self.measurements.trace(request.probe, made)
        return coordinates, made

    def run_of(self, request: Training) -> Run:
        """The run that a figure or table asks for."""
        network = canonical(request.network, self.config["networks"], self.config["training"])
        run = Run(network, regularisers=request.regularisers)
        if request.label_noise == 0:  # whatever would replace them, these labels are the true ones
            return run
        if request.label_noise is not None:
            return run._replace(labels=request.condition, label_noise=request.label_noise)
        if request.condition == TRUE_LABELS:
            return run
        if self.homes.of("corruption")[request.condition].about["of"] == "labels":
            return run._replace(labels=request.condition, label_noise=1.0)
        return run._replace(images=request.condition)

    def asked_for(self, everything: bool = False) -> Iterator[tuple[Result, int | None]]:
        """Every result that ``snakemake`` makes, with its seed, each after those that it is made from.

        Figures and tables about other data sets than the configuration's are made only where they are named.
        They are left out unless ``everything`` is asked for.
        """
        aside = set() if everything else {name for name in self.exhibits if name not in self.in_all}
        seen: dict[str, None] = {}

        def walk(made: Result, seed: int | None) -> Iterator[tuple[Result, int | None]]:
            if made.folder(seed) not in seen:
                for source, of in made.made_from(seed):
                    yield from walk(source, of)
                seen[made.folder(seed)] = None
                yield made, seed
                for other in made.along.values():
                    yield from walk(other, seed)

        for name, page in self.pages.items():
            if name not in aside:
                yield from walk(page.result, None)
