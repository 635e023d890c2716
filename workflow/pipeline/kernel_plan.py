"""Which kernel systems exist for a configuration, where they lie and what exactly makes each.

A kernel system is features × kernel × ridge. Paths say the same, below the results folder:

    data/<dataset>/features/<features>[/seed-<k>]/manifest.json
    systems/<system>/selection.json
    systems/<system>/ridge-<none, chosen or a number>/seed-<k>/system.json
    measurements/<figure or table>/seed-<k>/measurement.json

The ``*_job`` methods give the two parameters of a rule, as those of ``Plan`` do.
"""

from functools import cache

from pipeline.data_plan import DataPlan
from pipeline.digest import Scripts
from pipeline.runs import noise_text
from pipeline.stamps import stamp

# Features that are drawn at random: each seed has its own, and what is stored is their kernel matrix.
DRAWN = {"random_patches"}
# What ``ridge`` may be in a row besides a number: no ridge, or the best on the validation split.
NONE, CHOSEN = "none", "chosen"
RIDGE = r"none|chosen|0\.\d*[1-9]|[1-9]\d*(\.\d*[1-9])?"
# What a job on a GPU needs of the CPU, to read and to hand over; more would keep other GPUs waiting.
GPU_THREADS = 2
# Figures and tables that have an experiment of their own: workflow/scripts/measure_<this>.py.
MEASURED = ("minimum_norm", "interpolants")


def ridge_text(ridge: float | str) -> str:
    """A ridge as it stands in paths: none, chosen, or a number that is never in exponent form."""
    if isinstance(ridge, str):
        return ridge
    return noise_text(ridge) if ridge else NONE


def threads_of(execution: dict, gpus: int | None, allotted: str | None = None) -> int:
    """CPU threads of a job that may have a GPU: few if it has one, else those of the configuration.

    ``gpus`` are all that Snakemake may give away (``--resources gpu``), None where it was not told.
    ``allotted`` is what a cluster has given to the job that asks, which is never told the first.
    """
    if allotted:
        return int(allotted)
    on_gpu = execution["gpu"] and gpus != 0
    return min(GPU_THREADS, execution["systems"]["threads"]) if on_gpu else execution["systems"]["threads"]


class KernelPlan:
    """The kernel systems of a checked configuration; ``data`` are the data sets that they may be about."""

    def __init__(self, config: dict, results: str, scripts: Scripts, data: dict[str, DataPlan]):
        self.config, self.results, self.scripts, self.data = config, results, scripts, data
        self.features_job = cache(self.features_job)
        self.selection_job = cache(self.selection_job)
        self.system_job = cache(self.system_job)

    def seeds(self, system: str) -> list[int]:
        """The replicates of a system: all seeds where features are drawn, else the first alone."""
        seeds = self.config["seeds"]
        return seeds if self._transform(system) in DRAWN else seeds[:1]

    def _transform(self, system: str) -> str:
        features = self.config["systems"][system]["features"]
        return self.config["features"][features]["transform"]

    def needs_selection(self, system: str, ridge: float | str) -> bool:
        """Whether something is chosen on the validation split before the system can be solved."""
        kernel = self.config["systems"][system]
        return ridge == CHOSEN or len(kernel.get("bandwidth", [])) > 1

    # --- where things lie -------------------------------------------------------------------------

    def features_manifest(self, dataset: str, features: str, seed: int | str) -> str:
        """The manifest of features, or of the kernel matrix of features that are drawn."""
        folder = f"{self.results}/data/{dataset}"
        transform = self.config["features"][features]["transform"]
        if transform == "pixels":
            return self.data[dataset].images_manifest("true", 0)
        tail = f"/seed-{seed}" if transform in DRAWN else ""
        return f"{folder}/features/{features}{tail}/manifest.json"

    def selection(self, system: str) -> str:
        """The result of the choice on the validation split."""
        return f"{self.results}/systems/{system}/selection.json"

    def system(self, system: str, ridge: float | str, seed: int | str) -> str:
        """The result of one solved system."""
        return f"{self.results}/systems/{system}/ridge-{ridge_text(ridge)}/seed-{seed}/system.json"

    def selection_inputs(self, system: str) -> dict[str, str]:
        """The files that a choice reads."""
        inputs = self.system_inputs(system, 0.0, self.config["seeds"][0])
        return {name: inputs[name] for name in ("points", "labels")}

    def system_inputs(self, system: str, ridge: float | str, seed: int | str) -> dict[str, str]:
        """The files that a solve reads."""
        kernel = self.config["systems"][system]
        dataset = kernel["dataset"]
        inputs = {
            "points": self.features_manifest(dataset, kernel["features"], seed),
            "labels": self.data[dataset].labels_manifest(0.0, 0),
        }
        if self.needs_selection(system, ridge):
            inputs["selection"] = self.selection(system)
        if ridge == CHOSEN:
            # Where no ridge is the best, the system is solved already.
            inputs["plain"] = self.system(system, NONE, seed)
        return inputs

    def features_arrays(self, dataset: str, features: str, seed: int | str) -> list[str]:
        """The arrays beside a manifest of features."""
        drawn = self.config["features"][features]["transform"] in DRAWN
        names = ["train", "test", *(["train_squares", "test_squares", "filters"] if drawn else [])]
        manifest = self.features_manifest(dataset, features, seed)
        return [manifest.replace("manifest.json", f"{name}.npy") for name in names]

    def features_log(self, folder: str, dataset: str, features: str, ending: str) -> str:
        """Where in the folder of logs or benchmarks that of features lies."""
        manifest = self.features_manifest(dataset, features, "{seed}").removeprefix(f"{self.results}/")
        return f"{folder}/{manifest.replace('/manifest.json', ending)}"

    def cell(self, wildcards) -> tuple[str, float | str, int]:
        """The system, ridge and seed that a path's wildcards name."""
        ridge = wildcards.ridge
        return wildcards.system, ridge if ridge in (NONE, CHOSEN) else float(ridge), int(wildcards.seed)

    def measurement(self, name: str, seed: int | str) -> str:
        """The result of an experiment that one figure or table has for itself."""
        return f"{self.results}/measurements/{name}/seed-{seed}/measurement.json"

    def measurement_inputs(self, name: str) -> dict[str, str]:
        """The files that such an experiment reads."""
        shown = self.shown[name]
        return {
            "points": self.features_manifest(shown["dataset"], shown["features"], 0),
            "labels": self.data[shown["dataset"]].labels_manifest(0.0, 0),
        }

    # --- what makes each --------------------------------------------------------------------------

    def features_job(self, dataset: str, features: str, seed: int) -> dict:
        """Features of one data set, or the kernel matrix of features that are drawn."""
        settings = dict(self.config["features"][features])
        transform = settings.pop("transform")
        if transform == "pixels":
            return self.data[dataset].prepare_job()
        spec = {
            "dataset": dataset,
            "features": features,
            "transform": transform,
            "settings": settings,
            "images": stamp(**self.data[dataset].prepare_job()),
        }
        spec |= {"seed": seed} if transform in DRAWN else {}
        return self.scripts.job(f"transform_{transform}.py", spec)

    def _kernel_spec(self, system: str, seed: int) -> dict:
        """What a choice and a solve have in common."""
        kernel = self.config["systems"][system]
        return {
            "system": system,
            "dataset": kernel["dataset"],
            "features": kernel["features"],
            "transform": self._transform(system),
            "kernel": kernel["kernel"],
            "seed": seed,
            "points": stamp(**self.features_job(kernel["dataset"], kernel["features"], seed)),
            "labels": stamp(**self.data[kernel["dataset"]].prepare_job()),
        }

    def selection_job(self, system: str) -> dict:
        """The choice of bandwidth and ridge on a validation split: one for all seeds, of the first one's."""
        kernel = self.config["systems"][system]
        spec = {
            **self._kernel_spec(system, self.config["seeds"][0]),
            "bandwidth": kernel.get("bandwidth"),
            "ridge": [0.0, *kernel["ridge"]],
            "validation": self.config["validation"],
        }
        return self.scripts.job("select_kernel.py", spec)

    def system_job(self, system: str, ridge: float | str, seed: int) -> dict:
        """One exact solve."""
        bandwidth = self.config["systems"][system].get("bandwidth")
        chosen = self.needs_selection(system, ridge)
        spec = {
            **self._kernel_spec(system, seed),
            "bandwidth": None if chosen or bandwidth is None else bandwidth[0],
            "ridge": 0.0 if ridge == NONE else ridge,
            "precision": self.config["solver"]["precision"],
            "selection": stamp(**self.selection_job(system)) if chosen else None,
            "plain": stamp(**self.system_job(system, NONE, seed)) if ridge == CHOSEN else None,
        }
        return self.scripts.job("solve_system.py", spec)

    def measurement_job(self, name: str, seed: int) -> dict:
        """An experiment on a small system: gradient descent, or interpolants that do not generalise."""
        settings = self.shown[name]
        kind = settings.get("plot") or settings["shows"]
        about = ("plot", "shows", "paper")
        spec = {key: value for key, value in settings.items() if key not in about}
        spec |= {"kind": kind, "seed": seed}
        spec["points"] = stamp(**self.features_job(settings["dataset"], settings["features"], seed))
        spec["labels"] = stamp(**self.data[settings["dataset"]].prepare_job())
        return self.scripts.job(f"measure_{kind}.py", spec)

    # --- queries ----------------------------------------------------------------------------------

    @property
    def shown(self) -> dict[str, dict]:
        """Every figure and table of the configuration by name."""
        return self.config["figures"] | self.config["tables"]

    def entries(self, kind: str, name: str) -> list[dict]:
        """The results that a figure or table of ``kind`` shows: path, stamp and coordinates of each."""
        shown = self.shown[name]
        if kind in MEASURED:
            return [
                {
                    "seed": seed,
                    "path": self.measurement(name, seed),
                    "stamp": stamp(**self.measurement_job(name, seed)),
                }
                for seed in self.config["seeds"]
            ]
        cells = (
            [(system, ridge) for system in shown["systems"] for ridge in (*shown["ridge"], CHOSEN)]
            if kind == "ridge_path"
            else [(row["system"], row["ridge"]) for row in shown["rows"]]
        )
        return [
            {
                **self._coordinates(*cell, seed),
                "path": self.system(*cell, seed),
                "stamp": stamp(**self.system_job(*cell, seed)),
            }
            for cell in cells
            for seed in self.seeds(cell[0])
        ]

    def _coordinates(self, system: str, ridge: float | str, seed: int) -> dict:
        kernel = self.config["systems"][system]
        return {
            "system": system,
            "dataset": self.data[kernel["dataset"]].title,
            "features": kernel["features"],
            "kernel": kernel["kernel"],
            "ridge": ridge,
            "seed": seed,
        }
