"""Exact dense search: every passage vector is compared, in blocks, so memory stays flat."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import torch

from acclimate.errors import InputError, UsageError
from acclimate.models.base import Encoder, Vectors
from acclimate.ranking import Rows, places, top
from acclimate.types import Hit, Passage, Query

PASSAGE_BLOCK = 16_384
QUERY_BLOCK = 256
# Candidates kept beyond k, so that rounding in the matrix product rarely asks for a second look.
SPARE = 32

StoredVectors = npt.NDArray[np.floating[Any]]


class ExactIndex:
    """Ranks passages by the dot product of prepared vectors, exactly and repeatably.

    A matrix product rounds differently by block and by machine, so two copies of a passage may
    come out unequal in the last bit. Here it only proposes: candidates are scored again in float64
    one by one and rounded to float32, equal scores go by passage id, and where the proposals
    cannot rule out an equal beyond them, the passages are gone through again.
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
        self._device = torch.device(device)
        self._places = places(self.ids)

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
        k = min(k, len(self.ids))
        rows = np.empty((len(queries), k), dtype=np.int64)
        scores = np.empty((len(queries), k), dtype=np.float32)
        for start in range(0, len(queries), QUERY_BLOCK):
            block = slice(start, start + QUERY_BLOCK)
            rows[block], scores[block] = self._search(np.array(queries[block], np.float32), k)
        return rows, scores

    def _search(self, queries: Vectors, k: int) -> tuple[Rows, Vectors]:
        near, proposed, error = self._propose(queries, min(k + SPARE, len(self.ids)))
        rows = np.empty((len(queries), k), dtype=np.int64)
        scores = np.empty((len(queries), k), dtype=np.float32)
        for i, query in enumerate(queries):
            rows[i], scores[i] = self._exact(query, proposed[i], k)
            unseen = near[i].min() + error[i]
            if proposed.shape[1] < len(self.ids) and unseen >= scores[i, -1]:
                rows[i], scores[i] = self._settle(query, rows[i], float(error[i]))
        return rows, scores

    def _propose(self, queries: Vectors, wanted: int) -> tuple[Vectors, Rows, Vectors]:
        """Candidates by matrix product, and how far each query's scores may be off."""
        asked = torch.from_numpy(queries).to(self._device, torch.float32)
        best = torch.empty((len(queries), 0), device=self._device)
        rows = torch.empty((len(queries), 0), dtype=torch.int64, device=self._device)
        longest = 0.0
        for start in range(0, len(self.ids), PASSAGE_BLOCK):
            block = self._block(start)
            longest = max(longest, float(block.norm(dim=1).max()))
            scores = asked @ block.T
            here = scores.topk(min(wanted, scores.shape[1]), dim=1)
            best = torch.cat((best, here.values), dim=1)
            rows = torch.cat((rows, here.indices + start), dim=1)
            kept = best.topk(min(wanted, best.shape[1]), dim=1)
            best, rows = kept.values, rows.gather(1, kept.indices)
        error = asked.norm(dim=1) * longest * _rounding(self.encoder.dimension)
        return best.cpu().numpy(), rows.cpu().numpy(), error.cpu().numpy()

    def _block(self, start: int) -> torch.Tensor:
        stored = self.vectors[start : start + PASSAGE_BLOCK]
        # A copy, because a read-only mapping cannot become a tensor.
        block = torch.from_numpy(np.array(stored, dtype=np.float32))
        if not torch.isfinite(block).all():
            row = start + int((~torch.isfinite(block).all(dim=1)).nonzero()[0])
            raise UsageError(
                f"{self.name}: the vector of passage {self.ids[row]!r} (row {row + 1}) is not "
                "finite; encode the corpus again, in float32 if the model overflows in less"
            )
        return block.to(self._device)

    def _exact(self, query: Vectors, rows: Rows, k: int) -> tuple[Rows, Vectors]:
        """The best k of chosen rows, by scores that do not depend on what else was asked."""
        products = np.asarray(self.vectors[rows], dtype=np.float64) * query
        scores = products.sum(axis=1).astype(np.float32)
        order = top(scores, self._places[rows], k)
        return rows[order], scores[order]

    def _settle(self, query: Vectors, rows: Rows, error: float) -> tuple[Rows, Vectors]:
        """Go through all passages for one query whose cut falls among (nearly) equal scores."""
        k, asked = len(rows), torch.from_numpy(query).to(self._device, torch.float32)
        rows, scores = self._exact(query, rows, k)
        for start in range(0, len(self.ids), PASSAGE_BLOCK):
            likely = self._block(start) @ asked >= float(scores[-1]) - error
            found = np.flatnonzero(likely.cpu().numpy()) + start
            rows, scores = self._exact(query, np.union1d(rows, found), k)
        return rows, scores


def encode_corpus(
    encoder: Encoder, passages: Iterable[Passage], path: Path, chunk: int = 1024, half: bool = False
) -> tuple[list[str], StoredVectors]:
    """Encode passages as they stream by into a .npy file: float32, or float16 if `half`.

    Returns their ids and the file mapped into memory, shape (passages, dimension). The file gets
    its name only when it is whole, so that a broken-off one is never taken for finished.
    """
    dtype = np.dtype(np.float16 if half else np.float32)
    partial = path.with_name(f"{path.name}.partial")
    ids: list[str] = []
    waiting = iter(passages)
    with partial.open("wb") as file:
        _write_header(file, (0, encoder.dimension), dtype)
        while batch := list(islice(waiting, chunk)):
            vectors = encoder.encode_passages([passage.content for passage in batch])
            file.write(np.ascontiguousarray(vectors, dtype=dtype).tobytes())
            ids += [passage.id for passage in batch]
        if not ids:
            raise InputError(f"{path}: no passages to encode; check that the corpus has text")
        file.seek(0)
        _write_header(file, (len(ids), encoder.dimension), dtype)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
    return ids, np.load(path, mmap_mode="r")


def _write_header(file: IO[bytes], shape: tuple[int, int], dtype: np.dtype[Any]) -> None:
    # numpy pads the header for a growing first axis, so the final one fits over the first.
    described = np.lib.format.dtype_to_descr(dtype)
    header = {"descr": described, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


def _rounding(dimension: int) -> float:
    """The most by which a dot product of unit vectors can be off, rounding of the result included.

    n·u/(1-n·u) with unit roundoff u (Higham, Accuracy and Stability of Numerical Algorithms, 3.1).
    """
    # Reduced precision (TF32, bf16) rounds the factors too, to 8 bits in the worst case.
    exact = torch.get_float32_matmul_precision() == "highest"
    unit = 2.0**-24 if exact else 2.0**-8
    steps = (dimension + 2) * 2.0**-24
    return steps / (1 - steps) + (0.0 if exact else 3 * unit)
