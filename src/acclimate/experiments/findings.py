"""What an experiment found out: its tables, its figures, its examples, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from acclimate.adapt.result import LabelledPassage
from acclimate.experiments.cells import Row
from acclimate.experiments.curves import Curves, curves_of
from acclimate.experiments.examples import Example
from acclimate.experiments.grid import Axis, Grid, System
from acclimate.experiments.measuring import ALONE, FUSED, RERANKED
from acclimate.experiments.running import Outcome, failed, waiting
from acclimate.experiments.scores import Scores, scores_of
from acclimate.experiments.table import Table, table_of

#: The columns of the table of systems, and the roles that stand in them.
_COLUMNS: Mapping[str, Sequence[str]] = {
    "BM25": ("BM25",),
    "before": ("before",),
    "after, or alone": ("after", ALONE),
    "BM25 + before": ("BM25 + before",),
    "BM25 + after, or alone": ("BM25 + after", FUSED),
    RERANKED: (RERANKED,),
}


@dataclass(frozen=True, slots=True)
class Grouped:
    """A plain table of means, some of them lacking."""

    heads: Sequence[str]
    rows: Sequence[tuple[str, Sequence[float | None]]]


@dataclass(frozen=True, slots=True)
class Case:
    """A passage with the queries that each row's run was trained on, and their labels."""

    corpus: str
    passage: LabelledPassage
    queries: Sequence[tuple[str, Example]]


@dataclass(frozen=True, slots=True)
class Experiment:
    """Everything that an experiment found out, and where it lies."""

    grid: Grid
    folder: Path
    outcomes: Sequence[Outcome]
    table: Table
    systems: Grouped
    #: Systems by values of the axis, where one was varied.
    axis: Grouped | None
    curves: Sequence[Curves]
    cases: Sequence[Case]

    @property
    def failed(self) -> list[Outcome]:
        """The cells that could not be done; the others are in the tables."""
        return failed(self.outcomes)

    @property
    def waiting(self) -> list[Outcome]:
        """The cells that are still to be done; what the tables say may change with them."""
        return waiting(self.outcomes)


def find(grid: Grid, folder: Path, outcomes: Sequence[Outcome]) -> Experiment:
    """Bring the cells' results together."""
    scores = scores_of(outcomes, grid.measure)
    return Experiment(
        grid,
        folder,
        outcomes,
        table_of(scores, grid.measure, grid.baseline),
        _systems(outcomes, grid.measure),
        _axis(grid, scores),
        curves_of(grid, outcomes),
        _cases(outcomes),
    )


def _systems(outcomes: Sequence[Outcome], measure: str) -> Grouped:
    """Every system of every row, averaged over the corpora."""
    columns = {
        head: [scores_of(outcomes, measure, role) for role in roles]
        for head, roles in _COLUMNS.items()
    }
    held = {head: parts for head, parts in columns.items() if any(part.found for part in parts)}
    rows = dict.fromkeys(outcome.cell.row for outcome in outcomes)
    return Grouped(
        list(held),
        [(row.name, [_first(parts, row) for parts in held.values()]) for row in rows],
    )


def _first(parts: Sequence[Scores], row: Row) -> float | None:
    return next((_average(part, row) for part in parts if part.of(row)), None)


def _average(scores: Scores, row: Row) -> float | None:
    found = scores.of(row)
    return mean(score.value for score in found) if found else None


def _axis(grid: Grid, scores: Scores) -> Grouped | None:
    """The form of the paper's Tables 2 to 4: a corpus and a system a row, a value a column."""
    if grid.vary is None:
        return None
    parts = {name: [name] for name in scores.corpora}
    if len(parts) > 1:
        parts["average"] = list(scores.corpora)
    rows = [
        (f"{title}: {system.name}", [_average(only, row) for row in _along(grid.vary, system)])
        for title, corpora in parts.items()
        for only in [Scores(corpora, scores.rows, scores.found)]
        for system in grid.systems
    ]
    return Grouped(grid.vary.values, rows)


def _along(axis: Axis, system: System) -> list[Row]:
    """The system's row at each value; what the axis does not touch has the same one everywhere."""
    return [Row(system.name, each if system.varies(axis) else "") for each in axis.values]


def _cases(outcomes: Sequence[Outcome]) -> list[Case]:
    """Passage by passage what the rows' runs made of it, each row's first seed."""
    shown: dict[tuple[str, str], dict[str, list[Example]]] = {}
    passages: dict[tuple[str, str], LabelledPassage] = {}
    seeds: dict[tuple[str, Row], int | None] = {}
    for outcome in outcomes:
        cell, corpus = outcome.cell, outcome.cell.collection.name
        if outcome.result is None or seeds.setdefault((corpus, cell.row), cell.seed) != cell.seed:
            continue
        for example in outcome.result.examples:
            place = (corpus, example.positive.passage_id)
            passages.setdefault(place, example.positive)
            shown.setdefault(place, {}).setdefault(cell.row.name, []).append(example)
    return [
        Case(
            place[0],
            passages[place],
            [(row, example) for row, examples in rows.items() for example in examples],
        )
        for place, rows in shown.items()
    ]
