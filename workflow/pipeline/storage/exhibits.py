"""Guarantee: a figure or table is written whole, in all of its forms, or not at all."""

from pathlib import Path

from matplotlib.figure import Figure

from pipeline.storage.artefacts import read_file, read_result, write_result
from pipeline.storage.writing import ArtefactError, written_whole
from rethinking.plotting import style


def write_figure(job: dict, drawn: Figure) -> None:
    """Write a figure as PDF and PNG, with a copy of the summary that it draws."""
    folder, summary = Path(job["folder"]), job["inputs"]["summary"]
    for name in ("figure.pdf", "figure.png"):
        with written_whole(folder / name) as temporary:
            style.save(drawn, temporary)
    with written_whole(folder / "summary.csv") as temporary:
        temporary.write_bytes(read_file(summary, read_result(summary), "summary.csv"))
    write_result(job, {}, ["figure.pdf", "figure.png", "summary.csv"])


def write_table(job: dict, forms: dict[str, str]) -> None:
    """Write a table in several forms, each a text by the ending of its file."""
    needed = {Path(file).suffix[1:] for file in job["pages"]["files"]}
    if forms.keys() != needed:
        raise ArtefactError(
            f"{job['spec']['module']}.render gave {', '.join(sorted(forms)) or 'nothing'}; expected "
            f"{', '.join(sorted(needed))}"
        )
    write_texts(job, {f"table.{form}": text for form, text in forms.items()})


def write_texts(job: dict, files: dict[str, str]) -> None:
    """Write text files as one result."""
    for name, text in files.items():
        with written_whole(Path(job["folder"], name)) as temporary:
            temporary.write_text(text)
    write_result(job, {}, list(files))
