"""results.html and its figures: one page that loads nothing, and each drawing as a file."""

from __future__ import annotations

import re
from importlib import resources
from itertools import groupby

from markupsafe import Markup

from acclimate.experiments import shown
from acclimate.experiments.findings import Experiment
from acclimate.report.plots.quality import quality
from acclimate.report.templates import environment


def page(experiment: Experiment) -> str:
    """The page's HTML."""
    made = environment()
    made.filters |= {
        "points": shown.points,
        "entry": shown.marked,
        "rank": shown.rank,
        "spread": shown.spread,
        "gain": shown.signed_points,
        "gain_range": shown.signed_range,
        "number_column": _number_column,
    }
    numbered = enumerate(experiment.cases, 1)
    return made.get_template("experiment.html.j2").render(
        experiment=experiment,
        grid=experiment.grid,
        table=experiment.table,
        heads=shown.heads(experiment.table),
        best=shown.best(experiment.table),
        told=shown.told(experiment.grid),
        unfinished=shown.unfinished(experiment),
        figures=figures(experiment),
        corpora=[
            (name, list(each)) for name, each in groupby(numbered, lambda each: each[1].corpus)
        ],
    )


def _number_column(head: str) -> tuple[str, str]:
    """The head of a column that is aligned to the right."""
    return head, "n"


def figures(experiment: Experiment) -> list[Markup]:
    """One drawing for each of the experiment's curves."""
    measure = experiment.grid.measure
    return [
        quality(
            each.lines,
            each.levels,
            f"plot-{number}",
            f"{measure} by {each.axis}, {each.corpus}",
            each.axis,
            f"{measure}, {each.corpus}",
        )
        for number, each in enumerate(experiment.curves, 1)
    ]


def figure_files(experiment: Experiment) -> list[str]:
    """The names of the figures' files, in their order."""
    return [re.sub(r"[^\w.-]+", "-", each.corpus) + ".svg" for each in experiment.curves]


def standalone(figure: Markup) -> str:
    """A figure that brings the page's colours along, to be shown by itself."""
    style = (resources.files("acclimate.report") / "page" / "report.css").read_text("utf-8")
    start, bracket, rest = str(figure).partition(">")
    opening = start.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return f"{opening}{bracket}<style><![CDATA[{style}]]></style>{rest}"
