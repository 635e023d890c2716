"""Guarantee: a folder that cannot be written to, or results that cannot be read, are named before any job."""

import importlib.util
import tempfile
from pathlib import Path

from pipeline.planning.explain import cut, quoted
from pipeline.storage.files import oddity

SUBFOLDERS = (
    *("data", "runs", "weights", "traces", "systems", "measurements"),
    *("figures", "tables", "logs", "benchmarks"),
)
# Prepared images, which everything was made from, as versions without stamps in paths kept them.
EARLIER = "data/*/images/true/manifest.json"


def place_problems(config: dict) -> list[str]:
    """Problems of this machine: folders for results and downloads, and packages that are not installed."""
    results = config["results"]
    return [
        *_download_problems(config),
        *_execution_problems(config),
        *(_folder_problems("results", results, SUBFOLDERS) or _earlier_results(results)),
    ]


def _folder_problems(key: str, text: str, subfolders: tuple[str, ...]) -> list[str]:
    """A folder that cannot be made or written to, found by trying."""
    try:
        folder = Path(text).expanduser()
        for wanted in (folder, *(folder / name for name in subfolders)):
            existing = wanted
            while not existing.exists() and not existing.is_symlink():
                existing = existing.parent
            if not existing.is_dir():
                return [f"{key}: {existing} is not a folder, so {wanted} cannot be made; choose another"]
            if wanted == folder:
                tempfile.TemporaryFile(dir=existing).close()
    except (OSError, RuntimeError, ValueError) as error:
        problem = f"nothing can be written to {quoted(text)} ({cut(str(error), 200)})"
        return [f"{key}: {problem}; mend that or choose another"]
    return []


def _earlier_results(text: str) -> list[str]:
    """Results of a version whose paths held no stamps, which this one neither reads nor touches."""
    found = sorted(Path(text).expanduser().glob(EARLIER))
    if not found:
        return []
    return [
        f"results: {text} has results of an earlier version of this workflow, whose paths hold no stamps "
        f"({found[0]}). They are left alone and cannot be used; to start anew, set `results` elsewhere"
    ]


def _execution_problems(config: dict) -> list[str]:
    """Packages that the configuration asks for and that are not installed."""
    if config["execution"]["tensorboard"] and importlib.util.find_spec("tensorboard") is None:
        return [
            "execution.tensorboard: the package is not installed; pip install tensorboard, or set it to false"
        ]
    return []


def _download_problems(config: dict) -> list[str]:
    """A folder of downloads that cannot be one."""
    text = config["data_folder"]
    try:
        path = Path(text).expanduser()
        if path.exists() and not path.is_dir():
            return [f"data_folder: {quoted(text)} is {oddity(path) or 'a file'}; expected a folder"]
    except (OSError, RuntimeError, ValueError) as error:
        return [f"data_folder: {quoted(text)} is no path here ({cut(str(error), 200)})"]
    return []
