"""Queries that are asked again and again are encoded once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from acclimate.models.around import AroundEncoder
from acclimate.models.base import Encoder, Vectors


class RememberedQueries(AroundEncoder):
    """An encoder that keeps its latest queries' vectors; for one thread.

    The same queries are asked of several systems one after the other, and of every language of an
    index.
    """

    def __init__(self, encoder: Encoder, most: int = 300_000) -> None:
        super().__init__(encoder)
        self.most = most
        self._known: dict[str, Vectors] = {}

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if len(self._known) + len(new) > self.most:
            self._known.clear()
            new = list(dict.fromkeys(texts))
        self._known.update(zip(new, self.encoder.encode_queries(new), strict=True))
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.stack([self._known[text] for text in texts])
