"""Comparing vectors exactly: a matrix product proposes, and what it proposes is scored again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.dlpack import from_dlpack

from acclimate.errors import UsageError
from acclimate.models.base import Vectors
from acclimate.ranking import Rows, top

ROW_BLOCK = 16_384
QUERY_BLOCK = 256
# Candidates kept beyond k, so that rounding in the matrix product rarely asks for a second look.
SPARE = 32

StoredVectors = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Draft:
    """Vectors to propose by, where the stored ones are too large to go through for every query.

    codes: shape (rows, dimension), a byte a number; scales: shape (rows,), what each row's codes
    are multiplied by; slack: no vector lies further than this from what its codes say.
    """

    codes: npt.NDArray[np.int8]
    scales: Vectors
    slack: float

    def read(self, rows: Rows | slice) -> Vectors:
        """Rows as float32, shape (rows, dimension)."""
        widened = self.codes[rows].astype(np.float32)
        return np.multiply(widened, self.scales[rows, np.newaxis], dtype=np.float32)


@dataclass(frozen=True)
class Comparison:
    """Ranks rows by the dot product of their vectors, exactly and repeatably.

    A matrix product rounds differently by block and by machine, so two copies of a passage may
    come out unequal in the last bit. Here it only proposes: candidates are scored again in float64
    one by one and rounded to float32, equal scores go by the tiebreak, and where the proposals
    cannot rule out an equal beyond them, the rows are gone through again.
    """

    #: Shape (rows, dimension), float16 or float32, in memory or mapped.
    vectors: StoredVectors
    #: What decides between equal scores, unique, shape (rows,).
    tiebreak: Rows
    #: What a row is called in an error.
    called: Callable[[int], str]
    device: torch.device
    draft: Draft | None = None

    def best(self, queries: Vectors, k: int, among: Rows) -> tuple[Rows, Vectors]:
        """The best k of increasing rows for query vectors of shape (queries, dimension).

        Rows and scores have shape (queries, min(k, len(among))), best first.
        """
        k = min(k, len(among))
        rows = np.empty((len(queries), k), dtype=np.int64)
        scores = np.empty((len(queries), k), dtype=np.float32)
        for start in range(0, len(queries) if k else 0, QUERY_BLOCK):
            block = slice(start, start + QUERY_BLOCK)
            asked = np.array(queries[block], np.float32)
            rows[block], scores[block] = self._best(asked, k, among)
        return rows, scores

    def scores(self, query: Vectors, rows: Rows) -> Vectors:
        """Scores of chosen rows, which do not depend on what else was asked; shape (len(rows),)."""
        products = np.asarray(self.vectors[rows], dtype=np.float64) * query
        return np.asarray(products.sum(axis=1), dtype=np.float32)

    def ranked(self, query: Vectors, rows: Rows, k: int) -> tuple[Rows, Vectors]:
        """The best k of chosen rows with their scores, best first."""
        scores = self.scores(query, rows)
        order = top(scores, self.tiebreak[rows], k)
        return rows[order], scores[order]

    def _best(self, queries: Vectors, k: int, among: Rows) -> tuple[Rows, Vectors]:
        near, proposed, error = self._propose(queries, min(k + SPARE, len(among)), among)
        rows = np.empty((len(queries), k), dtype=np.int64)
        scores = np.empty((len(queries), k), dtype=np.float32)
        for i, query in enumerate(queries):
            rows[i], scores[i] = self.ranked(query, proposed[i], k)
            unseen = near[i].min() + error[i]
            if proposed.shape[1] < len(among) and unseen >= scores[i, -1]:
                rows[i], scores[i] = self._settle(query, rows[i], float(error[i]), among)
        return rows, scores

    def _propose(self, queries: Vectors, wanted: int, among: Rows) -> tuple[Vectors, Rows, Vectors]:
        """Candidates by matrix product, and how far each query's scores may be off."""
        asked = torch.from_numpy(queries).to(self.device, torch.float32)
        best = torch.empty((len(queries), 0), device=self.device)
        places = torch.empty((len(queries), 0), dtype=torch.int64, device=self.device)
        longest = 0.0
        for start in range(0, len(among), ROW_BLOCK):
            rows = among[start : start + ROW_BLOCK]
            longest = max(longest, self._longest(rows))
            scores = asked @ self._block(rows).T
            here = scores.topk(min(wanted, scores.shape[1]), dim=1)
            best = torch.cat((best, here.values), dim=1)
            places = torch.cat((places, here.indices + start), dim=1)
            kept = best.topk(min(wanted, best.shape[1]), dim=1)
            best, places = kept.values, places.gather(1, kept.indices)
        slack = self.draft.slack if self.draft else 0.0
        error = asked.norm(dim=1) * (longest * _rounding(self.vectors.shape[1]) + slack)
        return best.cpu().numpy(), among[places.cpu().numpy()], error.cpu().numpy()

    def _block(self, rows: Rows) -> torch.Tensor:
        # Rows that lie together are taken in one go.
        together = int(rows[-1] - rows[0]) + 1 == len(rows)
        chosen = slice(int(rows[0]), int(rows[-1]) + 1) if together else rows
        if self.draft:
            return torch.from_numpy(self.draft.read(chosen)).to(self.device)
        return _tensor(np.asarray(self.vectors[chosen], dtype=np.float32)).to(self.device)

    def _longest(self, rows: Rows) -> float:
        """The length of the longest vector of some rows; UsageError where one has none."""
        lengths = self._lengths[rows]
        if not np.isfinite(lengths).all():
            self._check_finite(rows)
        return float(lengths.max())

    @cached_property
    def _lengths(self) -> Vectors:
        """How long each row's vector is, shape (rows,)."""
        every = np.arange(len(self.vectors))
        blocks = [every[at : at + ROW_BLOCK] for at in range(0, len(every), ROW_BLOCK)]
        return np.concatenate([self._block(rows).norm(dim=1).cpu().numpy() for rows in blocks])

    def _check_finite(self, rows: Rows) -> None:
        # A length may be too large for float32 where no number of the vector is.
        endless = ~torch.isfinite(self._block(rows)).all(dim=1)
        if endless.any():
            row = int(rows[int(endless.nonzero()[0])])
            raise UsageError(
                f"the vector of {self.called(row)} is not finite; encode the corpus again, "
                "in float32 if the model overflows in less"
            )

    def _settle(
        self, query: Vectors, rows: Rows, error: float, among: Rows
    ) -> tuple[Rows, Vectors]:
        """Go through all rows for one query whose cut falls among (nearly) equal scores."""
        k, asked = len(rows), torch.from_numpy(query).to(self.device, torch.float32)
        rows, scores = self.ranked(query, rows, k)
        for start in range(0, len(among), ROW_BLOCK):
            block = among[start : start + ROW_BLOCK]
            likely = self._block(block) @ asked >= float(scores[-1]) - error
            found = block[np.flatnonzero(likely.cpu().numpy())]
            rows, scores = self.ranked(query, np.union1d(rows, found), k)
        return rows, scores


def _tensor(block: Vectors) -> torch.Tensor:
    """The same numbers in the same place: copying takes many times as long as a product with it."""
    try:
        return from_dlpack(block)
    except BufferError:  # older libraries cannot say that it is mapped and must not be written
        return torch.from_numpy(block.copy())


def _rounding(dimension: int) -> float:
    """The most by which a dot product of unit vectors can be off, rounding of the result included.

    n·u/(1-n·u) with unit roundoff u (Higham, Accuracy and Stability of Numerical Algorithms, 3.1).
    """
    # Reduced precision (TF32, bf16) rounds the factors too, to 8 bits in the worst case.
    exact = torch.get_float32_matmul_precision() == "highest"
    unit = 2.0**-24 if exact else 2.0**-8
    steps = (dimension + 2) * 2.0**-24
    return steps / (1 - steps) + (0.0 if exact else 3 * unit)
