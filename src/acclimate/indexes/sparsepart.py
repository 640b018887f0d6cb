"""The files of one part of the learned sparse index: token ids and their weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from acclimate.indexes.base import Mask
from acclimate.indexes.postings import Postings, Source, mapped, merge
from acclimate.indexes.vocabulary import united
from acclimate.models.sparse import SparseVector

#: Vectors that are sorted by token at a time.
VECTORS = 1 << 14


@dataclass(frozen=True, slots=True)
class SparsePart:
    """tokens: the ids that some row has, increasing, one for each column of `postings`."""

    tokens: npt.NDArray[np.int32]
    postings: Postings

    @classmethod
    def open(cls, folder: Path) -> SparsePart:
        """By memory map."""
        return cls(mapped(folder / "tokens.npy"), Postings.open(folder))

    @property
    def rows(self) -> int:
        return len(self.postings.lengths)

    def place(self, token: int) -> int | None:
        """The column of a token."""
        place = int(np.searchsorted(self.tokens, token))
        return place if place < len(self.tokens) and self.tokens[place] == token else None


def write_part(folder: Path, vectors: Iterable[SparseVector]) -> None:
    """Write a part over vectors, one a row."""
    waiting = iter(vectors)
    blocks = [_block([])]  # so that a part of no rows has files too
    while some := list(islice(waiting, VECTORS)):
        blocks.append(_block(some))
    merge_parts(folder, blocks, [np.ones(block.rows, dtype=np.bool_) for block in blocks])


def merge_parts(folder: Path, parts: Sequence[SparsePart], keep: Sequence[Mask]) -> None:
    """Write one part out of the kept rows of several."""
    kept = [part.postings.kept(mask) for part, mask in zip(parts, keep, strict=True)]
    tokens, places = united([part.tokens.tolist() for part in parts], kept)
    np.save(folder / "tokens.npy", np.asarray(tokens, dtype=np.int32))
    sources = [
        Source(part.postings, place, counts, mask)
        for part, place, counts, mask in zip(parts, places, kept, keep, strict=True)
    ]
    merge(folder, sources, len(tokens))


def _block(vectors: Sequence[SparseVector]) -> SparsePart:
    lengths = np.fromiter((len(vector.tokens) for vector in vectors), np.int32, len(vectors))
    entries = np.concatenate([np.zeros(0, np.int32), *(vector.tokens for vector in vectors)])
    weights = np.concatenate([np.zeros(0, np.float32), *(vector.weights for vector in vectors)])
    rows = np.repeat(np.arange(len(vectors), dtype=np.int32), lengths)
    order = np.argsort(entries, kind="stable")
    tokens, columns = np.unique(entries, return_inverse=True)
    return SparsePart(tokens, Postings.of(columns[order], rows[order], weights[order], lengths))
