"""The learned sparse index: weights of tokens, searched as an inverted file.

A score is the dot product of the weights, which must not be negative: the search leaves out what
can add little, and that is known only of what can add nothing bad.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from acclimate.errors import UsageError
from acclimate.indexes.base import Mask, Ranked, Scores
from acclimate.indexes.columns import (
    Parts,
    Piece,
    TermWeight,
    contributions_of,
    find,
    live_count,
    scores_of,
)
from acclimate.indexes.kept import Kept
from acclimate.indexes.maxscore import Field, Reading, best
from acclimate.indexes.sparsepart import SparsePart, merge_parts, write_part
from acclimate.models.precision import without_placement
from acclimate.models.remembered import Remembered
from acclimate.models.sparse import SparseTexts, SparseVector
from acclimate.ranking import Rows
from acclimate.types import Passage

#: Tokens whose columns are kept at hand: more than most vocabularies have.
KEPT_TOKENS = 1 << 16

_FORMAT = "postings-1"
# Passages that are encoded at a time.
_BLOCK = 1024


class SparseKind:
    """A Kind: how passages become a part of the sparse index, and how parts are opened."""

    name = "sparse"

    def __init__(self, encoder: SparseTexts) -> None:
        self._encoder = encoder

    @property
    def identity(self) -> str:
        """The encoder."""
        return f"{_FORMAT} {without_placement(self._encoder.identity)}"

    def write(self, folder: Path, passages: Sequence[Passage]) -> None:
        """Encode passages into a new part. Raises UsageError where a weight is below 0."""
        contents = [passage.content for passage in passages]
        blocks = (contents[start : start + _BLOCK] for start in range(0, len(contents), _BLOCK))
        vectors = chain.from_iterable(map(self._encoder.encode_passages, blocks))
        checked = (
            _checked(vector, f"{self._encoder.name}: passage {passage.id!r}")
            for vector, passage in zip(vectors, passages, strict=True)
        )
        write_part(folder, checked)

    def merge(self, folder: Path, parts: Sequence[Path], keep: Sequence[Mask]) -> None:
        """Write one part out of the kept rows of several; nothing is encoded again."""
        merge_parts(folder, [SparsePart.open(part) for part in parts], keep)

    def open(self, parts: Sequence[Path], live: Mask, tiebreak: Rows) -> SparseLeg:
        """Open parts by memory map."""
        return SparseLeg(self._encoder, [SparsePart.open(part) for part in parts], live, tiebreak)


class SparseLeg:
    """A Leg over sparse parts. Only rows with a score above 0 are found."""

    def __init__(
        self, encoder: SparseTexts, parts: Sequence[SparsePart], live: Mask, tiebreak: Rows
    ) -> None:
        self._encoder = encoder
        self._encode_queries: Callable[[Sequence[str]], list[SparseVector]] = encoder.encode_queries
        self._rows = Parts([part.rows for part in parts], live, tiebreak)
        tokens = _Tokens(parts, self._rows)
        self._tokens: Kept[int, Token | None] = Kept(tokens.find, lambda token: 1, KEPT_TOKENS)

    def remembering(self) -> SparseLeg:
        """The same leg for one search that asks it several times: queries are encoded once."""
        leg = copy(self)
        leg._encode_queries = Remembered(self._encode_queries)
        return leg

    def search(self, queries: Sequence[str], k: int, allowed: Mask) -> list[Ranked]:
        """The best k allowed rows for each query; queries are encoded together."""
        return [ranked for ranked, _ in self._search(queries, k, allowed)]

    def reading(self, queries: Sequence[str], k: int, allowed: Mask) -> Reading:
        """How many postings such a search touches for all queries, of how many."""
        found = self._search(queries, k, allowed)
        return sum((reading for _, reading in found), Reading(0, 0))

    def flops(self, queries: Sequence[str]) -> float:
        """The expected number of multiplications for a query and a passage.

        The sum over the vocabulary of P(token in query) P(token in passage), estimated on these
        queries and the live rows: Paria et al., Minimizing FLOPs to learn efficient sparse
        representations, ICLR 2020 (arXiv 2004.05665), as reported by Formal et al., SPLADE, SIGIR
        2021 (arXiv 2107.05720).
        """
        if not queries or not self._rows.count:
            return 0.0
        asked = [self._columns(vector) for vector in self._encode(queries)]
        shared = sum(live_count(column.pieces, self._rows) for each in asked for column in each)
        return shared / (len(queries) * self._rows.count)

    def score(self, query: str, rows: Rows) -> Scores:
        """The scores of chosen rows in any order, equal to those of `search` in every bit."""
        columns = self._columns(self._encode([query])[0])
        return scores_of(columns, rows, len(self._rows.live))

    def contributions(self, query: str, rows: Rows) -> list[tuple[TermWeight, ...]]:
        """What each token adds to the scores of rows; they sum to the score, but for rounding."""
        columns = self._columns(self._encode([query])[0])
        named = [(self._encoder.token(each.number), each) for each in columns]
        return contributions_of(named, rows, len(self._rows.live))

    def _search(
        self, queries: Sequence[str], k: int, allowed: Mask
    ) -> list[tuple[Ranked, Reading]]:
        where = Field(allowed & self._rows.live, k)
        return [
            best(self._columns(vector), where, self._rows.tiebreak)
            for vector in self._encode(queries)
        ]

    def _encode(self, queries: Sequence[str]) -> list[SparseVector]:
        return [
            _checked(vector, f"{self._encoder.name}: query {query[:60]!r}")
            for vector, query in zip(self._encode_queries(queries), queries, strict=True)
        ]

    def _columns(self, query: SparseVector) -> list[Weighed]:
        """The query's tokens that the index has, those that can add most first."""
        found = [
            Weighed(number, token, weight)
            for number, weight in zip(query.tokens.tolist(), query.weights, strict=True)
            if (token := self._tokens(number))
        ]
        # Bounds come from live rows, so that the order does not depend on the parts.
        return sorted(found, key=lambda column: (-column.bound, column.number))


class Token:
    """A token's column with the largest weight among live rows."""

    def __init__(self, pieces: Sequence[Piece], largest: np.float32) -> None:
        self.pieces = pieces
        self.largest = largest
        self.size = sum(len(piece.rows) for piece in pieces)


class Weighed:
    """A Column: a token as a query weighs it."""

    def __init__(self, number: int, token: Token, weight: np.float32) -> None:
        self.number = number
        self.pieces = token.pieces
        self.size = token.size
        self.bound = float(token.largest) * float(weight)
        self._weight = weight

    def add_to(self, scores: Scores) -> None:
        for piece in self.pieces:
            np.add.at(scores[piece.start : piece.stop], piece.rows, piece.values * self._weight)

    def at(self, rows: Rows) -> Scores:
        found = np.zeros(len(rows), dtype=np.float32)
        for number, asked, places in find(self.pieces, rows):
            found[asked] = self.pieces[number].values[places] * self._weight
        return found


class _Tokens:
    """Finds a token in all parts."""

    def __init__(self, parts: Sequence[SparsePart], rows: Parts) -> None:
        self._parts = parts
        self._rows = rows

    def find(self, number: int) -> Token | None:
        """The token's column; None where no live row has it."""
        pieces, largest = [], []
        for place, part in enumerate(self._parts):
            column = part.place(number)
            if column is not None:
                piece = Piece(place, *self._rows.spans[place], *part.postings.column(column))
                pieces.append(piece)
                largest.append(self._largest(piece, part.postings.largest[column]))
        most = max(largest, default=np.float32(0))
        return Token(pieces, most) if most > 0 else None

    def _largest(self, piece: Piece, known: np.float32) -> np.float32:
        if self._rows.whole[piece.part]:
            return known
        live = self._rows.live[piece.start : piece.stop]
        return np.float32(piece.values[live[piece.rows]].max(initial=0))


def _checked(vector: SparseVector, place: str) -> SparseVector:
    """The vector without its zeros. Raises UsageError for weights that cannot be searched."""
    weights: npt.NDArray[np.float32] = vector.weights
    if not np.isfinite(weights).all() or (weights < 0).any():
        wrong = weights[~(np.isfinite(weights) & (weights >= 0))][0]
        raise UsageError(
            f"{place}: a weight of {wrong}; the index takes finite weights of 0 or more, as SPLADE "
            "models give them: take another sparse encoder, or float32 if this one overflows"
        )
    kept = weights > 0
    return SparseVector(vector.tokens[kept], weights[kept])
