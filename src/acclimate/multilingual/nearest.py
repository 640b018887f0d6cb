"""The nearest rows of another set of vectors: all compared where few, by a graph where many."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from acclimate.indexes.exact import Comparison, StoredVectors
from acclimate.indexes.graph import Graph, build_graph
from acclimate.models.base import Vectors
from acclimate.ranking import Rows

#: Fewer rows than this are all compared.
EXACT_BELOW = 100_000
#: Rows that a walk through the graph keeps (efSearch) before they are scored exactly.
BREADTH = 64
BLOCK = 1_024


@dataclass(frozen=True, slots=True)
class Nearest:
    """For each asked vector its k nearest rows, best first: both arrays have shape (asked, k)."""

    rows: Rows
    cosines: Vectors

    def means(self) -> Vectors:
        """The mean cosine of each asked vector with its nearest, shape (asked,)."""
        return np.asarray(self.cosines.mean(axis=1), dtype=np.float32)


def nearest(
    asked: StoredVectors,
    among: StoredVectors,
    k: int,
    scratch: Path,
    exact_below: int = EXACT_BELOW,
) -> Nearest:
    """The k nearest of vectors `among` (all of them where they are fewer) for each asked one.

    Both have shape (rows, dimension), unit length, and may be mapped: memory holds a block of each
    and the result. A graph is written to the folder `scratch` while it is used.
    """
    every = np.arange(len(among))
    exact = Comparison(among, every, lambda row: f"line {row}", torch.device("cpu"))
    if len(among) < exact_below:
        return Nearest(*exact.best(np.asarray(asked, np.float32), k, every))
    path = scratch / "nearest.faiss"
    build_graph(path, among)
    graph = Graph.open(path, *among.shape)
    found = Nearest(np.empty((len(asked), k), np.int64), np.empty((len(asked), k), np.float32))
    for start in range(0, len(asked), BLOCK):
        block = np.asarray(asked[start : start + BLOCK], dtype=np.float32)
        walked = graph.nearest(block, max(BREADTH, 4 * k))
        for place, (query, rows) in enumerate(zip(block, walked, strict=True), start):
            met = rows[rows >= 0]
            # A walk that ends in a far corner of the graph may meet fewer than are asked for.
            met = met if len(met) >= k else every
            found.rows[place], found.cosines[place] = exact.ranked(query, met, k)
    path.unlink()
    return found
