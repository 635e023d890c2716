"""The kernel systems of a configuration: features × kernel × ridge, and the experiments of section 5.

Below the results folder, each followed by its stamp:

    data/<dataset>/features/<features>      points, or inner products of features that are drawn
    systems/<system>/selection              errors on the validation split
    systems/<system>/ridge-<none, chosen or a number>
    experiments/<experiment>/<dataset>/<features>
"""

from functools import cache

from pipeline.planning.data import DataPlan
from pipeline.planning.homes import Homes
from pipeline.planning.results import Result, Results
from pipeline.planning.runs import plain_decimal
from rethinking.exhibits.requests import Experiment

# Features that are drawn at random: each seed has its own, and what is stored is their kernel matrix.
DRAWN = {"random_patches"}
# What ``ridge`` may be in a row besides a number: no ridge, or the best on the validation split.
NONE, CHOSEN = "none", "chosen"
# What the function ``run`` of an experiment is passed by name, besides the options that are asked for.
EXPERIMENT_DATA = ("labels", "classes", "seed")


def ridge_text(ridge: float | str) -> str:
    """A ridge as it stands in paths: none, chosen, or a number that is never in exponent form."""
    if isinstance(ridge, str):
        return ridge
    return plain_decimal(ridge) if ridge else NONE


class KernelPlan:
    """The kernel systems of a checked configuration; ``data`` are the data sets that they may be about."""

    def __init__(self, config: dict, results: Results, data: dict[str, DataPlan], homes: Homes):
        self.config, self.results, self.data = config, results, data
        self.experiments = homes.of("experiment")
        self.first_seed = config["seeds"][0]
        self.features, self.selection, self.system = (
            cache(self.features),
            cache(self.selection),
            cache(self.system),
        )

    def seeds(self, system: str) -> list[int]:
        """The replicates of a system: all seeds where features are drawn, else the first alone."""
        seeds = self.config["seeds"]
        return seeds if self._transform(system) in DRAWN else seeds[:1]

    def _transform(self, system: str) -> str:
        features = self.config["systems"][system]["features"]
        return self.config["features"][features]["transform"]

    def _needs_selection(self, system: str, ridge: float | str) -> bool:
        """Whether something is chosen on the validation split before the system can be solved."""
        return ridge == CHOSEN or len(self.config["systems"][system].get("bandwidth", [])) > 1

    def features(self, dataset: str, features: str) -> Result:
        """Features of one data set, or the kernel matrix of features that are drawn; pixels are the images."""
        settings = dict(self.config["features"][features])
        transform = settings.pop("transform")
        images = self.data[dataset].images("true")
        if transform == "pixels":
            return images
        return self.results.plan(
            f"data/{dataset}/features/{features}",
            f"transform_{transform}.py",
            {"dataset": dataset, "features": features, "transform": transform, "settings": settings},
            {"images": images},
            file="manifest.json",
            seeded=transform in DRAWN,
        )

    def _points(self, system: str, seed: int | None = None) -> dict:
        """What a choice and a solve read."""
        kernel = self.config["systems"][system]
        points = self.features(kernel["dataset"], kernel["features"])
        labels = self.data[kernel["dataset"]].labels()
        return {"points": points if seed is None else (points, seed), "labels": labels}

    def _spec(self, system: str) -> dict:
        kernel = self.config["systems"][system]
        spec = {key: kernel[key] for key in ("dataset", "features", "kernel")}
        return {"system": system, "transform": self._transform(system), **spec}

    def selection(self, system: str) -> Result:
        """The choice of bandwidth and ridge on a validation split: one for all seeds, of the first one's."""
        kernel = self.config["systems"][system]
        spec = {
            **self._spec(system),
            "seed": self.first_seed,
            "bandwidth": kernel.get("bandwidth"),
            "ridge": [0.0, *kernel["ridge"]],
            "validation": self.config["validation"],
        }
        return self.results.plan(
            f"systems/{system}/selection",
            "select_kernel.py",
            spec,
            self._points(system, self.first_seed),
            file="selection.json",
        )

    def system(self, system: str, ridge: float | str) -> Result:
        """One exact solve."""
        bandwidth = self.config["systems"][system].get("bandwidth")
        chosen = self._needs_selection(system, ridge)
        spec = {
            **self._spec(system),
            "bandwidth": None if chosen or bandwidth is None else bandwidth[0],
            "ridge": 0.0 if ridge == NONE else ridge,
            "precision": self.config["solver"]["precision"],
        }
        inputs = self._points(system)
        if chosen:
            inputs["selection"] = self.selection(system)
        if ridge == CHOSEN:
            # If the best ridge is zero, the solution without one is this one.
            inputs["plain"] = self.system(system, NONE)
        return self.results.plan(
            f"systems/{system}/ridge-{ridge_text(ridge)}",
            "solve_system.py",
            spec,
            inputs,
            file="system.json",
            seeded=True,
        )

    def experiment(self, asked: Experiment) -> Result:
        """An experiment on the features of a data set, such as gradient descent on a small system."""
        run = self.experiments[asked.experiment].function("run")
        spec = {"dataset": asked.dataset, "features": asked.features, "experiment": asked.experiment}
        spec |= {"module": run.module, "arguments": run.arguments(asked.options)}
        return self.results.plan(
            f"experiments/{asked.experiment}/{asked.dataset}/{asked.features}",
            "run_experiment.py",
            spec,
            {
                "points": self.features(asked.dataset, asked.features),
                "labels": self.data[asked.dataset].labels(),
            },
            file="experiment.json",
            seeded=True,
            modules=(run.module,),
        )

    def coordinates(self, system: str, ridge: float | str) -> dict:
        """A system as results and tables name it."""
        kernel = self.config["systems"][system]
        return {
            "system": system,
            "dataset": self.data[kernel["dataset"]].title,
            "features": kernel["features"],
            "kernel": kernel["kernel"],
            "ridge": ridge,
        }
