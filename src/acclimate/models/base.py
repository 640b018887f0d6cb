"""What every model must offer: an Encoder, a PairScorer or a QueryGenerator, and an identity."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from acclimate.pictures.read import PictureSource
from acclimate.types import Passage, Query

Vectors = npt.NDArray[np.float32]


class Similarity(Enum):
    """How two vectors are compared; decided once, when the model is loaded."""

    DOT = "dot"
    COSINE = "cosine"

    def prepare(self, vectors: Vectors) -> Vectors:
        """Make vectors ready for a plain dot product: cosine normalises, dot leaves as is."""
        if self is Similarity.DOT:
            return vectors
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)


class Encoder(Protocol):
    """Encodes queries and passages independently into one space."""

    @property
    def name(self) -> str: ...

    @property
    def identity(self) -> str:
        """Changes whenever the weights or the way of encoding change."""
        ...

    @property
    def similarity(self) -> Similarity: ...

    @property
    def dimension(self) -> int: ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimension), prepared for a dot product."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimension), prepared for a dot product."""
        ...


@runtime_checkable
class PictureEncoder(Encoder, Protocol):
    """An Encoder that encodes pictures into the same space as texts."""

    def encode_pictures(self, pictures: Sequence[PictureSource]) -> Vectors:
        """Vectors of shape (len(pictures), dimension), prepared for a dot product.

        A picture as a passage and as a query is the same vector. Raises PictureError, which names
        the picture, where one cannot be read.
        """
        ...


class PairScorer(Protocol):
    """Scores (query, passage) pairs on a raw scale; higher is more relevant."""

    @property
    def name(self) -> str: ...

    @property
    def identity(self) -> str: ...

    def score(self, pairs: Sequence[tuple[Query, Passage]]) -> list[float]: ...


class QueryGenerator(Protocol):
    """Writes queries that a passage would answer."""

    @property
    def name(self) -> str: ...

    @property
    def identity(self) -> str: ...

    def generate(
        self, passages: Sequence[Passage], per_passage: int, seed: int
    ) -> list[list[tuple[str, str]]]:
        """For each passage, `per_passage` pairs of (style, query text), in passage order."""
        ...
