"""The k best rows of an inverted index without reading all of it.

MaxScore, term at a time (Turtle and Flood, Query evaluation: strategies and optimizations,
Information Processing & Management 31(6), 1995): columns are read from the weightiest on. Once what
is still unread cannot lift an unseen row into the best k, only the rows still in the race are
completed, by looking them up. The result is that of reading everything, in every bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from acclimate.errors import UsageError
from acclimate.indexes.base import Mask, Ranked, Scores
from acclimate.indexes.columns import Column
from acclimate.ranking import Rows, top

#: A row looked up costs about as much as so many postings read in a row.
LOOKUP = 8
#: Rows whose scores tell how good the k-th best is at least, in multiples of k.
LEADERS = 4


class Reading(NamedTuple):
    """How many postings searches touched (read or looked up), of those that the terms have."""

    read: int
    exhaustive: int

    def __add__(self, other: object) -> Reading:
        if not isinstance(other, Reading):
            return NotImplemented
        return Reading(self.read + other.read, self.exhaustive + other.exhaustive)


@dataclass(frozen=True, slots=True)
class Field:
    """The rows that a search may find. Scores of all others start, and stay, below everything."""

    allowed: Mask
    count: int
    start: Scores = field(repr=False)

    @classmethod
    def of(cls, allowed: Mask) -> Field:
        start = np.zeros(len(allowed), dtype=np.float32)
        count = int(np.count_nonzero(allowed))
        if count < len(allowed):
            start[~allowed] = -np.inf
        return cls(allowed, count, start)


def best(columns: Sequence[Column], k: int, where: Field, tiebreak: Rows) -> tuple[Ranked, Reading]:
    """The k best rows with a score above 0. Scores are float32 sums in the order of the columns.

    Give the columns by falling weight, in an order that does not depend on how the index is split
    into parts.
    """
    if k < 1:
        raise UsageError(f"k is {k}; ask for at least 1 hit")
    race = _Race(columns, k, where)
    rows = race.run()
    scores = race.scores[rows]
    order = top(scores, tiebreak[rows], k)
    return Ranked(rows[order], scores[order]), Reading(race.read, race.exhaustive)


class _Race:
    """One search."""

    def __init__(self, columns: Sequence[Column], k: int, where: Field) -> None:
        self.columns = columns
        self.k = k
        self.where = where
        self.scores = where.start.copy()
        self.exhaustive = sum(column.size for column in columns)
        self.read = 0
        # rest[i]: what columns i, i+1, ... can add to a row at most.
        bounds = [0.0, *(column.bound for column in reversed(columns))]
        self._rest: npt.NDArray[np.float64] = np.cumsum(bounds)[::-1]
        # Sums are rounded once a column, the bounds a few times more.
        self._margin = 1 + (len(columns) + 4) * 2.0**-23
        #: The k-th best score is at least this.
        self._least = 0.0

    def run(self) -> Rows:
        """The rows that may be among the best k, with their whole scores in `scores`."""
        if LOOKUP * self.where.count < self.exhaustive:
            return self._complete(np.flatnonzero(self.where.allowed), 0)
        leaders = np.zeros(0, dtype=np.int64)
        unread = self.exhaustive
        for number, column in enumerate(self.columns):
            # A row that no column before this has named cannot come in any more.
            if self._rest[number] * self._margin < self._least:
                return self._complete(self._contenders(number), number)
            column.add_to(self.scores)
            self.read += column.size
            unread -= column.size
            if len(leaders) < LEADERS * self.k:
                leaders = np.union1d(leaders, column.rows()) if len(leaders) else column.rows()
            rest = self._rest[number + 1]
            # Only where it can end the reading, and costs less than what is left to read.
            if rest < self._rest[0] - rest and unread > len(leaders):
                self._raise(self.scores[leaders])
        self._raise(self.scores[leaders])
        return self._contenders(len(self.columns))

    def _complete(self, rows: Rows, number: int) -> Rows:
        """Bring the rows' scores up to date from column `number` on, dropping who falls behind."""
        for place in range(number, len(self.columns)):
            column = self.columns[place]
            if LOOKUP * len(rows) < column.size:
                self.scores[rows] += column.at(rows)
                self.read += len(rows)
            else:
                column.add_to(self.scores)
                self.read += column.size
            scores = self.scores[rows]
            self._raise(scores)
            rows = rows[scores >= self._cut(place + 1)]
        return rows[self.scores[rows] > 0]

    def _contenders(self, number: int) -> Rows:
        """The rows with a score that columns from `number` on can still lift into the best k."""
        cut = self._cut(number)
        return np.flatnonzero(self.scores >= cut if cut > 0 else self.scores > 0)

    def _cut(self, number: int) -> float:
        return float(self._least / self._margin - self._rest[number])

    def _raise(self, scores: Scores) -> None:
        """The k-th best of some rows' scores is a least for the k-th best of all."""
        if len(scores) >= self.k:
            place = len(scores) - self.k
            self._least = max(self._least, float(np.partition(scores, place)[place]))
