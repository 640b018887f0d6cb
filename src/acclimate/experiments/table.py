"""The paper's table: rows by corpora, their average, their average rank, and what is no chance.

Seeds are averaged first, query by query; the test and the intervals are then over queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean

from acclimate.evaluate.evaluation import Comparison
from acclimate.evaluate.intervals import Estimate, bootstrap, bootstrap_average
from acclimate.evaluate.significance import holm, randomisation_test
from acclimate.experiments.cells import Row
from acclimate.experiments.scores import Score, Scores, average_by_seed
from acclimate.report.measured import Difference

#: Differences that are rounding and nothing else.
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Entry:
    """A row's mean on a corpus, or its average over all; none of the baseline is compared."""

    estimate: Estimate
    difference: Difference | None

    @property
    def reading(self) -> str:
        """ "better" or "worse" than the baseline beyond chance, else empty."""
        reading = self.difference.reading if self.difference else ""
        return reading if reading in ("better", "worse") else ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row. What is lacking on a corpus has no average and no rank."""

    row: Row
    entries: Sequence[Entry | None]
    average: Entry | None
    rank: float | None
    #: The average for each seed; one where nothing was trained.
    seeds: Sequence[float]


@dataclass(frozen=True, slots=True)
class Table:
    """All rows, and the comparisons that were made and corrected together."""

    measure: str
    corpora: Sequence[str]
    lines: Sequence[Line]

    @property
    def several(self) -> bool:
        """Whether there is more than one corpus to average over."""
        return len(self.corpora) > 1

    @property
    def differences(self) -> list[tuple[str, Difference]]:
        """Every comparison with the name of its corpus, or "average"."""
        places = [*self.corpora, "average"]
        return [
            (place, entry.difference)
            for line in self.lines
            for place, entry in zip(places, self._columns(line), strict=False)
            if entry is not None and entry.difference is not None
        ]

    def _columns(self, line: Line) -> list[Entry | None]:
        return [*line.entries, *([line.average] if self.several else [])]


def table_of(scores: Scores, measure: str, baseline: str) -> Table:
    """Compare every row with the baseline's, which is the same or at the same value of the axis."""
    ranks = _average_ranks(scores)
    lines = []
    for row in scores.rows:
        against = _baseline(scores.rows, row, baseline)
        found = scores.of(row)
        lines.append(
            Line(
                row,
                [_entry(scores, row, against, [corpus], measure) for corpus in scores.corpora],
                _entry(scores, row, against, scores.corpora, measure) if found else None,
                ranks.get(row),
                average_by_seed(found) if found else (),
            )
        )
    return _corrected(Table(measure, scores.corpora, lines))


def _baseline(rows: Sequence[Row], row: Row, baseline: str) -> Row | None:
    """The baseline's row that this one is held against; none for the baseline itself."""
    if row.system == baseline:
        return None
    fitting = (Row(baseline, row.at), Row(baseline))
    return next((each for each in fitting if each in rows), None)


def _entry(
    scores: Scores, row: Row, against: Row | None, corpora: Sequence[str], measure: str
) -> Entry | None:
    mine = [scores.found[row, corpus] for corpus in corpora if (row, corpus) in scores.found]
    if not mine:
        return None
    estimate = bootstrap_average([list(score.queries.values()) for score in mine])
    theirs = [scores.found.get((against, corpus)) for corpus in corpora] if against else []
    known = [score for score in theirs if score is not None]
    if against is None or len(known) < len(corpora):
        return Entry(estimate, None)
    comparison = _compare(known, mine, measure)
    named = replace(comparison, baseline=against.name, system=row.name)
    return Entry(estimate, Difference(against.name, row.name, named))


def _compare(baseline: Sequence[Score], system: Sequence[Score], measure: str) -> Comparison:
    """Over several corpora each counts alike, however many queries it has."""
    before: list[float] = []
    after: list[float] = []
    groups = []
    for one, other in zip(baseline, system, strict=True):
        a = one.queries
        b = other.queries
        groups.append([b[query_id] - a[query_id] for query_id in a])
        before += [a[query_id] / len(a) for query_id in a]
        after += [b[query_id] / len(a) for query_id in a]
    p = randomisation_test(before, after)
    difference = bootstrap(groups[0]) if len(groups) == 1 else bootstrap_average(groups)
    return Comparison("", "", measure, difference, p, p)


def _corrected(table: Table) -> Table:
    """The same with Holm's correction for all comparisons of the table together."""
    waiting = iter(holm([each.comparison.p for _, each in table.differences]))

    def corrected(entry: Entry | None) -> Entry | None:
        if entry is None or entry.difference is None:
            return entry
        comparison = replace(entry.difference.comparison, corrected_p=next(waiting))
        return replace(entry, difference=replace(entry.difference, comparison=comparison))

    lines = []
    for line in table.lines:
        entries = [corrected(entry) for entry in line.entries]
        # With one corpus its average is the same comparison, not another one.
        average = corrected(line.average) if table.several else entries[0]
        lines.append(replace(line, entries=entries, average=average))
    return replace(table, lines=lines)


def _average_ranks(scores: Scores) -> Mapping[Row, float]:
    """Each row's rank (1 is best) averaged over the corpora, among the rows that have all."""
    whole = {row: found for row in scores.rows if (found := scores.of(row))}
    ranks: dict[Row, list[float]] = {row: [] for row in whole}
    for number in range(len(scores.corpora)):
        values = {row: found[number].value for row, found in whole.items()}
        for row, value in values.items():
            ranks[row].append(_rank(value, list(values.values())))
    return {row: mean(each) for row, each in ranks.items()}


def _rank(value: float, values: Sequence[float]) -> float:
    """1 for the highest; equal ones share the middle of their ranks."""
    above = sum(other > value + _SAME for other in values)
    same = sum(abs(other - value) <= _SAME for other in values)
    return above + (same + 1) / 2
