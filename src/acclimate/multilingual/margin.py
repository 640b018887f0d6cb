"""Margin-based bitext mining (Artetxe and Schwenk, ACL 2019, arXiv 1811.01136, section 3).

The cosine of two sentences says little by itself: some sentences are near to everything. What
counts is how far it lies above the cosines that both have with their other neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from acclimate.indexes.exact import StoredVectors
from acclimate.models.base import Vectors
from acclimate.multilingual.nearest import EXACT_BELOW, Nearest, nearest
from acclimate.ranking import Rows


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows of the source and of the target that belong together, with scores, best first.

    All three have shape (pairs,).
    """

    source: Rows
    target: Rows
    scores: Vectors

    def __len__(self) -> int:
        return len(self.scores)

    def where(self, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Pairs:
        """Some of the pairs, in the same order."""
        return Pairs(self.source[kept], self.target[kept], self.scores[kept])


def candidates(
    source: StoredVectors,
    target: StoredVectors,
    k: int,
    scratch: Path,
    exact_below: int = EXACT_BELOW,
) -> Pairs:
    """The best partner of every source row and of every target row by their margin, best first.

    Vectors have shape (rows, dimension), with at least one row each.
    """
    forward = nearest(source, target, k, scratch, exact_below)
    backward = nearest(target, source, k, scratch, exact_below)
    there = _best(forward, ratio_margins(forward, backward))
    back = _best(backward, ratio_margins(backward, forward))
    pairs = np.concatenate(
        [np.column_stack([np.arange(len(source)), there[0]]),
         np.column_stack([back[0], np.arange(len(target))])]
    )  # fmt: skip
    pairs, first = np.unique(pairs, axis=0, return_index=True)
    scores = np.concatenate([there[1], back[1]])[first]
    order = np.lexsort((pairs[:, 1], pairs[:, 0], -scores))
    return Pairs(pairs[order, 0], pairs[order, 1], scores[order])


def ratio_margins(asked: Nearest, other: Nearest) -> Vectors:
    """The ratio margin of each asked row with each of its nearest, shape (asked, k).

    Equations 2 and 4: cos(x, y) divided by the mean of both sides' mean cosines with their k
    nearest. Where these do not lie above 0, the ratio says nothing, and the margin is 0.
    """
    around = (asked.means()[:, np.newaxis] + other.means()[asked.rows]) / 2
    margins = np.divide(asked.cosines, around, out=np.zeros_like(around), where=around > 0)
    return np.asarray(margins, dtype=np.float32)


def one_to_one(pairs: Pairs, refused: Callable[[int, int], bool]) -> Pairs:
    """Each row in its best pair only, from the best pair down (the paper's "max. score").

    `refused(source row, target row)` is asked about pairs that would be taken.
    """
    taken_source: set[int] = set()
    taken_target: set[int] = set()
    kept = np.zeros(len(pairs), dtype=np.bool_)
    for place, (x, y) in enumerate(zip(pairs.source.tolist(), pairs.target.tolist(), strict=True)):
        if x in taken_source or y in taken_target or refused(x, y):
            continue
        taken_source.add(x)
        taken_target.add(y)
        kept[place] = True
    return pairs.where(kept)


def _best(found: Nearest, margins: Vectors) -> tuple[Rows, Vectors]:
    """Each asked row's neighbour of the highest margin, and that margin; shapes (asked,)."""
    best = margins.argmax(axis=1)[:, np.newaxis]
    rows = np.take_along_axis(found.rows, best, axis=1)[:, 0]
    return rows, np.take_along_axis(margins, best, axis=1)[:, 0]
