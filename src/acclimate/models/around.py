"""What stands around an encoder and is one itself."""

from __future__ import annotations

from collections.abc import Sequence

from acclimate.models.base import Encoder, Similarity, Vectors


class AroundEncoder:
    """An Encoder that does as the one inside does, but for what a subclass does otherwise."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder

    @property
    def name(self) -> str:
        return self.encoder.name

    @property
    def identity(self) -> str:
        return self.encoder.identity

    @property
    def similarity(self) -> Similarity:
        return self.encoder.similarity

    @property
    def dimension(self) -> int:
        return self.encoder.dimension

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encoder.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self.encoder.encode_passages(texts)
