"""Guarantee: a job that finds its result finished makes nothing and costs nothing.

Snakemake has deleted the receipt by then, so the job writes a new one. Pages that are copied from the result
are renewed.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.storage.artefacts import check_code, is_finished, read_file, read_result, write_receipt
from pipeline.storage.writing import written_whole


def unfinished(jobs: list[dict], tell: Callable[[str], None]) -> Iterator[dict]:
    """The jobs whose result is not there yet, one after the other; the caller makes each.

    A result that is there and whole is kept: it gets a new receipt, for Snakemake has deleted the old one.
    It is made again if one of its inputs was made again with other content. When a result is there, the
    pages that are copied from it are renewed.
    """
    for job in jobs:
        if all(map(is_finished, [job, *job["along"]])):
            for each in (*job["along"], job):
                write_receipt(each)
            if "pages" not in job:
                tell(f"{Path(job['folder'], job['file'])} is there and whole: kept")
        else:
            check_code(job)
            yield job
        if "pages" in job:
            copy_pages(job)


def copy_pages(job: dict) -> None:
    """Copy files of a finished result to where people look, and mark which result they show."""
    result, mark = read_result(job), Path(job["pages"]["mark"])
    for other in mark.parent.iterdir() if mark.parent.is_dir() else ():
        other.unlink()
    for name, page in job["pages"]["files"].items():
        is_result = name == job["file"]  # whose own hash is known to be right
        content = Path(job["folder"], name).read_bytes() if is_result else read_file(job, result, name)
        with written_whole(page) as temporary:
            temporary.write_bytes(content)
    with written_whole(mark) as temporary:
        temporary.touch()
