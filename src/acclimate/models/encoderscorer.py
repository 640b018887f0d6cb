"""Encoders of single texts as PairScorers: both sides are encoded when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acclimate.models.base import Encoder
from acclimate.models.multivector import TokenVectors
from acclimate.types import Passage, Query


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

    def score(self, pairs: Sequence[tuple[Query, Passage]]) -> list[float]:
        """One product for each pair; every distinct text is encoded once."""
        if not pairs:
            return []
        # Sorted, as a text's vector can depend in its last bits on its batch.
        asked = sorted({query.text for query, _ in pairs})
        read = sorted({passage.content for _, passage in pairs})
        queries = dict(zip(asked, self.encoder.encode_queries(asked), strict=True))
        passages = dict(zip(read, self.encoder.encode_passages(read), strict=True))
        return [
            float(np.dot(queries[query.text], passages[passage.content]))
            for query, passage in pairs
        ]


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

    def score(self, pairs: Sequence[tuple[Query, Passage]]) -> list[float]:
        """One sum for each pair; every distinct text is encoded once."""
        if not pairs:
            return []
        asked = sorted({query.text for query, _ in pairs})
        read = sorted({passage.content for _, passage in pairs})
        queries = dict(zip(asked, self.encoder.encode_queries(asked), strict=True))
        passages = dict(zip(read, self.encoder.encode_passages(read), strict=True))
        return [
            float((queries[query.text] @ passages[passage.content].T).max(axis=1).sum())
            for query, passage in pairs
        ]
