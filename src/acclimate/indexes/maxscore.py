"""The k best rows of an inverted index without reading all of it.

MaxScore, term at a time (Turtle and Flood, Query evaluation: strategies and optimizations,
Information Processing & Management 31(6), 1995): columns are read from the weightiest on. Once what
is still unread cannot lift an unseen row into the best k, only the rows still in the race are
completed, by looking them up. The result is that of reading everything, in every bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from acclimate.errors import UsageError
from acclimate.indexes.base import Mask, Ranked, Scores
from acclimate.indexes.columns import Column
from acclimate.ranking import Rows, top

#: A row looked up costs about as much as so many postings read in a row.
LOOKUP = 8
#: What a step besides reading costs (looking up, or finding out who leads), in postings.
STEP = 1 << 14
#: The k-th best score is estimated from the best scores of so many groups of rows.
GROUPS = 256

_ABOVE_0 = float(np.finfo(np.float32).smallest_subnormal)


class Reading(NamedTuple):
    """How many postings searches touched (read or looked up), of those that the terms have."""

    read: int
    exhaustive: int

    def __add__(self, other: object) -> Reading:
        if not isinstance(other, Reading):
            return NotImplemented
        return Reading(self.read + other.read, self.exhaustive + other.exhaustive)


class Field:
    """The rows that a search for k hits may find.

    Rows of one number modulo `groups` are a group. Scores are kept for a multiple of `groups` rows;
    those beyond the last row stay 0.
    """

    def __init__(self, allowed: Mask, k: int) -> None:
        """Raises UsageError for a k below 1."""
        if k < 1:
            raise UsageError(f"k is {k}; ask for at least 1 hit")
        self.k = k
        self.allowed = allowed
        self.count = int(np.count_nonzero(allowed))
        # Of k rows in 8 k groups, few share one, so that the leaders are nearly the best.
        self.groups = max(GROUPS, 8 * k)
        self._size = -(-len(allowed) // self.groups) * self.groups
        # What is added to -inf stays below everything.
        self._start: Scores | None = None
        if self.count < len(allowed):
            self._start = np.where(allowed, np.float32(0), np.float32(-np.inf))

    def scores(self) -> Scores:
        """New scores for every row: 0 for those that may be found."""
        scores = np.zeros(self._size, dtype=np.float32)
        if self._start is not None:
            scores[: len(self._start)] = self._start
        return scores


def best(columns: Sequence[Column], where: Field, tiebreak: Rows) -> tuple[Ranked, Reading]:
    """The k best rows with a score above 0. Scores are float32 sums in the order of the columns.

    Give the columns by falling weight, in an order that does not depend on how the index is split
    into parts.
    """
    race = _Race(columns, where)
    rows = race.run()
    scores = race.scores[rows]
    order = top(scores, tiebreak[rows], where.k)
    return Ranked(rows[order], scores[order]), Reading(
        race.read, sum(column.size for column in columns)
    )


class _Race:
    """One search."""

    def __init__(self, columns: Sequence[Column], where: Field) -> None:
        self.columns = columns
        self.where = where
        self.scores = where.scores()
        self.read = 0
        # rest[i]: what columns i, i+1, ... can add to a row at most.
        self._rest = _sums([column.bound for column in columns])
        # gain[i]: the postings that need not be read if only few rows are still in the race.
        self._gain = _sums([max(0, column.size - STEP) for column in columns])
        # Sums are rounded once a column, the bounds a few times more.
        self._margin = 1 + (len(columns) + 4) * 2.0**-23
        #: The k-th best score is at least this.
        self._least = 0.0

    def run(self) -> Rows:
        """The rows that may be among the best k, with their whole scores in `scores`."""
        if not self._pays(0):  # so it is in small indexes, where reading everything takes no time
            for column in self.columns:
                self._read(column)
            return self._contenders(len(self.columns))
        if LOOKUP * self.where.count * len(self.columns) < self._gain[0]:
            return self._complete(np.flatnonzero(self.where.allowed), 0)
        for number, column in enumerate(self.columns):
            # Before half of the whole is read, no row can be ahead of what is left.
            if self._pays(number) and 2 * self._rest[number] < self._rest[0]:
                self._raise(self._leaders())
                # Then a row that no column before this has named cannot come in any more.
                if self._rest[number] * self._margin < self._least:
                    return self._complete(self._contenders(number), number)
            self._read(column)
        return self._contenders(len(self.columns))

    def _complete(self, rows: Rows, number: int) -> Rows:
        """Bring the rows' scores up to date from column `number` on, dropping who falls behind."""
        for place in range(number, len(self.columns)):
            column = self.columns[place]
            if STEP + LOOKUP * len(rows) < column.size:
                self.scores[rows] += column.at(rows)
                self.read += len(rows)
            else:
                self._read(column)
            if self._pays(place + 1):
                self._raise(self.scores[rows])
                rows = rows[self.scores[rows] >= self._cut(place + 1)]
        return rows[self.scores[rows] > 0]

    def _read(self, column: Column) -> None:
        column.add_to(self.scores)
        self.read += column.size

    def _pays(self, number: int) -> bool:
        """Whether more can be left out from column `number` on than finding out what costs."""
        return self._gain[number] > len(self.scores) / 4

    def _leaders(self) -> Scores:
        """The best score of each group: of different rows, and nearly the best ones."""
        table = self.scores.reshape(-1, self.where.groups)
        return np.asarray(table.max(axis=0, initial=0))

    def _raise(self, scores: Scores) -> None:
        """The k-th best of some rows' scores is a least for the k-th best of all."""
        if len(scores) >= self.where.k:
            place = len(scores) - self.where.k
            self._least = max(self._least, float(np.partition(scores, place)[place]))

    def _contenders(self, number: int) -> Rows:
        """The rows with a score that columns from `number` on can still lift into the best k."""
        self._raise(self._leaders())
        return np.flatnonzero(self.scores >= max(self._cut(number), _ABOVE_0))

    def _cut(self, number: int) -> float:
        return self._least / self._margin - self._rest[number]


def _sums(values: Sequence[float]) -> list[float]:
    """The sum of the values from each place on, and 0 at the end."""
    return [*accumulate(reversed(values), initial=0)][::-1]
