"""Queries that are asked again and again are encoded once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

import numpy as np

from acclimate.models.around import AroundEncoder
from acclimate.models.base import Encoder, Vectors

Row = TypeVar("Row")


class Remembered(Generic[Row]):
    """A way of encoding texts that keeps what it made of the latest ones; for one thread."""

    def __init__(
        self, encode: Callable[[Sequence[str]], Iterable[Row]], most: int = 300_000
    ) -> None:
        self._encode = encode
        self._most = most
        self._known: dict[str, Row] = {}

    def __call__(self, texts: Sequence[str]) -> list[Row]:
        """One row for each text, in order."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if len(self._known) + len(new) > self._most:
            self._known.clear()
            new = list(dict.fromkeys(texts))
        if new:
            self._known.update(zip(new, self._encode(new), strict=True))
        return [self._known[text] for text in texts]


class RememberedQueries(AroundEncoder):
    """An encoder that keeps its latest queries' vectors; for one thread.

    The same queries are asked of several systems one after the other.
    """

    def __init__(self, encoder: Encoder, most: int = 300_000) -> None:
        super().__init__(encoder)
        self._remembered: Remembered[Vectors] = Remembered(encoder.encode_queries, most)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        rows = self._remembered(texts)
        return np.stack(rows) if rows else np.zeros((0, self.dimension), dtype=np.float32)
