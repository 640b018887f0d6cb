"""Quality along an axis: a setting that was varied (Fig. 3), or the training's steps (Fig. 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from acclimate.experiments.cells import Row
from acclimate.experiments.grid import Grid
from acclimate.experiments.running import Outcome
from acclimate.experiments.scores import Score, Scores, average_by_seed, scores_of
from acclimate.report.plots.quality import Line, Point


@dataclass(frozen=True, slots=True)
class Curves:
    """One figure: a line for each system that the axis touches, a level for each other one."""

    corpus: str
    axis: str
    lines: Sequence[Line]
    levels: Mapping[str, float]


def curves_of(grid: Grid, outcomes: Sequence[Outcome]) -> list[Curves]:
    """The average over the corpora, then each corpus; none where nothing was varied in numbers."""
    if grid.checkpoints:
        steps = sorted({step for each in outcomes if each.result for step in each.result.steps})
        at = {float(step): scores_of(outcomes, grid.measure, step=step) for step in steps}
        return _figures(grid, outcomes, "training steps", at)
    if grid.vary is None:
        return []
    try:
        values = sorted(grid.vary.values, key=float)
    except ValueError:
        return []  # such as models, which the table shows
    at = {float(each): _only(outcomes, grid.measure, each) for each in values}
    return _figures(grid, outcomes, grid.vary.words, at)


def _only(outcomes: Sequence[Outcome], measure: str, at: str) -> Scores:
    return scores_of([each for each in outcomes if each.cell.at == at], measure)


def _figures(
    grid: Grid, outcomes: Sequence[Outcome], axis: str, at: Mapping[float, Scores]
) -> list[Curves]:
    names = [each.name for each in grid.corpora]
    still = [each for each in outcomes if each.cell.system.search and not each.cell.at]
    levels = scores_of(still, grid.measure)
    moving = [each.name for each in grid.systems if Row(each.name) not in levels.rows]
    parts = {"average": names, **{name: [name] for name in names}} if len(names) > 1 else {}
    figures = []
    for title, corpora in (parts or {names[0]: names}).items():
        lines = [Line(name, _points(name, corpora, at)) for name in moving]
        figures.append(
            Curves(title, axis, [line for line in lines if line.points], _levels(levels, corpora))
        )
    return [figure for figure in figures if figure.lines]


def _points(system: str, corpora: Sequence[str], at: Mapping[float, Scores]) -> list[Point]:
    points = []
    for x, scores in at.items():
        found = _all(scores, system, corpora)
        by_seed = average_by_seed(found) if found else []
        if by_seed:
            points.append(Point(x, mean(by_seed), min(by_seed), max(by_seed)))
    return points


def _levels(scores: Scores, corpora: Sequence[str]) -> dict[str, float]:
    levels = {row.system: _all(scores, row.system, corpora) for row in scores.rows}
    return {name: mean(each.value for each in found) for name, found in levels.items() if found}


def _all(scores: Scores, system: str, corpora: Sequence[str]) -> list[Score]:
    """A system's scores on these corpora, or none where one is lacking."""
    rows = [row for row in scores.rows if row.system == system]
    found = [
        scores.found[row, corpus]
        for row in rows
        for corpus in corpora
        if (row, corpus) in scores.found
    ]
    return found if len(found) == len(corpora) else []
