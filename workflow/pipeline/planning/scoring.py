"""Guarantee: a verdict in the paper's name is about something that the paper has.

The paper's claims are about five networks, true labels and four corruptions. Results of other networks and
corruptions are shown with their intervals and get no verdict, unless the entry says ``claims: all``.
"""

from typing import TYPE_CHECKING, Any

from pipeline.planning.exhibits import ALL_CLAIMS, READ, Exhibit
from pipeline.planning.homes import Home
from pipeline.planning.pages import Page
from pipeline.planning.runs import TRUE_LABELS
from rethinking import paper
from rethinking.exhibits.requests import Training

if TYPE_CHECKING:
    from pipeline.planning.plan import Plan


def _is_papers(request: Training, networks: dict, corruptions: dict[str, Home]) -> bool:
    """Whether a run is of a network and a corruption that the paper has."""
    name = request.network.partition("@")[0]  # a point of a grid is a setting of the same network
    known = paper.NETWORKS.get(name) == networks[request.network]["factory"]
    condition = request.condition
    return known and (condition == TRUE_LABELS or "paper" in corruptions[condition].about)


def claimed(exhibit: Exhibit, requests: list, networks: dict, corruptions: dict[str, Home]) -> dict:
    """By column of the summary, the names in the rows that are held against the paper; empty for all rows."""
    runs = [request for request in requests if isinstance(request, Training)]
    if not runs or not exhibit.is_papers or exhibit.entry.get("claims") == ALL_CLAIMS:
        return {}
    papers = [request for request in runs if _is_papers(request, networks, corruptions)]
    return {
        "network": sorted({request.network for request in papers}),
        "condition": sorted({request.condition for request in papers}),
    }


def scored(exhibit: Exhibit, paper: dict | None, provided: dict) -> dict:
    """The facts that the scorecard's job needs about one figure or table: its claims and the paper's numbers.

    ``paper`` names the file with the paper's numbers and ``provided`` has the arguments of claims by name.
    """
    claims = exhibit.function("claims")
    about: dict[str, Any] = {
        "name": exhibit.name,
        "is_papers": exhibit.is_papers,
        "claims": None,
        "numbers": None,
    }
    if claims:
        about["claims"] = {"module": claims.module, "arguments": claims.arguments(provided)}
        about["claims"]["reads"] = [name for name in READ["claims"] if name in claims.named]
        if "paper" in claims.named:
            about["paper"] = paper
    if paper and "numbers" in exhibit.home.about and exhibit.has_papers_options:
        # Descriptions of tolerances are prose, and no verdict depends on them.
        about["numbers"] = {
            key: value for key, value in exhibit.home.about["numbers"].items() if key != "tolerances"
        }
        about |= {"paper": paper, "quantity": exhibit.entry.get("quantity")}
    return about


def _claimed_in(plan: "Plan", exhibit: Exhibit) -> dict:
    networks, corruptions = plan.config["networks"], plan.homes.of("corruption")
    return claimed(exhibit, plan.requested(exhibit.name), networks, corruptions)


def scorecard(plan: "Plan") -> Page:
    """The comparison with the paper, from the summaries of all that is held against it."""
    exhibits = [plan.exhibits[name] for name in plan.in_all if plan.exhibits[name].is_scored]
    held = [
        scored(exhibit, plan.paper(exhibit.name), plan.provided(exhibit))
        | {"about": plan.titles(exhibit.name), "claimed": _claimed_in(plan, exhibit)}
        for exhibit in exhibits
    ]
    spec = {
        "script": "write_scorecard.py",
        "exhibits": held,
        "tolerance": plan.config["scorecard"]["tolerance"],
        "fit": plan.config["fit"]["train_accuracy"],
        "confidence": plan.config["interval"]["confidence"],
        "dataset": plan.data.title,
    }
    inputs = {
        "summaries": [(plan.summary(exhibit.name), None) for exhibit in exhibits],
        "baselines": [baseline for exhibit in exhibits for baseline in plan.baselines(exhibit.name)],
    }
    modules = tuple(dict.fromkeys(each["claims"]["module"] for each in held if each["claims"]))
    made = plan.results.plan("scorecard", "write_scorecard.py", spec, inputs, modules=modules)
    files = {f"scorecard.{form}": f"{plan.root}/scorecard.{form}" for form in ("csv", "html")}
    return Page(made, files)
