"""The teachers that a recipe can name: each scores (query, passage) pairs on its raw scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acclimate.adapt.tools import Tools
from acclimate.indexes.dense import ExactIndex
from acclimate.indexes.lexical import LexicalIndex
from acclimate.models.base import PairScorer, Vectors
from acclimate.models.likelihood import LikelihoodScorer
from acclimate.models.scorers import teacher_model
from acclimate.search.rerankers import open_reranker
from acclimate.types import Passage, Query


def open_teacher(tools: Tools, name: str) -> PairScorer:
    """The teacher called "bm25", "student", or KIND:NAME as re-rankers are called."""
    settings = tools.recipe.label
    model = teacher_model(name)
    if name == "bm25":
        return LexicalTeacher(tools.lexical, tools.rows)
    if name == "student":
        return DenseTeacher("student", tools.dense("student"), tools.rows)
    if name.startswith("encoder:"):
        # The re-ranker's scores, from the passage vectors that the run keeps anyway.
        return DenseTeacher(name, tools.dense(model), tools.rows)
    return open_reranker(
        name, max_tokens=settings.max_passage_tokens, batch_size=settings.batch_size
    )


def reads_passages_once(teacher: PairScorer) -> bool:
    """Whether pairs should come passage by passage, because reading one is what costs."""
    return isinstance(teacher, LikelihoodScorer)


@dataclass(frozen=True, slots=True)
class LexicalTeacher:
    """BM25 as a PairScorer."""

    index: LexicalIndex
    rows: dict[str, int]
    name: str = "bm25"

    @property
    def identity(self) -> str:
        return self.index.identity

    def score(self, pairs: Sequence[tuple[Query, Passage]]) -> list[float]:
        places = by_query(pairs)
        queries = [pairs[group[0]][0].text for group in places]
        rows = [[self.rows[pairs[place][1].id] for place in group] for group in places]
        return in_place(places, self.index.score_pairs(queries, rows), len(pairs))


@dataclass(frozen=True, slots=True)
class DenseTeacher:
    """A bi-encoder as a PairScorer, over the passage vectors that its index holds already."""

    name: str
    index: ExactIndex
    rows: dict[str, int]

    @property
    def identity(self) -> str:
        return self.index.encoder.identity

    def score(self, pairs: Sequence[tuple[Query, Passage]]) -> list[float]:
        places = by_query(pairs)
        queries = self.index.encoder.encode_queries([pairs[group[0]][0].text for group in places])
        scores = [
            self.index.vectors[[self.rows[pairs[place][1].id] for place in group]] @ query
            for group, query in zip(places, queries, strict=True)
        ]
        return in_place(places, scores, len(pairs))


def by_query(pairs: Sequence[tuple[Query, Passage]]) -> list[list[int]]:
    """The places of each query's pairs, query by query."""
    groups: dict[str, list[int]] = {}
    for place, (query, _) in enumerate(pairs):
        groups.setdefault(query.id, []).append(place)
    return list(groups.values())


def in_place(places: list[list[int]], scores: Sequence[Vectors], count: int) -> list[float]:
    """Scores by query, put back where their pairs stood."""
    flat = np.empty(count, dtype=np.float64)
    for group, values in zip(places, scores, strict=True):
        flat[group] = values
    return [float(value) for value in flat]
