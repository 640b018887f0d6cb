"""An encoder of texts that are already vectors, "1 0.5", and parts of passages made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acclimate.models.base import Similarity, Vectors
from acclimate.types import Passage


@dataclass(frozen=True)
class Given:
    """Reads each text as the numbers of its vector."""

    dimension: int
    name: str = "given"
    identity: str = "given-1"
    similarity: Similarity = Similarity.DOT

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        rows = [text.split() for text in texts]
        return np.array(rows, dtype=np.float32).reshape(-1, self.dimension)

    encode_passages = encode_queries


def text_of(vector: Vectors) -> str:
    """The text that `Given` reads as this vector, to the last bit."""
    return " ".join(repr(float(number)) for number in vector)


def passages_of(vectors: Vectors) -> list[Passage]:
    return [Passage(str(row), text_of(vector)) for row, vector in enumerate(vectors)]


def clustered(
    rows: int, dimension: int, queries: int, clusters: int = 50
) -> tuple[Vectors, Vectors]:
    """Unit vectors around centres, as those of texts are, and queries drawn alike."""
    rng = np.random.default_rng(5)
    centres = rng.normal(size=(clusters, dimension))
    drawn = centres[rng.integers(clusters, size=rows + queries)]
    drawn = drawn + rng.normal(size=drawn.shape)
    unit = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return unit[:rows], unit[rows:]
