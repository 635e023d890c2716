"""Fetch the files of a published data set, unless they are there, and write down their hashes."""

import importlib
from pathlib import Path

from pipeline.execution.job import logged
from pipeline.storage.artefacts import write_result
from rethinking.datasets.download import checksum, fetch
from rethinking.datasets.published import files_there

with logged(snakemake.log[0]) as tell:
    # The note is about the files of the moment, so it is written again whenever it is asked for.
    (job,) = snakemake.params.jobs
    ways = importlib.import_module(job["spec"]["module"]).files()
    # The place of downloads is no part of the specification.
    folder = Path(snakemake.config["data_folder"]).expanduser()
    files = files_there(ways, folder)
    if files is None:
        files = ways[0]
        with tell.progress("B") as report:
            for line in fetch(files, folder, report):
                tell(f"tried in vain: {line}")
    described = [
        {
            "path": file.path,
            "bytes": (folder / file.path).stat().st_size,
            "md5": file.md5,
            "sha256": checksum(folder / file.path, "sha256"),
            "urls": list(file.urls),
        }
        for file in files
    ]
    write_result(job, {"published": described})
    for file in described:
        print(f"{folder / file['path']}: {file['bytes']:,} bytes, MD5 {file['md5']} as published")
