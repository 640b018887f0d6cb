"""One term's column across the parts of an index, as a search reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

from acclimate.errors import InputError
from acclimate.indexes.base import Mask, Scores
from acclimate.indexes.postings import RowNumbers, Values
from acclimate.ranking import Rows


class TermWeight(NamedTuple):
    """What one term adds to the score of a row."""

    term: str
    weight: float


class Column(Protocol):
    """What one term of a query adds to the scores of rows; never less than 0."""

    @property
    def size(self) -> int:
        """How many rows it adds to, deleted ones included."""
        ...

    @property
    def bound(self) -> float:
        """No row gets more than this."""
        ...

    def add_to(self, scores: Scores) -> None:
        """Add to the scores of all rows, shape (rows of the snapshot or more,)."""
        ...

    def at(self, rows: Rows) -> Scores:
        """What increasing rows get, shape (len(rows),); equal to `add_to` in every bit."""
        ...


class Piece(NamedTuple):
    """The part of a column that lies in one part of the index.

    part: its number; start, stop: its rows within the snapshot; rows count from `start`; values are
    the file's own (a count of the term, or its weight).
    """

    part: int
    start: int
    stop: int
    rows: RowNumbers
    values: Values


class Cells(NamedTuple):
    """Where some rows are found in a piece.

    asked: places among the rows that were looked for; places: where in the piece they are.
    """

    piece: int
    asked: Rows
    places: Rows


def find(pieces: Sequence[Piece], rows: Rows) -> Iterator[Cells]:
    """Look up increasing rows of the snapshot in each piece."""
    for number, piece in enumerate(pieces):
        first, last = np.searchsorted(rows, (piece.start, piece.stop))
        if first == last:
            continue
        # In the file's own type: for another, numpy would convert the whole column first.
        wanted = (rows[first:last] - piece.start).astype(np.int32)
        places = np.searchsorted(piece.rows, wanted)
        places[places == len(piece.rows)] = 0
        there = np.flatnonzero(piece.rows[places] == wanted)
        yield Cells(number, there + first, places[there])


class Parts:
    """The rows of a snapshot's parts, counted through, and which of them are live.

    spans: where each part starts and stops; whole: whether all of its rows are live; count: the
    live rows of all parts.
    """

    def __init__(self, sizes: Sequence[int], live: Mask, tiebreak: Rows) -> None:
        """`live`, `tiebreak`: shape (rows of all parts,); raises InputError for another."""
        bounds = np.cumsum([0, *sizes]).tolist()
        for name, given in (("live", live), ("tiebreak", tiebreak)):
            if given.shape != (bounds[-1],):
                raise InputError(
                    f"the parts hold {bounds[-1]} rows, but {name!r} has shape {given.shape}; the "
                    "index folder is damaged, build it again"
                )
        self.spans: list[tuple[int, int]] = list(pairwise(bounds))
        self.live = live
        self.tiebreak = tiebreak
        self.count = int(np.count_nonzero(live))
        self.whole = [bool(live[start:stop].all()) for start, stop in self.spans]


def live_count(pieces: Sequence[Piece], parts: Parts) -> int:
    """How many rows of a column are not deleted."""
    return sum(
        len(piece.rows)
        if parts.whole[piece.part]
        else int(np.count_nonzero(parts.live[piece.start : piece.stop][piece.rows]))
        for piece in pieces
    )


def scores_of(columns: Sequence[Column], rows: Rows, count: int) -> Scores:
    """What the columns add to chosen rows, in any order, summed as a search sums; (len(rows),).

    Raises IndexError for a row that is not among the `count` rows of the snapshot.
    """
    wanted, place = _increasing(rows, count)
    scores = np.zeros(len(wanted), dtype=np.float32)
    for column in columns:
        scores += column.at(wanted)
    return scores[place]


def contributions_of(
    columns: Sequence[tuple[str, Column]], rows: Rows, count: int
) -> list[tuple[TermWeight, ...]]:
    """What each named column adds to each of some rows, in the columns' order.

    One answer for each row; columns that add nothing to it are left out. Raises IndexError for a
    row that is not among the `count` rows of the snapshot.
    """
    wanted, place = _increasing(rows, count)
    added = [(name, column.at(wanted)[place].tolist()) for name, column in columns]
    return [
        tuple(TermWeight(name, weights[nth]) for name, weights in added if weights[nth] > 0)
        for nth in range(len(rows))
    ]


def _increasing(rows: Rows, count: int) -> tuple[Rows, Rows]:
    """The distinct rows in order, and the place among them of each row."""
    wanted, place = np.unique(np.asarray(rows, dtype=np.int64), return_inverse=True)
    if len(wanted) and not 0 <= wanted[0] <= wanted[-1] < count:
        raise IndexError(f"rows {wanted[0]}..{wanted[-1]} of {count}")
    return wanted, place
