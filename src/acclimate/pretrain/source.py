"""Labelled pairs of another domain, for the methods that learn from both domains at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from torch import Tensor

from acclimate.corpus import open_corpus
from acclimate.errors import InputError
from acclimate.models.dense import DenseEncoder
from acclimate.pretrain.contrast import in_batch, temperature_of
from acclimate.pretrain.encode import PASSAGE, QUERY, vectors
from acclimate.settings import SourceSettings


@dataclass(frozen=True, slots=True)
class Encoded:
    """Vectors of queries and of their passages, (pairs, dimension) both, with their graphs."""

    queries: Tensor
    passages: Tensor
    temperature: float

    @property
    def loss(self) -> Tensor:
        """The ranking loss: each query against the passages of all."""
        return in_batch(self.queries, self.passages, self.temperature)


@dataclass(frozen=True)
class SourcePairs:
    """Queries, each with a passage that people judged to answer it."""

    pairs: Sequence[tuple[str, str]]
    temperature: float

    @cached_property
    def answers(self) -> Mapping[str, frozenset[str]]:
        """All that answers each query."""
        found: dict[str, set[str]] = {}
        for query, passage in self.pairs:
            found.setdefault(query, set()).add(passage)
        return {query: frozenset(passages) for query, passages in found.items()}

    @property
    def fingerprint(self) -> str:
        """A hash of the pairs."""
        digest = hashlib.sha256()
        for pair in self.pairs:
            digest.update(repr(pair).encode())
        return digest.hexdigest()[:16]

    def encoded(self, student: DenseEncoder, size: int, draw: np.random.Generator) -> Encoded:
        """So many pairs, drawn by chance."""
        drawn = self.drawn(size, draw)
        temperature = temperature_of(student.similarity, self.temperature)
        queries = vectors(student, list(drawn), QUERY)
        return Encoded(queries, vectors(student, list(drawn.values()), PASSAGE), temperature)

    def drawn(self, size: int, draw: np.random.Generator) -> dict[str, str]:
        """Queries, each with a passage that answers it and none of the others.

        What answers two of them would be taken for a negative of one.
        """
        chosen: dict[str, str] = {}
        right: set[str] = set()
        # A query with many answers may take up some of the draw.
        for place in draw.permutation(len(self.pairs))[: 4 * size]:
            query, passage = self.pairs[place]
            answers = self.answers[query]
            if len(chosen) < size and passage not in right and not answers & {*chosen.values()}:
                chosen[query] = passage
                right |= answers
        return chosen


def source_pairs(settings: SourceSettings) -> SourcePairs:
    """The pairs of the source's split.

    Raises InputError where there are fewer than two, UsageError where there is no such split.
    """
    corpus = open_corpus(settings.corpus)
    asked = {query.id: query.text for query in corpus.queries(settings.split)}
    right = [row for row in corpus.judgments(settings.split) if row.grade > 0]
    wanted = {row.passage_id for row in right}
    texts = {each.id: each.content for each in corpus.texts() if each.id in wanted}
    pairs = [
        (asked[row.query_id], texts[row.passage_id]) for row in right if row.passage_id in texts
    ]
    if len(pairs) < 2:
        raise InputError(
            f"{settings.corpus}: {len(pairs)} pairs of query and passage in its split "
            f"{settings.split!r}, and at least 2 are needed; name another split in source.split"
        )
    return SourcePairs(pairs, settings.temperature)
