"""Guarantee: the report shows results whose hashes were checked, with captions that were written just now.

    python -m pipeline.commands.report config/demo.yaml

is ``make report``: the finished results of a configuration as one page. It names configuration files as
``snakemake --configfile`` does, in the project's folder. Snakemake makes the page of the results and the
captions.
"""

import os
import shlex
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from pipeline.commands.configured import WORKFLOW, NotConfigured, plan_of
from pipeline.commands.report_page import UnknownPage, inert
from pipeline.planning.explain import printable
from pipeline.planning.overlays import command_with
from pipeline.planning.plan import Plan
from pipeline.planning.report import CAPTIONS, contact_sheet_name
from pipeline.storage.results import read_computed, read_scorecard, read_summary
from pipeline.storage.writing import ArtefactError, written_whole
from rethinking.paper import title_of
from rethinking.plotting import captions, pages, provenance_page


def captions_of(plan: Plan, command: str) -> dict[str, str]:
    """The caption of every result in the report, by the name under which ``pipeline.report`` looks for it.

    ``command`` is the call of Snakemake without a target. Raises ``ArtefactError`` where a result that a
    caption speaks of is altered or another than the plan's.
    """
    made = {}
    for corruption in plan.data.corruptions:
        about = f"{plan.data.title}, seed {plan.config['seeds'][0]}"
        sheet = plan.pages[contact_sheet_name(corruption)].files["sheet.png"]
        paper = plan.homes.of("corruption")[corruption].about.get("paper", "")
        made[contact_sheet_name(corruption)] = captions.contact_sheet(
            paper, about, captions.made_by(sheet, command)
        )
    if not plan.in_all:
        return made
    job = plan.pages["scorecard"].job()
    spec = job["spec"]
    spread = pages.seeds_note(len(plan.config["seeds"]), spec["confidence"])
    table = read_scorecard(job)
    for name in plan.in_all:
        exhibit = plan.exhibits[name]
        sentences = exhibit.function("sentences")
        seen = []
        if sentences:
            seen = import_module(sentences.module).sentences(read_summary(plan.summary(name).entry()))
        made[name] = captions.exhibit(
            exhibit.said.get("paper"),
            f"{', '.join(plan.titles(name))}; {spread}",
            table[table["source"] == name],
            seen,
            captions.made_by(name, command),
        )
    titles = {each["name"]: title_of(each["name"]) for each in spec["exhibits"]}
    how = captions.made_by("scorecard", command)
    made["scorecard"] = captions.scorecard(table, titles, f"{spec['dataset']}; {spread}", how)
    job = plan.pages["provenance"].job()
    computed = read_computed(job["spec"]["coordinates"], job["inputs"]["results"])
    made["provenance"] = captions.provenance(
        provenance_page.total(computed), captions.made_by("all", command)
    )
    return made


def _snakemake(arguments: list[str], **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def main(files: list[str]) -> str | int:
    """Make the report of ``config.yaml`` with ``files`` on top; returns the exit status of the process."""
    command = command_with(files)
    options = command[1:]
    try:
        plan = plan_of(files)
        dry = _snakemake(["--dry-run", *options])
        if dry.returncode:
            return dry.stdout
        if "Nothing to be done" not in dry.stdout:
            print("There is no report yet: results are missing, or made by other settings or other code.")
            call = [command[0], "--cores", str(os.cpu_count()), *options]
            print(f"This makes what is missing:\n  {shlex.join(call)}")
            return 1
        with tempfile.TemporaryDirectory(prefix="rethinking-captions-") as folder:
            for name, caption in captions_of(plan, shlex.join(command)).items():
                Path(folder, f"{name}.rst").write_text(caption)
            with written_whole(f"{plan.root}/report.html") as page:
                style = str(WORKFLOW / "workflow" / "report" / "style.css")
                report = ["--report", str(page), "--report-stylesheet", style]
                done = _snakemake([*report, *options], **{CAPTIONS: folder})
                if done.returncode:
                    return done.stdout
                page.write_text(inert(page.read_text()))
    except (ArtefactError, NotConfigured, UnknownPage, OSError) as error:
        return printable(str(error))
    print(f"Report     {plan.root}/report.html")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
