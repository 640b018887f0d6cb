"""The dense kind of an index folder: vectors, compared exactly or through a graph."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from acclimate.errors import InputError, StaleRows, UsageError
from acclimate.indexes.base import Mask, Ranked, Scores
from acclimate.indexes.encode import encode_mixed
from acclimate.indexes.exact import QUERY_BLOCK, Comparison, StoredVectors
from acclimate.indexes.graph import BUILD_BREADTH, LINKS, Graph
from acclimate.indexes.vectorpart import (
    STORES,
    Layout,
    VectorPart,
    kept_blocks,
    write_part,
)
from acclimate.models.base import Encoder, Vectors
from acclimate.models.precision import without_placement
from acclimate.models.remembered import RememberedQueries
from acclimate.ranking import Rows, top
from acclimate.types import Passage

#: A walk through a graph keeps this many rows (efSearch), and STEPS more for each hit wanted.
BREADTH = 100
STEPS = 3
#: A walk is taken to cost, for each row that it keeps, as much as comparing so many rows that a
#: filter leaves. It decides over speed alone.
ROWS_A_STEP = 3
#: Passages that are encoded at a time.
CHUNK = 1024
#: Changes when a part's files do.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class DenseKind:
    """A `Kind` over the vectors of one model.

    `store` is float32, float16 or int8 (see vectorpart.py for what each takes and gives). Where
    `approximate`, a part of `exact_below` rows or more is searched through a graph.
    """

    encoder: Encoder
    store: str
    approximate: bool
    exact_below: int
    name: str = "dense"

    def __post_init__(self) -> None:
        if self.store not in STORES:
            raise UsageError(f"vectors {self.store!r}; choose {', '.join(STORES)}")

    @property
    def identity(self) -> str:
        """Model and files; the library's version is no part of it, as it reads its older files."""
        graph = f"hnsw-{LINKS}-{BUILD_BREADTH}-from-{self.exact_below}"
        how = graph if self.approximate else "exact"
        return f"{without_placement(self.encoder.identity)}, vectors-{FORMAT}, {self.store}, {how}"

    def write(self, folder: Path, passages: Sequence[Passage]) -> None:
        """Encode passages and write them as a part; UsageError for numbers that do not fit."""
        write_part(folder, self.encoder.dimension, self._layout, self._encoded(passages))

    def merge(self, folder: Path, parts: Sequence[Path], keep: Sequence[Mask]) -> None:
        """Copy the kept vectors of parts into one, whose graph is built anew."""
        opened = [VectorPart.open(part) for part in parts]
        blocks = kept_blocks(opened, keep)
        write_part(folder, self.encoder.dimension, self._layout, blocks)

    def open(self, parts: Sequence[Path], live: Mask, tiebreak: Rows) -> DenseLeg:
        """Map the files of parts; they stay open with the leg."""
        return DenseLeg(self.encoder, [VectorPart.open(part) for part in parts], live, tiebreak)

    @property
    def _layout(self) -> Layout:
        return Layout(self.store, self.approximate, self.exact_below)

    def _encoded(self, passages: Sequence[Passage]) -> Iterator[StoredVectors]:
        for start in range(0, len(passages), CHUNK):
            chunk = passages[start : start + CHUNK]
            vectors = encode_mixed(self.encoder, chunk)
            with np.errstate(over="ignore"):
                stored = vectors.astype(STORES[self.store])
            wrong = np.flatnonzero(~np.isfinite(stored).all(axis=1))
            if len(wrong):
                raise UsageError(
                    f"passage {chunk[wrong[0]].id!r}: {self.encoder.name} gives it a vector that "
                    f"is not finite in {stored.dtype}; store vectors as float32, or mend the model"
                )
            yield stored


class DenseLeg:
    """A `Leg` over the parts of one model's vectors.

    Scores are dot products of the stored vectors in float64, rounded to float32, however a row was
    found; so exact search is repeatable, and a graph can only miss rows, never misplace them.
    """

    def __init__(
        self, encoder: Encoder, parts: Sequence[VectorPart], live: Mask, tiebreak: Rows
    ) -> None:
        """`live`, `tiebreak`: shape (rows of all parts,)."""
        self._encoder = encoder
        self._bounds = np.cumsum([0, *(len(part.vectors) for part in parts)]).tolist()
        self._live = live
        self._tiebreak = tiebreak
        self._check(parts)
        self._parts = [
            _Searched(_comparison(part, tiebreak[start:stop]), part.graph)
            for part, (start, stop) in zip(parts, pairwise(self._bounds), strict=True)
        ]

    def remembering(self) -> DenseLeg:
        """The same leg for one search that asks it several times: queries are encoded once."""
        leg = copy(self)
        leg._encoder = RememberedQueries(self._encoder)
        return leg

    def search(self, queries: Sequence[str], k: int, allowed: Mask) -> list[Ranked]:
        """The best k allowed rows for each query; equal scores by the tiebreak of the rows."""
        found: list[Ranked] = []
        for start in range(0, len(queries), QUERY_BLOCK):
            texts = queries[start : start + QUERY_BLOCK]
            found += self.search_vectors(self._encoder.encode_queries(texts), k, allowed)
        return found

    def search_vectors(self, queries: Vectors, k: int, allowed: Mask) -> list[Ranked]:
        """The same for queries that are encoded already, shape (queries, dimension)."""
        if k < 1:
            raise UsageError(f"k is {k}; ask for at least 1 hit")
        findable = allowed & self._live
        none = Ranked(np.zeros(0, np.int64), np.zeros(0, np.float32))
        best = [none] * len(queries)
        for part, (start, stop) in zip(self._parts, pairwise(self._bounds), strict=True):
            found = part.search(queries, k, findable[start:stop])
            best = [
                self._better(before, Ranked(here.rows + start, here.scores), k)
                for before, here in zip(best, found, strict=True)
            ]
        return best

    def score(self, query: str, rows: Rows) -> Scores:
        """The scores of chosen rows for one query, shape (len(rows),)."""
        vector = self._encoder.encode_queries([query])[0]
        scores = np.empty(len(rows), dtype=np.float32)
        for part, places, local in self._within(rows):
            scores[places] = part.comparison.scores(vector, local)
        return scores

    def vectors(self, rows: Rows) -> Vectors:
        """The stored vectors of chosen rows, shape (len(rows), dimension), dead rows included."""
        found = np.empty((len(rows), self._encoder.dimension), dtype=np.float32)
        for part, places, local in self._within(rows):
            found[places] = part.comparison.vectors[local]
        return found

    def _better(self, some: Ranked, others: Ranked, k: int) -> Ranked:
        rows = np.concatenate((some.rows, others.rows))
        scores = np.concatenate((some.scores, others.scores))
        order = top(scores, self._tiebreak[rows], k)
        return Ranked(rows[order], scores[order])

    def _within(self, rows: Rows) -> Iterator[tuple[_Searched, Rows, Rows]]:
        """For each part that has some of the rows: their places among `rows` and in the part."""
        if len(rows) and not 0 <= rows.min() <= rows.max() < self._bounds[-1]:
            raise IndexError(f"rows {rows.min()}..{rows.max()} of {self._bounds[-1]}")
        for part, (start, stop) in zip(self._parts, pairwise(self._bounds), strict=True):
            places = np.flatnonzero((rows >= start) & (rows < stop))
            if len(places):
                yield part, places, rows[places] - start

    def _check(self, parts: Sequence[VectorPart]) -> None:
        for part in parts:
            if part.vectors.shape[1] != self._encoder.dimension:
                raise StaleRows(
                    f"{part.folder}: vectors of {part.vectors.shape[1]} dimensions, but "
                    f"{self._encoder.name} gives {self._encoder.dimension}; index the corpus again"
                )
        for what, given in (("live", self._live), ("tiebreak", self._tiebreak)):
            if given.shape != (self._bounds[-1],):
                raise InputError(
                    f"the parts hold {self._bounds[-1]} rows, but {what!r} has shape "
                    f"{given.shape}; the index folder is damaged, build it again"
                )


def breadth_for(k: int) -> int:
    """Rows that a walk keeps so as to find the best k.

    On 25,973 leads of Wikipedia articles that is .99 of the best 10 (bench/results/ann.json).
    """
    return BREADTH + STEPS * k


@dataclass(frozen=True, slots=True)
class _Searched:
    """One part, and the two ways through it."""

    comparison: Comparison
    graph: Graph | None

    def search(self, queries: Vectors, k: int, allowed: Mask) -> list[Ranked]:
        count = int(np.count_nonzero(allowed))
        if not count:
            return [Ranked(np.zeros(0, np.int64), np.zeros(0, np.float32))] * len(queries)
        # Of the rows that a walk keeps, as many must be allowed as of one without a filter.
        breadth = math.ceil(breadth_for(k) * len(allowed) / count)
        if self.graph is None or count <= ROWS_A_STEP * breadth:
            return self._compare(queries, k, np.flatnonzero(allowed))
        return self._walk(self.graph, queries, min(k, count), allowed, breadth)

    def _compare(self, queries: Vectors, k: int, among: Rows) -> list[Ranked]:
        rows, scores = self.comparison.best(queries, k, among)
        return [Ranked(*pair) for pair in zip(rows, scores, strict=True)]

    def _walk(
        self, graph: Graph, queries: Vectors, k: int, allowed: Mask, breadth: int
    ) -> list[Ranked]:
        """Through the graph, and where too few allowed rows lie on the way, through all of them.

        The walk passes over rows that are not allowed, and is wider the more there are of them. A
        filter that shuts out a query's surroundings shows by leaving it fewer than k.
        """
        found = []
        for query, near in zip(queries, graph.nearest(queries, breadth), strict=True):
            rows = near[near >= 0]
            rows = rows[allowed[rows]]
            if len(rows) < k:
                found += self._compare(query[np.newaxis], k, np.flatnonzero(allowed))
            else:
                found.append(Ranked(*self.comparison.ranked(query, rows, k)))
        return found


def _comparison(part: VectorPart, tiebreak: Rows) -> Comparison:
    def called(row: int) -> str:
        return f"row {row} of {part.folder}"

    return Comparison(part.vectors, tiebreak, called, torch.device("cpu"), part.draft)
