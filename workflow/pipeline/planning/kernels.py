"""Guarantee: one kernel system is solved once, and features that are drawn are drawn once for each seed.

A kernel system is features × kernel × ridge. Below the results folder, each followed by its stamp:

    data/<dataset>/features/<features>      points, or inner products of features that are drawn
    systems/<system>/selection              errors on the validation split
    systems/<system>/ridge-<none, chosen or a number>
"""

from pipeline.planning.cached import cached_method
from pipeline.planning.data import DataPlan
from pipeline.planning.homes import Home, Homes
from pipeline.planning.results import Result, Results
from pipeline.planning.runs import plain_decimal

# The values of ``ridge`` in a row besides numbers: no ridge, or the best on the validation split.
NONE, CHOSEN = "none", "chosen"
# The CPU threads of a job on a GPU, to read and to hand over; more would keep other GPUs waiting.
GPU_THREADS = 2


def ridge_text(ridge: float | str) -> str:
    """A ridge as it stands in paths: none, chosen, or a number that is never in exponent form."""
    if isinstance(ridge, str):
        return ridge
    return plain_decimal(ridge) if ridge else NONE


def threads_of(execution: dict, gpus: int | None, allotted: str | None = None) -> int:
    """CPU threads of a job that may have a GPU: few if it has one, else those of the configuration.

    ``gpus`` are all that Snakemake may give away (``--resources gpu``), None where it was not told.
    ``allotted`` is the number that a cluster has given to the job that asks; such a job is never told the
    first.
    """
    if allotted:
        return int(allotted)
    on_gpu = execution["gpu"] and gpus != 0
    return min(GPU_THREADS, execution["systems"]["threads"]) if on_gpu else execution["systems"]["threads"]


class KernelPlan:
    """The kernel systems of a checked configuration; ``data`` are the data sets that they may be about."""

    def __init__(self, config: dict, results: Results, homes: Homes, data: dict[str, DataPlan]):
        self.config, self.results, self.data = config, results, data
        self.homes = homes.of("features")
        self.first_seed = config["seeds"][0]

    def seeds(self, system: str) -> list[int]:
        """The replicates of a system: all seeds where features are drawn, else the first alone."""
        seeds = self.config["seeds"]
        home = self._home(self.config["systems"][system]["features"])
        return seeds if home.says("drawn") else seeds[:1]

    def _home(self, features: str) -> Home:
        """The home of the transform that named features have."""
        return self.homes[self.config["features"][features]["transform"]]

    def _needs_selection(self, system: str, ridge: float | str) -> bool:
        """Whether something is chosen on the validation split before the system can be solved."""
        return ridge == CHOSEN or len(self.config["systems"][system].get("gamma", [])) > 1

    @cached_method
    def features(self, dataset: str, features: str) -> Result:
        """Features of one data set, or the inner products of features that are drawn."""
        home = self._home(features)
        images = self.data[dataset].images("true")
        if home.says("as_stored"):
            return images
        values = home.defaults() | self.config["features"][features]
        return self.results.plan(
            f"data/{dataset}/features/{features}",
            "add_inner_products.py" if home.says("drawn") else "transform_images.py",
            {
                "dataset": dataset,
                "features": features,
                "transform": home.name,
                "module": home.module,
                "settings": {name: values[name] for name in home.options},
            },
            {"images": images},
            file="manifest.json",
            seeded=home.says("drawn"),
            modules=(home.module,),
        )

    def _points(self, system: str, seed: int | None = None) -> dict:
        """The inputs of a choice and of a solve."""
        kernel = self.config["systems"][system]
        points = self.features(kernel["dataset"], kernel["features"])
        labels = self.data[kernel["dataset"]].labels()
        return {"points": points if seed is None else (points, seed), "labels": labels}

    def _spec(self, system: str) -> dict:
        kernel = self.config["systems"][system]
        spec = {key: kernel[key] for key in ("dataset", "features", "kernel")}
        return {"system": system, **spec}

    @cached_method
    def selection(self, system: str) -> Result:
        """The choice of gamma and ridge on a validation split: one for all seeds, of the first one's."""
        kernel = self.config["systems"][system]
        spec = {
            **self._spec(system),
            "seed": self.first_seed,
            "gamma": kernel.get("gamma"),
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

    @cached_method
    def system(self, system: str, ridge: float | str) -> Result:
        """One exact solve."""
        gamma = self.config["systems"][system].get("gamma")
        chosen = self._needs_selection(system, ridge)
        spec = {
            **self._spec(system),
            "gamma": None if chosen or gamma is None else gamma[0],
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
