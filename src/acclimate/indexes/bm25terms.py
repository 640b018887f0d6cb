"""What BM25 knows of a term: how rare it is among the live rows, and what it adds to each row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from acclimate.indexes.base import Mask, Scores
from acclimate.indexes.bm25part import LexicalPart
from acclimate.indexes.columns import Parts, Piece, find, live_count
from acclimate.indexes.lexical import LexicalSettings
from acclimate.indexes.postings import RowNumbers, Values
from acclimate.ranking import Rows


class Statistics:
    """The live rows of all parts together: their number, their lengths, and each term's rarity."""

    def __init__(
        self, settings: LexicalSettings, parts: Sequence[LexicalPart], rows: Parts
    ) -> None:
        self._parts = parts
        self._rows = rows
        #: How much length counts against each row: k1 (1 - b + b length / mean length).
        self.held_back = _held_back(settings, parts, rows.live)
        self._least = float(self.held_back[rows.live].min(initial=math.inf))

    def term(self, term: str) -> Term | None:
        """A term's column; None where no live row has it."""
        pieces, most = [], 0
        for number, part in enumerate(self._parts):
            place = part.vocabulary.find(term)
            if place is not None:
                span = self._rows.spans[number]
                pieces.append(Piece(number, *span, *part.postings.column(place)))
                most = max(most, int(part.postings.largest[place]))
        frequency = live_count(pieces, self._rows)
        if not frequency:
            return None
        count = self._rows.count
        # math.log in float64, rounded once, as in bm25s.
        rarity = np.float32(math.log(1 + (count - frequency + 0.5) / (frequency + 0.5)))
        bound = float(rarity) * most / (most + self._least)
        return Term(term, pieces, rarity, bound, self.held_back)


class Term:
    """A Column: a term that a query has once."""

    def __init__(
        self,
        name: str,
        pieces: Sequence[Piece],
        rarity: np.float32,
        bound: float,
        held_back: Scores,
    ) -> None:
        self.name = name
        #: What a row gets at most however often it has the term; orders the terms of a query.
        self.weight = float(rarity)
        self.bound = bound
        self.size = sum(len(piece.rows) for piece in pieces)
        self._pieces = pieces
        self._rarity = rarity
        self._held_back = held_back

    def add_to(self, scores: Scores, times: np.float32 | None = None) -> None:
        for start, stop, rows, weights in self._weighed:
            added = weights if times is None else weights * times
            np.add.at(scores[start:stop], rows, added)

    def at(self, rows: Rows) -> Scores:
        found = np.zeros(len(rows), dtype=np.float32)
        for number, asked, places in find(self._pieces, rows):
            found[asked] = self._cells(number, places)
        return found

    @cached_property
    def _weighed(self) -> list[tuple[int, int, RowNumbers, Scores]]:
        """Each piece with what its rows get; computed when the column is first read as a whole."""
        return [
            (
                piece.start,
                piece.stop,
                piece.rows,
                self._weigh(piece.values, piece.start, piece.rows),
            )
            for piece in self._pieces
        ]

    def _cells(self, number: int, places: Rows) -> Scores:
        """What rows at some places of a piece get, without computing the rest."""
        if "_weighed" in self.__dict__:
            return self._weighed[number][3][places]
        piece = self._pieces[number]
        return self._weigh(piece.values[places], piece.start, piece.rows[places])

    def _weigh(self, counts: Values, start: int, rows: RowNumbers) -> Scores:
        known = counts.astype(np.float32)
        weights = self._held_back[start:][rows]
        weights += known
        np.divide(known, weights, out=weights)
        weights *= self._rarity
        return weights


class Repeated:
    """A Column: a term that a query has several times, and that counts so many times."""

    def __init__(self, term: Term, times: int) -> None:
        self.name = term.name
        self.weight = term.weight * times
        self.bound = term.bound * times
        self.size = term.size
        self._term = term
        self._times = np.float32(times)

    def add_to(self, scores: Scores) -> None:
        self._term.add_to(scores, self._times)

    def at(self, rows: Rows) -> Scores:
        return self._term.at(rows) * self._times


def _held_back(settings: LexicalSettings, parts: Sequence[LexicalPart], live: Mask) -> Scores:
    lengths = np.concatenate([np.zeros(0, np.int32), *(part.postings.lengths for part in parts)])
    # In whole numbers up to here, so that the mean does not depend on the order of the rows.
    words, count = int(lengths[live].sum(dtype=np.int64)), int(np.count_nonzero(live))
    mean = words / count if words else 1.0
    k1, b = settings.k1, settings.b
    return np.asarray(k1 * ((1 - b) + b * lengths / mean), dtype=np.float32)
