"""Late interaction: a vector for every token, and MaxSim over all of them, exactly.

| file of a part | holds | type |
|---|---|---|
| tokens.npy | the vectors of all tokens, row after row, (tokens, dimension) | float16 |
| offsets.npy | where each row's tokens start, and the last end, (rows + 1,) | int64 |

A passage of 100 tokens of 128 dimensions takes 26 kB. Comparing them all takes a product with every
token, so an index folder gives this only the candidates of a cheaper stage wherever it has one.

An index of its own, which would skip most passages, is not offered, because no library that makes
one works beside torch 2.13 and sentence-transformers 6. Tried in November 2026 on Linux with Python
3.11: fast-plaid 1.7.0 requires torch 2.11.0 exactly, and 1.1.0, which allows later ones, crashes
when it creates an index; pylate 1.6.0 requires sentence-transformers 5.3.0 exactly; xtr-warp-rs
2.1.0 requires a torch below 2.12; tachiom 0.4.0 has no wheel, and builds only with sources that are
not on PyPI.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from acclimate.errors import InputError, UsageError
from acclimate.indexes.base import Mask, Ranked, Scores
from acclimate.indexes.latepart import LatePart, kept_tokens, write_part
from acclimate.models.base import Vectors
from acclimate.models.multivector import TokenVectors
from acclimate.models.precision import without_placement
from acclimate.models.remembered import Remembered
from acclimate.ranking import Rows, top
from acclimate.types import Passage

#: Passages that are encoded at a time.
CHUNK = 256
#: Tokens that are widened and compared at a time.
TOKEN_BLOCK = 65_536
#: Changes when a part's files do.
FORMAT = 1

Exact = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LateKind:
    """A `Kind` over the token vectors of one model."""

    encoder: TokenVectors
    name: str = "late"

    @property
    def identity(self) -> str:
        return f"{without_placement(self.encoder.identity)}, tokens-{FORMAT}, float16"

    def write(self, folder: Path, passages: Sequence[Passage]) -> None:
        """Encode passages and write them as a part; UsageError for numbers that do not fit."""
        write_part(folder, self.encoder.dimension, self._encoded(passages))

    def merge(self, folder: Path, parts: Sequence[Path], keep: Sequence[Mask]) -> None:
        """Copy the kept rows' tokens into one part."""
        opened = [LatePart.open(part, self.encoder.dimension) for part in parts]
        write_part(folder, self.encoder.dimension, kept_tokens(opened, keep))

    def open(self, parts: Sequence[Path], live: Mask, tiebreak: Rows) -> LateLeg:
        """Map the files of parts; they stay open with the leg."""
        opened = [LatePart.open(part, self.encoder.dimension) for part in parts]
        return LateLeg(self.encoder, opened, live, tiebreak)

    def _encoded(self, passages: Sequence[Passage]) -> Iterator[list[npt.NDArray[np.float16]]]:
        for start in range(0, len(passages), CHUNK):
            chunk = passages[start : start + CHUNK]
            found = self.encoder.encode_passages([passage.content for passage in chunk])
            with np.errstate(over="ignore"):
                stored = [vectors.astype(np.float16) for vectors in found]
            for passage, vectors in zip(chunk, stored, strict=True):
                if not np.isfinite(vectors).all():
                    raise UsageError(
                        f"passage {passage.id!r}: {self.encoder.name} gives it vectors that are "
                        "not finite in float16; take a model that normalises its vectors"
                    )
            yield stored


class LateLeg:
    """A `Leg` that compares token by token.

    A score is computed in float64 and rounded to float32, so that it is the same in whatever
    company a row is scored, and copies of a passage tie.
    """

    def __init__(
        self, encoder: TokenVectors, parts: Sequence[LatePart], live: Mask, tiebreak: Rows
    ) -> None:
        """`live`, `tiebreak`: shape (rows of all parts,)."""
        self._encode_queries: Callable[[Sequence[str]], list[Vectors]] = encoder.encode_queries
        self._parts = list(parts)
        self._bounds = np.cumsum([0, *(part.rows for part in parts)]).tolist()
        self._live = live
        self._tiebreak = tiebreak
        for what, given in (("live", live), ("tiebreak", tiebreak)):
            if given.shape != (self._bounds[-1],):
                raise InputError(
                    f"the parts hold {self._bounds[-1]} rows, but {what!r} has shape "
                    f"{given.shape}; the index folder is damaged, build it again"
                )

    def remembering(self) -> LateLeg:
        """The same leg for one search that asks it several times: queries are encoded once."""
        leg = copy(self)
        leg._encode_queries = Remembered(self._encode_queries)
        return leg

    def search(self, queries: Sequence[str], k: int, allowed: Mask) -> list[Ranked]:
        """The best k allowed rows for each query; equal scores by the tiebreak of the rows."""
        if k < 1:
            raise UsageError(f"k is {k}; ask for at least 1 hit")
        rows = np.flatnonzero(allowed & self._live)
        return [self._best(query, k, rows) for query in self._encode_queries(queries)]

    def score(self, query: str, rows: Rows) -> Scores:
        """MaxSim of chosen rows for one query, shape (len(rows),)."""
        if len(rows) and not 0 <= rows.min() <= rows.max() < self._bounds[-1]:
            raise IndexError(f"rows {rows.min()}..{rows.max()} of {self._bounds[-1]}")
        tokens = self._encode_queries([query])[0]
        return self._scores(tokens.astype(np.float64), rows).astype(np.float32)

    def _best(self, query: Vectors, k: int, rows: Rows) -> Ranked:
        """A product in float32 proposes all rows that could be among the best."""
        near = self._scores(query, rows)
        if k < len(rows):
            cut = np.partition(near, len(rows) - k)[len(rows) - k]
            rows = rows[near >= cut - 2 * self._error(query)]
        scores = self._scores(query.astype(np.float64), rows).astype(np.float32)
        order = top(scores, self._tiebreak[rows], k)
        return Ranked(rows[order], scores[order])

    def _scores(self, query: npt.NDArray[np.floating], rows: Rows) -> Exact:
        """MaxSim in the query's precision, added up in float64."""
        scores = np.empty(len(rows), dtype=np.float64)
        for part, (start, stop) in zip(self._parts, pairwise(self._bounds), strict=True):
            places = np.flatnonzero((rows >= start) & (rows < stop))
            for some in _blocks(part, places, rows[places] - start):
                scores[some] = _max_sim(query, part, rows[some] - start)
        return scores

    def _error(self, query: Vectors) -> float:
        """The most by which a float32 score may be off (see `indexes/exact.py`)."""
        steps = (query.shape[1] + 2) * 2.0**-24
        longest = max([1.0, *(part.longest for part in self._parts)])
        lengths = np.linalg.norm(query, axis=1).sum()
        return float(lengths * longest * steps / (1 - steps))


def _blocks(part: LatePart, places: Rows, local: Rows) -> Iterator[Rows]:
    """Places of rows that together have about a block of tokens."""
    ends = np.cumsum(part.offsets[local + 1] - part.offsets[local])
    cuts = np.flatnonzero(np.diff(ends // TOKEN_BLOCK)) + 1
    return (some for some in np.split(places, cuts) if len(some))


def _max_sim(query: npt.NDArray[np.floating], part: LatePart, rows: Rows) -> Exact:
    """One product with the tokens of all rows, then the best within each row."""
    lengths = part.offsets[rows + 1] - part.offsets[rows]
    # A row without tokens scores as if everything in it were the opposite of the query.
    scores = np.full(len(rows), -np.linalg.norm(query, axis=1).sum(), dtype=np.float64)
    filled = np.flatnonzero(lengths)
    if len(filled):
        products = query @ part.tokens_of(rows).astype(query.dtype).T
        starts = np.concatenate(([0], np.cumsum(lengths[filled])[:-1]))
        best = np.maximum.reduceat(products, starts, axis=1)
        scores[filled] = best.sum(axis=0, dtype=np.float64)
    return scores
