"""What BM25 knows of a term: how rare it is among the live rows, and what it adds to each row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from acclimate.indexes.base import Mask, Scores
from acclimate.indexes.bm25part import LexicalPart
from acclimate.indexes.columns import Parts, Piece, all_rows, find, live_count
from acclimate.indexes.lexical import LexicalSettings
from acclimate.indexes.postings import Values
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
        return Term(pieces, rarity, bound, self.held_back)


class Term:
    """A term's column, weighted as if the query had it once."""

    def __init__(
        self, pieces: Sequence[Piece], rarity: np.float32, bound: float, held_back: Scores
    ) -> None:
        self.pieces = pieces
        self.rarity = rarity
        self.bound = bound
        self.size = sum(len(piece.rows) for piece in pieces)
        self._held_back = held_back

    @cached_property
    def weights(self) -> list[Scores]:
        """What each row of each piece gets; computed when the column is first read as a whole."""
        return [self._weigh(p.values, p.start + p.rows.astype(np.int64)) for p in self.pieces]

    def cells(self, number: int, rows: Rows, places: Rows) -> Scores:
        """What `weights[number][places]` is, without computing the rest; `rows` lie there."""
        if "weights" in self.__dict__:
            return self.weights[number][places]
        return self._weigh(self.pieces[number].values[places], rows)

    def _weigh(self, counts: Values, rows: Rows) -> Scores:
        known = counts.astype(np.float32)
        weights = self._held_back[rows]
        weights += known
        np.divide(known, weights, out=weights)
        weights *= self.rarity
        return weights


class Asked:
    """A Column: a term that a query has `times` times."""

    def __init__(self, name: str, term: Term, times: int) -> None:
        self.name = name
        self.weight = float(term.rarity) * times
        self.bound = term.bound * times
        self.size = term.size
        self._term = term
        self._times = np.float32(times)

    def rows(self) -> Rows:
        return all_rows(self._term.pieces)

    def add_to(self, scores: Scores) -> None:
        for piece, weights in zip(self._term.pieces, self._term.weights, strict=True):
            added = weights if self._times == 1 else weights * self._times
            np.add.at(scores[piece.start : piece.stop], piece.rows, added)

    def at(self, rows: Rows) -> Scores:
        found = np.zeros(len(rows), dtype=np.float32)
        for number, asked, places in find(self._term.pieces, rows):
            found[asked] = self._term.cells(number, rows[asked], places) * self._times
        return found


def _held_back(settings: LexicalSettings, parts: Sequence[LexicalPart], live: Mask) -> Scores:
    lengths = np.concatenate([np.zeros(0, np.int32), *(part.postings.lengths for part in parts)])
    # In whole numbers up to here, so that the mean does not depend on the order of the rows.
    words, count = int(lengths[live].sum(dtype=np.int64)), int(np.count_nonzero(live))
    mean = words / count if words else 1.0
    k1, b = settings.k1, settings.b
    return np.asarray(k1 * ((1 - b) + b * lengths / mean), dtype=np.float32)
