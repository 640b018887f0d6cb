"""What each row of an experiment scored on each corpus, seed by seed and query by query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from acclimate.experiments.cells import Row
from acclimate.experiments.running import Outcome

#: Query id → value.
Queries = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Score:
    """One row on one corpus. What is not trained has a single, unnamed seed."""

    by_seed: Mapping[int | None, Queries]

    @property
    def queries(self) -> dict[str, float]:
        """Each query's mean over the seeds, on which tests and intervals are made."""
        runs = list(self.by_seed.values())
        return {query_id: float(np.mean([run[query_id] for run in runs])) for query_id in runs[0]}

    @property
    def value(self) -> float:
        """The mean over queries and seeds."""
        return _mean(self.queries.values())

    @property
    def seeds(self) -> dict[int | None, float]:
        """Each seed's mean over queries."""
        return {seed: _mean(queries.values()) for seed, queries in self.by_seed.items()}


@dataclass(frozen=True, slots=True)
class Scores:
    """All rows on all corpora; what failed on a corpus is not there."""

    corpora: Sequence[str]
    rows: Sequence[Row]
    found: Mapping[tuple[Row, str], Score]

    def of(self, row: Row) -> list[Score]:
        """A row's scores on every corpus, or none where one of them is lacking."""
        scores = [self.found.get((row, corpus)) for corpus in self.corpora]
        known = [score for score in scores if score is not None]
        return known if len(known) == len(scores) else []


def scores_of(
    outcomes: Sequence[Outcome], measure: str, role: str = "", step: int | None = None
) -> Scores:
    """The scores of one system of every cell: of its main one, or the one in this role.

    With `step` those of a look at the training.
    """
    rows = dict.fromkeys(outcome.cell.row for outcome in outcomes)
    corpora = dict.fromkeys(outcome.cell.collection.name for outcome in outcomes)
    found: dict[tuple[Row, str], dict[int | None, Queries]] = {}
    for outcome in outcomes:
        queries = _queries(outcome, measure, role, step)
        if queries:
            place = (outcome.cell.row, outcome.cell.collection.name)
            found.setdefault(place, {})[outcome.cell.seed] = queries
    return Scores(list(corpora), list(rows), {place: Score(runs) for place, runs in found.items()})


def _queries(outcome: Outcome, measure: str, role: str, step: int | None) -> Queries:
    result = outcome.result
    if result is None:
        return {}
    wanted = role or ("after" if step is not None else result.main)
    return result.queries(wanted, measure, step)


def average_by_seed(scores: Sequence[Score]) -> list[float]:
    """The average over corpora for every seed that all of them have."""
    common = [seed for seed in scores[0].seeds if all(seed in each.by_seed for each in scores)]
    return [_mean(each.seeds[seed] for each in scores) for seed in common]


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
