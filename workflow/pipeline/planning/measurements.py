"""Guarantee: weights, traces and measurements can be asked of a finished run, and the run stays as it is.

A new output of a Snakemake rule would start all jobs of the rule anew. Below the results folder, each
followed by its stamp, with the readable part of the run's own place:

    weights/<dataset>/…                      weights.safetensors, made by the run's job
    traces/<probe>/<dataset>/…               arrays that a probe wrote during training, made by the run's job
    measurements/<measurement>/<dataset>/…   rows, from the run, its weights and its data

Weights and traces have stamps of their own and are no part of the run's stamp. If they are asked for after
the run has finished, its job trains again and leaves the finished run as it is.
"""

from pipeline.planning.homes import Home, Homes
from pipeline.planning.results import Result, Results
from rethinking.exhibits.requests import Measurement

EVERY = "every"
# Options that every probe has besides its own.
MOMENTS: dict[str, dict] = {
    "examples": {
        "type": "integer",
        "minimum": 1,
        "default": 500,
        "description": "Training examples that the probe looks at, drawn once for each seed.",
    },
    "epochs": {
        "type": ["string", "array"],
        "default": EVERY,
        "pattern": f"^{EVERY}$",
        "uniqueItems": True,
        "items": {"type": "integer", "minimum": 1},
        "description": "Epochs at whose end the probe measures: `every`, or a list.",
    },
    "steps": {
        "type": "array",
        "default": [],
        "uniqueItems": True,
        "items": {"type": "integer", "minimum": 0},
        "description": "Steps after which the probe measures as well; 0 is before the first.",
    },
}


def probe_defaults(entry: dict, homes: Homes) -> dict:
    """An entry of ``probes`` with everything that it leaves out."""
    shared = {name: schema["default"] for name, schema in MOMENTS.items()}
    return shared | homes.of("probe")[entry["probe"]].defaults() | entry


class MeasurementPlan:
    """The weights, traces and measurements of the runs of a checked configuration."""

    def __init__(self, config: dict, results: Results, homes: Homes):
        self.config, self.results, self.homes = config, results, homes

    def _of_run(self, run: Result) -> str:
        """The readable part of a run's place."""
        return run.place.removeprefix(f"{self.results.root}/runs/")

    def weights(self, run: Result) -> Result:
        """The weights that a run ends with."""
        return self.results.plan(
            f"weights/{self._of_run(run)}",
            "train.py",
            {"along": "weights"},
            {"run": run},
            file="weights.json",
            seeded=True,
            modules=run.code["modules"],
        )

    def trace(self, name: str, run: Result) -> Result:
        """The trace of the probe ``name`` of the configuration in the course of a run, made along with it."""
        entry = self.config["probes"][name]
        home = self.homes.of("probe")[entry["probe"]]
        spec = {
            "along": "trace",
            "name": name,
            "module": home.module,
            "options": home.chosen(entry),
            "examples": entry["examples"],
            "epochs": None if entry["epochs"] == EVERY else sorted(entry["epochs"]),
            "steps": sorted(entry["steps"]),
        }
        made = self.results.plan(
            f"traces/{name}/{self._of_run(run)}",
            "train.py",
            spec,
            {"run": run},
            file="trace.json",
            seeded=True,
            modules=(*run.code["modules"], home.module),
        )
        return run.make_along(made)

    def measurement(self, asked: Measurement, run: Result) -> Result:
        """A measurement on the trained network of a run, which keeps its weights for it."""
        home = self.home(asked.measurement)
        factory = run.spec["factory"].partition(":")[0]
        return self.results.plan(
            f"measurements/{home.name}/{self._of_run(run)}",
            "measure_network.py",
            {
                "measurement": home.name,
                "module": home.module,
                "options": home.defaults() | asked.options,
            },
            {"run": run, "weights": run.make_along(self.weights(run)), **run.inputs},
            file="measurement.json",
            seeded=True,
            modules=(home.module, factory),
        )

    def home(self, measurement: str) -> Home:
        """The module that a measurement lives in."""
        return self.homes.of("measurement")[measurement]
