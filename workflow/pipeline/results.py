"""Finished runs as one frame, each checked to be the run that was planned."""

import hashlib
import io
from pathlib import Path

import pandas as pd

from pipeline.artefacts import ArtefactError, read_result, remake


def read_histories(runs: list[dict]) -> pd.DataFrame:
    """The histories of all runs below each other, with the coordinates of the run in every row.

    ``runs`` are the entries of a query's specification: coordinates, folder and expected stamp.
    Raises ``ArtefactError`` for a result that is altered, truncated or made by something else.
    """
    frames = []
    for run in runs:
        path = Path(run["folder"]) / "run.json"
        result = read_result(path, run["stamp"])
        history = path.with_name("history.csv")
        content = history.read_bytes() if history.is_file() else b""
        if hashlib.sha256(content).hexdigest() != result["history_sha256"]:
            raise ArtefactError(
                f"{history}: missing, truncated or altered since it was made. "
                f"Remake it with\n  {remake(path)}"
            )
        frame = pd.read_csv(io.BytesIO(content))
        coordinates = {key: value for key, value in run.items() if key not in ("folder", "stamp")}
        facts = {key: result[key] for key in ("parameters", "classes", "verdict")}
        frames.append(frame.assign(**coordinates, **facts))
    return pd.concat(frames, ignore_index=True)
