"""report.html: one page that shows everything an adaptation found out, and loads nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from acclimate.adapt.result import Adaptation, BeforeAfter
from acclimate.evaluate.intervals import Estimate
from acclimate.formats.files import atomic_write
from acclimate.report import measured as measuring
from acclimate.report import recipe, steps
from acclimate.report.measured import Change, Difference, System
from acclimate.report.mixing import mixed
from acclimate.report.plots.curve import curve
from acclimate.report.plots.funnel import funnel
from acclimate.report.plots.histogram import histogram
from acclimate.report.plots.ladder import ladder
from acclimate.report.plots.scatter import scatter, tally
from acclimate.report.templates import environment

#: How many of the biggest gains and losses are listed.
EXTREMES = 8


@dataclass(frozen=True, slots=True)
class Evidence:
    """One before/after measurement, ready to be shown; `measure` is what it is summed up by."""

    id: str
    people: bool
    measured: BeforeAfter
    measure: str
    measures: list[str]
    heads: list[tuple[str, str]]
    systems: list[System]
    differences: list[Difference]
    main: Difference | None
    rows: list[Change]
    gains: list[Change]
    losses: list[Change]
    tally: str
    ladder: Markup
    scatter: Markup

    @property
    def queries(self) -> int:
        """How many queries were judged."""
        return self.measured.after.queries

    @property
    def before(self) -> Estimate:
        """The model's mean before, by the headline measure."""
        return self.measured.before.measures.get(self.measure, measuring.UNKNOWN)

    @property
    def after(self) -> Estimate:
        """The model's mean after, by the headline measure."""
        return self.measured.after.measures.get(self.measure, measuring.UNKNOWN)


def write_report(result: Adaptation, path: Path) -> None:
    """Write the page; it appears whole or not at all."""
    page = render(result)
    with atomic_write(path) as handle:
        handle.write(page)


def render(result: Adaptation) -> str:
    """The page's HTML."""
    check = result.teacher_check
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            result=result,
            source=steps.source(result.recipe),
            evidence=[_evidence(each, result) for each in measuring.evidence(result)],
            scorers=[check.teacher, *check.others],
            settings=recipe.heeded(result),
            samples=result.samples,
            funnel=funnel(result.stages, "plot-funnel") if result.stages else "",
            labels=histogram(
                result.label_values, "plot-labels", "How the teacher's labels are spread", "label"
            ),
            curve=curve(result.training, "plot-curve"),
            mixed=mixed(result.training),
        )
    )


def _evidence(measured: BeforeAfter, result: Adaptation) -> Evidence:
    people = measuring.by_people(measured)
    name = "people" if people else "label-free"
    measure = measuring.headline(measured)
    names = measuring.measures(measured)
    systems = measuring.systems(measured)
    rows = measuring.changes(measured, result.query_texts)
    return Evidence(
        id=name,
        people=people,
        measured=measured,
        measure=measure,
        measures=names,
        heads=[(each, "n") for each in names],
        systems=systems,
        differences=measuring.differences(measured),
        main=measuring.main_difference(measured),
        rows=rows,
        gains=[row for row in rows[:EXTREMES] if row.difference > 0],
        losses=[row for row in rows[: -EXTREMES - 1 : -1] if row.difference < 0],
        tally=tally(rows),
        ladder=ladder(systems, measure, f"plot-{name}-systems"),
        scatter=scatter(rows, measure, f"plot-{name}-queries"),
    )
