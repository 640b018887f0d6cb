"""Encoders of single texts as PairScorers: both sides are encoded when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from acclimate.models.base import Encoder, Vectors
from acclimate.models.multivector import TokenVectors
from acclimate.types import Passage, Query

Pairs = Sequence[tuple[Query, Passage]]


class _Encodes(Protocol):
    def encode_queries(self, texts: Sequence[str]) -> Sequence[Vectors] | Vectors: ...

    def encode_passages(self, texts: Sequence[str]) -> Sequence[Vectors] | Vectors: ...


@dataclass(frozen=True, slots=True)
class EncoderScorer:
    """Scores pairs by their vectors' dot product, or cosine where the model says so."""

    encoder: Encoder

    @property
    def name(self) -> str:
        return f"encoder:{self.encoder.name}"

    @property
    def identity(self) -> str:
        return self.encoder.identity

    def score(self, pairs: Pairs) -> list[float]:
        """One product for each pair; every distinct text is encoded once."""
        return _scored(self.encoder, pairs, np.dot)


@dataclass(frozen=True, slots=True)
class LateScorer:
    """Scores pairs by MaxSim: the best product for each of the query's vectors, added up."""

    encoder: TokenVectors

    @property
    def name(self) -> str:
        return f"late:{self.encoder.name}"

    @property
    def identity(self) -> str:
        return self.encoder.identity

    def score(self, pairs: Pairs) -> list[float]:
        """One sum for each pair; every distinct text is encoded once."""
        return _scored(self.encoder, pairs, _maxsim)


def _scored(
    encoder: _Encodes, pairs: Pairs, compare: Callable[[Vectors, Vectors], float]
) -> list[float]:
    if not pairs:
        return []
    # Sorted, as a text's vector can depend in its last bits on its batch.
    asked = sorted({query.text for query, _ in pairs})
    read = sorted({passage.content for _, passage in pairs})
    queries = dict(zip(asked, encoder.encode_queries(asked), strict=True))
    passages = dict(zip(read, encoder.encode_passages(read), strict=True))
    return [
        float(compare(queries[query.text], passages[passage.content])) for query, passage in pairs
    ]


def _maxsim(query: Vectors, passage: Vectors) -> float:
    """0 for a passage without tokens, as an erased one may be."""
    return float((query @ passage.T).max(axis=1).sum()) if len(passage) else 0.0
