"""Exact dense search: every passage vector is compared, in blocks, so memory stays flat."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from acclimate.errors import InputError, UsageError
from acclimate.indexes.arrays import write_blocks
from acclimate.indexes.encode import encode_mixed
from acclimate.indexes.exact import QUERY_BLOCK, Comparison, StoredVectors
from acclimate.models.base import Encoder, Vectors
from acclimate.ranking import Rows, places
from acclimate.types import Hit, Passage, Query


class ExactIndex:
    """Ranks passages by the dot product of prepared vectors, exactly and repeatably.

    Equal scores go by passage id; see `Comparison` for how it is made sure of.
    """

    def __init__(
        self, encoder: Encoder, ids: Sequence[str], vectors: StoredVectors, device: str = "cpu"
    ) -> None:
        """`vectors`: shape (len(ids), dimension), float16 or float32, in memory or mapped."""
        if vectors.shape != (len(ids), encoder.dimension):
            raise UsageError(
                f"{encoder.name}: vectors of shape {vectors.shape} for {len(ids)} passages of "
                f"{encoder.dimension} dimensions; encode the corpus again with this model"
            )
        self.encoder = encoder
        self.ids = list(ids)
        self.vectors = vectors
        self._every: Rows = np.arange(len(self.ids))
        self._comparison = Comparison(vectors, places(self.ids), self._called, torch.device(device))

    @property
    def name(self) -> str:
        return self.encoder.name

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        """The best k passages for each query, best first; equal scores by passage id."""
        found: list[list[Hit]] = []
        for start in range(0, len(queries), QUERY_BLOCK):
            texts = [query.text for query in queries[start : start + QUERY_BLOCK]]
            rows, scores = self.search_vectors(self.encoder.encode_queries(texts), k)
            found += [
                [Hit(self.ids[row], float(score)) for row, score in zip(*pair, strict=True)]
                for pair in zip(rows, scores, strict=True)
            ]
        return found

    def search_vectors(self, queries: Vectors, k: int) -> tuple[Rows, Vectors]:
        """Rows and scores of the best passages for query vectors of shape (queries, dimension).

        Both results have shape (queries, min(k, passages)), best first.
        """
        if k < 1:
            raise UsageError(f"k is {k}; ask for at least 1 hit")
        return self._comparison.best(queries, k, self._every)

    def _called(self, row: int) -> str:
        return f"passage {self.ids[row]!r} (row {row + 1}, by {self.name})"


def encode_corpus(
    encoder: Encoder, passages: Iterable[Passage], path: Path, chunk: int = 1024, half: bool = False
) -> tuple[list[str], StoredVectors]:
    """Encode passages as they stream by into a .npy file: float32, or float16 if `half`.

    Returns their ids and the file mapped into memory, shape (passages, dimension). The file gets
    its name only when it is whole, so that a broken-off one is never taken for finished.
    """
    partial = path.with_name(f"{path.name}.partial")
    ids: list[str] = []

    def blocks() -> Iterator[Vectors]:
        waiting = iter(passages)
        while batch := list(islice(waiting, chunk)):
            ids.extend(passage.id for passage in batch)
            yield encode_mixed(encoder, batch)

    write_blocks(partial, encoder.dimension, np.float16 if half else np.float32, blocks())
    if not ids:
        raise InputError(f"{path}: no passages to encode; check that the corpus has text")
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(partial, path)
    return ids, np.load(path, mmap_mode="r")
